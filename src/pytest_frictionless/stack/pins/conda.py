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
    r"(?:\S+::)?(?P<name>[\w.-]+)\s*(?P<rest>[^\[\]]*?)\s*(?:\[(?P<inside>[^\]]*)\]\s*)?(?:#.*)?"
)
"""A match specification: `conda-forge::numpy=1.26.4=py311_0`, `numpy>=1.26,<2` or `numpy[version='>=2']`.

https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html
"""
_BLANKS = re.compile(r"(?<=[<>=!~,])\s+|\s+(?=,)")
"""Those inside of a version; the ones that are left stand before the build."""
_BUILD = re.compile(r"(?P<version>=?=?[^=<>!~,|]+)=(?P<build>.+)")
_INSIDE = re.compile(
    r"(?:^|,)\s*version\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^,]*))"
)
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
            note_specification(entry, document.line(("dependencies", index)), into)
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


def note_specification(spec: str, line: int, into: Reading) -> None:
    """Note a match specification; what of a component is none of these forms is kept as missed."""
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        if names_a_component(spec):
            into.miss(line, spec)
        return
    inside = _INSIDE.search(match["inside"] or "")
    said = (
        (inside["double"] or inside["single"] or inside["bare"] or "") if inside else match["rest"]
    )
    into.note(match["name"], _specifier(said.strip()), line, text=spec)


def _specifier(said: str) -> str:
    """PEP 440 for what stands behind a name; as it is where it has no such form, as `1.2|1.3`.

    `=1.26` takes every 1.26; `1.26`, `==1.26` and `=1.26=build` that alone.
    """
    if "|" in said:
        return said
    version, _, build = _BLANKS.sub("", said).partition(" ")
    if parts := _BUILD.fullmatch(version):
        version, build = parts["version"], parts["build"]
    return ",".join(filter(None, (_part(each, exact=bool(build)) for each in version.split(","))))


def _part(version: str, *, exact: bool) -> str:
    bare = version.lstrip("=")
    if bare in ("", "*") or not bare[0].isdigit():
        return "" if bare in ("", "*") else version
    takes_all = not exact and version.startswith("=") and not version.startswith("==")
    if takes_all or bare.endswith("*"):
        bare = f"{bare.rstrip('*').rstrip('.')}.*"
    return f"=={bare}"
