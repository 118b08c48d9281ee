"""junit.xml of several jobs as one; with the user's own tests, of which results.json does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pytest_frictionless.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COUNTS = ("tests", "failures", "errors", "skipped")


def merged(paths: Iterable[Path]) -> str:
    """The suites of all files, in their order, below one root that counts them.

    Raises:
        ConfigError: A file cannot be read, or is no JUnit XML.
    """
    suites = [suite for path in paths for suite in _suites(path)]
    totals = {name: str(sum(_count(suite, name) for suite in suites)) for name in COUNTS}
    root = ElementTree.Element("testsuites", {"name": "pytest --frictionless", **totals})
    root.extend(suites)
    text: str = ElementTree.tostring(root, encoding="utf-8").decode()
    return f"{text}\n"


def _suites(path: Path) -> list[ElementTree.Element]:
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror or error}"]) from None
    except (ElementTree.ParseError, ValueError) as error:
        raise ConfigError([f"{path} is no JUnit XML, or a damaged one: {error}"]) from None
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    if root.tag not in ("testsuite", "testsuites"):
        raise ConfigError([f"{path} is no JUnit XML: it begins with <{root.tag}>"])
    return suites


def _count(suite: ElementTree.Element, name: str) -> int:
    text = suite.get(name, "0")
    return int(text) if text.isdecimal() else 0
