"""Reads environments and lock files of conda."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_frictionless.settings.document import Document, NotYaml, parse
from pytest_frictionless.stack.pins.pin import Unreadable, names_a_component

if TYPE_CHECKING:
    from pytest_frictionless.stack.pins.pin import Reading

_SPEC = re.compile(
    r"(?:[\w./-]+::)?(?P<name>[\w.-]+)"
    r"(?:\s*(?P<operator>==?)\s*(?P<version>[^\s=\[<>]+)(?P<build>=\S+)?|\s*(?P<range>[<>!~\d][^\s\[]*))"
)
"""A match specification: `conda-forge::numpy=1.26.4=py311_0`, `numpy 1.26.*` or `numpy>=1.26,<2`."""
_PACKAGE = re.compile(r"^ *- (?=name:)", re.MULTILINE)
_NAME = re.compile(r"name: *[\"']?([\w.-]+)")
_URL = re.compile(r"/(?P<name>[\w.-]+)-(?P<version>[^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2)")


def read_environment(text: str, into: Reading) -> None:
    """Read environment.yml: conda's own packages, and those below `pip:`."""
    if not names_a_component(text):
        return
    document = parse_yaml(text)
    entries = document.value.get("dependencies") if isinstance(document.value, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, str):
            _note(entry, document.line(("dependencies", index)), into)
        for nested, requirement in enumerate(_pip(entry)):
            if names_a_component(requirement) and not requirement.startswith("-"):
                into.require(requirement, document.line(("dependencies", index, "pip", nested)))


def read_conda_lock(text: str, into: Reading) -> None:
    """Read conda-lock.yml; only the packages that matter are parsed: it may have 20,000 lines."""
    starts = [match.start() for match in _PACKAGE.finditer(text)]
    if not starts:
        parse_yaml(text)
    for start, end in pairwise([*starts, len(text)]):
        name = _NAME.search(text, start, end)
        if name is None or not names_a_component(name[1]):
            continue
        line = text.count("\n", 0, start) + 1
        packages = parse_yaml(text[start:end], line).value
        entry = packages[0] if isinstance(packages, list) and packages else None
        if isinstance(entry, dict) and isinstance(entry.get("version"), str | int | float):
            into.note(name[1], f"=={entry['version']}", line)


def read_explicit(text: str, into: Reading) -> None:
    """Read a list of URLs, as `conda list --explicit` writes it."""
    for line, url in enumerate(text.splitlines(), 1):
        if not url.lstrip().startswith("#") and (match := _URL.search(url)):
            into.note(match["name"], f"=={match['version']}", line)


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """YAML as values with their lines; raises Unreadable, with the line in the file, where it is none."""
    try:
        document = parse(text)
    except NotYaml as error:
        raise Unreadable(first_line + error.line - 1, f"this is not YAML: {error}") from None
    return document or Document(None, {}, ())


def _pip(entry: Any) -> list[str]:
    listed = entry.get("pip") if isinstance(entry, dict) else None
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _note(spec: str, line: int, into: Reading) -> None:
    """Note a match specification: `=1.26` takes every 1.26, `==1.26` and `=1.26=build` that alone."""
    match = _SPEC.match(spec)
    if match is None:
        return
    said = match["range"] or match["version"]
    if not said[0].isdigit():
        into.note(match["name"], said, line, text=spec)
        return
    exact = match["range"] or match["operator"] == "==" or match["build"]
    version = said if exact or said.endswith(".*") else f"{said}.*"
    into.note(match["name"], f"=={version}", line, text=spec)
