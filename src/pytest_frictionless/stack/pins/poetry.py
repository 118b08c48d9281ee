"""Reads Poetry's own tables of pyproject.toml, whose constraints are not those of PEP 440."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING, Any

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from pytest_frictionless.stack.pins.pin import is_component

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.stack.pins.pin import Reading

_PARTS = re.compile(r"\s*,\s*|(?<![<>=!~^,\s])\s+")
"""Between the parts of a constraint: a comma, or blanks that stand behind no operator."""


def read_dependency(name: str, said: Any, line: int, into: Reading) -> None:
    """Note what Poetry is told of one package.

    Args:
        name: The package.
        said: A constraint, a table that may hold one, or a list of such tables of which each is for other
            machines. See https://python-poetry.org/docs/dependency-specification
        line: Where the package is named.
        into: What the file says.
    """
    for entry in said if isinstance(said, list) else [said]:
        table = entry if isinstance(entry, dict) else {"version": entry}
        try:
            if not all(_conditions(table)):
                continue
        except (InvalidMarker, UndefinedEnvironmentName, InvalidSpecifier):
            if is_component(name):
                into.miss(line, f"{name} = {entry}")
            continue
        source = next((table[key] for key in ("url", "git", "path") if key in table), None)
        if isinstance(source, str):
            into.require(f"{name} @ {source}", line)
        elif isinstance(version := table.get("version"), str):
            into.note(name, specifier(version), line)
        elif is_component(name):
            into.miss(line, f"{name} = {entry}")


def specifier(constraint: str) -> str:
    """A specifier of PEP 440 for a constraint of Poetry; empty where it takes all.

    What has no such form, as `^1.0 || ^2.0`, comes back as it is, and is none.
    """
    if "|" in constraint:
        return constraint
    return ",".join(_part(each) for each in _PARTS.split(constraint.strip()))


def _part(constraint: str) -> str:
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


def _conditions(table: dict[str, Any]) -> Iterable[bool]:
    """Whether markers, Python and platform of an entry take this machine, as pip's markers do."""
    if isinstance(markers := table.get("markers"), str):
        yield Marker(markers).evaluate({"extra": ""})
    if isinstance(python := table.get("python"), str):
        yield SpecifierSet(specifier(python)).contains(platform.python_version(), prereleases=True)
    if isinstance(system := table.get("platform"), str):
        yield Marker(f"sys_platform == {system!r}").evaluate()
