"""Reads the dependencies of pyproject.toml: PEP 621, PEP 735, uv and Poetry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_frictionless.stack.pins.locks import parse_toml
from pytest_frictionless.stack.pins.pin import names_a_component
from pytest_frictionless.stack.pins.poetry import read_dependency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.stack.pins.pin import Reading

_UV = ("dev-dependencies", "constraint-dependencies", "override-dependencies")


def read_pyproject(text: str, into: Reading) -> None:
    """Read every list of dependencies that is written in the file."""
    document = parse_toml(text)
    project = _table(document, "project")
    if isinstance(python := project.get("requires-python"), str):
        into.note("python", python, _line(text, python))
    for requirement in _requirements(document, project):
        if names_a_component(requirement):
            into.require(requirement, _line(text, requirement))
    for name, said in _poetry(_table(document, "tool", "poetry")):
        named = rf"^[ \t]*(?:\[.*\.)?[\"']?{re.escape(name)}[\"']?\s*[=\]]"
        read_dependency(name, said, _first_line(named, text), into)


def _requirements(document: dict[str, Any], project: dict[str, Any]) -> Iterator[str]:
    uv = _table(document, "tool", "uv")
    lists = [
        project.get("dependencies"), *_table(project, "optional-dependencies").values(),
        *_table(document, "dependency-groups").values(), *(uv.get(name) for name in _UV),
    ]  # fmt: skip
    for each in lists:
        if isinstance(each, list):
            yield from (entry for entry in each if isinstance(entry, str))


def _poetry(poetry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What Poetry's own tables say of each package."""
    groups = [group for group in _table(poetry, "group").values() if isinstance(group, dict)]
    for holder in (poetry, *groups):
        yield from _table(holder, "dependencies").items()


def _table(values: dict[str, Any], *names: str) -> dict[str, Any]:
    """A table inside of tables; empty where there is none."""
    for name in names:
        inner = values.get(name)
        values = inner if isinstance(inner, dict) else {}
    return values


def _line(text: str, value: str) -> int:
    """Line of a value in quotes: the parser tells none. 1 where it is spelt with escapes."""
    return _first_line(rf"[\"']{re.escape(value)}[\"']", text)


def _first_line(pattern: str, text: str) -> int:
    match = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1
