"""The small text that Git LFS leaves in place of a file: which content belongs there, and how large.

Its form: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.source import is_regular, opened

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.checkpoint.source import Source

_VERSION = re.compile(rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/")
_SIZE = re.compile(rb"^size (\d+)$", re.MULTILINE)
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
LONGEST = 1024
"""Bytes: a file that is longer is no pointer."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a pointer stands for."""

    oid: str
    """SHA-256 of the content; empty where the pointer does not tell."""
    size: int | None
    """Bytes of the content; None where the pointer does not tell."""


def pointer_in(source: Source) -> Pointer | None:
    """The pointer that an open file is; None where it is none."""
    if source.size > LONGEST or not _VERSION.match(source.head):
        return None
    oid, size = _OID.search(source.head), _SIZE.search(source.head)
    return Pointer(oid[1].decode() if oid else "", int(size[1]) if size else None)


def pointer_at(path: Path) -> Pointer | None:
    """The pointer that lies at a path; None where there is none, or nothing that can be read."""
    try:
        if not is_regular(path) or path.stat().st_size > LONGEST:
            return None
        with opened(path) as source:
            return pointer_in(source)
    except OSError:
        return None
