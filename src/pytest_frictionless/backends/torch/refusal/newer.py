"""Files that a newer torch wrote than the one that is installed."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.refusal.words import chain_of
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = re.compile(
    r"file with version (?P<file>\d+), but the maximum supported version for reading is (?P<known>\d+)"
)
_ARCHIVE = re.compile(
    r"archive version (?P<file>\d+) does not match our current archive version (?P<known>\d+)"
)
_BUILTIN = re.compile(r"Unknown builtin op: (?P<op>aten::\w+)")


def newer_than_torch(path: str, error: BaseException) -> Finding | None:
    """FR232 where the installed torch is too old for the file; None for anything else."""
    torch = require("torch", purpose="reading this checkpoint")
    for text in map(str, chain_of(error)):
        if match := _VERSION.search(text) or _ARCHIVE.search(text):
            return _finding(torch.__version__, f"its format is {match['file']}", match["known"])
        if match := _BUILTIN.search(text):
            return _finding(torch.__version__, f"it calls {match['op']}", "")
    known = _known_schema()
    for schema in _schemas(path):
        if schema > known:
            said = f"its schema is {schema[0]}.{schema[1]}"
            return _finding(torch.__version__, said, f"{known[0]}.{known[1]}")
    return None


def _finding(torch: str, said: str, known: str) -> Finding:
    beyond = (
        f", and torch {torch} reads to {known}" if known else f", and torch {torch} has no such"
    )
    return Finding(
        code="FR232",
        message=f"the file is of a newer torch: {said}{beyond}",
        remedy="Install the torch that wrote it, or write it again with the installed one.",
    )


def _schemas(path: str) -> Iterator[tuple[int, int]]:
    """Schema version of every program in a torch.export archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if re.search(r"/models/[^/]+\.json$", name):
                    schema = json.loads(archive.read(name))["schema_version"]
                    yield int(schema["major"]), int(schema["minor"])
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError):
        return


def _known_schema() -> tuple[int, int]:
    try:
        from torch._export.serde.schema import SCHEMA_VERSION
    except ImportError:
        return (10**6, 0)
    return int(SCHEMA_VERSION[0]), int(SCHEMA_VERSION[1])
