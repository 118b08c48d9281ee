"""A file is about one thing: it is short, and its first line says what it holds."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pytest_frictionless

ROOT = Path(pytest_frictionless.__file__).parent
CHECKOUT = Path(__file__).parents[2]
FILES = sorted([*ROOT.rglob("*.py"), *(CHECKOUT / "benchmarks").glob("*.py")])
MOST_LINES = 250


def named(path: Path) -> str:
    return path.relative_to(ROOT if path.is_relative_to(ROOT) else CHECKOUT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES, "two subjects are two files"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_first_line_says_what_a_file_holds(path: Path) -> None:
    told = ast.get_docstring(ast.parse(path.read_text()))
    assert told
    first = told.partition("\n")[0].removesuffix(" PYTEST_DONT_REWRITE.")
    assert first.endswith((".", "?", ":"))
