"""Reads the dependencies of pyproject.toml: PEP 621, PEP 735, uv and Poetry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from pytest_frictionless.stack.pins.locks import parse_toml
from pytest_frictionless.stack.pins.pin import names_a_component

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
    for name, specifier in _poetry(_table(document, "tool", "poetry")):
        into.note(name, specifier, _first_line(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?\s*=", text))


def _requirements(document: dict[str, Any], project: dict[str, Any]) -> Iterator[str]:
    uv = _table(document, "tool", "uv")
    lists = [
        project.get("dependencies"), *_table(project, "optional-dependencies").values(),
        *_table(document, "dependency-groups").values(), *(uv.get(name) for name in _UV),
    ]  # fmt: skip
    for each in lists:
        if isinstance(each, list):
            yield from (entry for entry in each if isinstance(entry, str))


def _poetry(poetry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and specifiers of Poetry's own tables."""
    groups = [group for group in _table(poetry, "group").values() if isinstance(group, dict)]
    for holder in (poetry, *groups):
        for name, said in _table(holder, "dependencies").items():
            version = said.get("version") if isinstance(said, dict) else said
            if isinstance(version, str):
                yield name, ",".join(_from_poetry(part.strip()) for part in version.split(","))


def _from_poetry(constraint: str) -> str:
    """A specifier of PEP 440 for a constraint of Poetry, as ^2.4 or ~2.4; empty where it takes all."""
    bare = constraint.lstrip("^~").strip()
    if constraint[:1] not in "^~" or constraint.startswith("~="):
        exact = constraint[:1].isdigit()
        return "" if constraint == "*" else f"=={constraint}" if exact else constraint
    try:
        release = Version(bare).release
    except InvalidVersion:
        return constraint
    # ^ lets everything change behind the first number that is not 0, ~ behind the second.
    fixed = next((i for i, part in enumerate(release) if part), len(release) - 1)
    if constraint.startswith("~"):
        fixed = min(1, len(release) - 1)
    next_release = [*release[:fixed], release[fixed] + 1]
    return f">={bare},<{'.'.join(map(str, next_release))}"


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
