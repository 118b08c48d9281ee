"""Every command and option that the documentation shows is one that the programs take."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from tests.hygiene.test_docs import PAGES, ROOT

from pytest_frictionless.cli import COMMANDS
from pytest_frictionless.cli.command import declare
from pytest_frictionless.plugin import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(r"(?ms)^ *```\w*\n(.*?)^ *```$")
_COMMAND = re.compile(r"(?<![\w/'\"-])pytest-frictionless(?P<words>(?: [^\n#|>`()]+)+)")
_FILES = (*PAGES, *(ROOT / "ci-templates").rglob("*.yml"), *(ROOT / ".github").rglob("*.yml"))


def _shown(path: Path) -> Iterator[list[str]]:
    """The words of each command in blocks of code, and of those in a file of CI."""
    text = path.read_text()
    blocks = _FENCE.findall(text) if path.suffix == ".md" else [text]
    for block in blocks:
        for match in _COMMAND.finditer(re.sub(r" *\\\n\s*", " ", block)):
            words = shlex.split(re.split(r" \|\| | && |; ", match["words"])[0])
            if words and words[0] in COMMANDS and "--help" not in words:
                yield words


SHOWN = {" ".join(words): words for path in _FILES for words in _shown(path)}


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    modules = (import_module(f"pytest_frictionless.cli.{name}") for name in COMMANDS)
    declare(parser, (module.COMMAND for module in modules), metavar="COMMAND")
    return parser


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_that_is_shown_is_taken(parser: argparse.ArgumentParser, command: str) -> None:
    words = [re.sub(r"^\$\{?[\w}]+$", "1", word) for word in SHOWN[command]]
    parser.parse_args(words)


def test_a_command_that_is_none_is_refused(parser: argparse.ArgumentParser) -> None:
    assert len(SHOWN) > 30
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["ci", "run", "--shards", "2/4"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_options_of_pytest_that_are_named_are_there(path: Path) -> None:
    known = {f"--frictionless-{option.name.replace('_', '-')}" for option in OPTIONS}
    assert set(re.findall(r"--frictionless-[a-z][a-z-]*\w", path.read_text())) <= known
