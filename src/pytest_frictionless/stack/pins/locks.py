"""Reads lock files in TOML: uv.lock, poetry.lock, and pylock.toml of PEP 751."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from pytest_frictionless.stack.pins.pin import PACKAGES, Unreadable

if TYPE_CHECKING:
    from pytest_frictionless.stack.pins.pin import Reading

_PACKAGE = re.compile(r"^\[\[packages?\]\]", re.MULTILINE)
_NAME = re.compile(r"^name\s*=\s*[\"']([^\"']+)", re.MULTILINE)
_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


def read_lock(text: str, into: Reading) -> None:
    """Read a lock file, of which only the packages that matter are parsed: it may have 20,000 lines."""
    starts = [match.start() for match in _PACKAGE.finditer(text)]
    if not starts:
        parse_toml(text)
        return
    for start, end in pairwise([*starts, len(text)]):
        name = _NAME.search(text, start, end)
        if name is None or canonicalize_name(name[1]) not in PACKAGES:
            continue
        line = text.count("\n", 0, start) + 1
        for entries in parse_toml(text[start:end], line).values():
            version = entries[0].get("version") if isinstance(entries, list) else None
            if isinstance(version, str):
                at = line + text.count("\n", start, name.start())
                into.note(name[1], f"=={version}", at)


def parse_toml(text: str, first_line: int = 1) -> dict[str, Any]:
    """TOML as values; raises Unreadable, with the line in the file, where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _WHERE.search(str(error))
        inside = int(where["line"]) if where and where["line"] else text.rstrip().count("\n") + 1
        said = _WHERE.sub("", str(error))
        raise Unreadable(first_line + inside - 1, f"this is not TOML: {said}") from None
    except RecursionError:
        raise Unreadable(first_line, "this TOML is nested too deeply") from None
