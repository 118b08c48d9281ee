"""The digest of a checkpoint's files, remembered by their stat so that unchanged files are free."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.source import access_problem
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_RACY_NS = 2_000_000_000
"""A file this young may change again within the clock tick of its stat.

Git's index has the same problem: https://git-scm.com/docs/racy-git
"""


def digest(paths: Sequence[Path], *, memo: Path | None) -> str:
    """Hash names and contents of one or several files to 64 hexadecimal digits (SHA-256).

    Names count relative to the folder that holds all of them, and the order does not: a moved
    folder keeps its digest, a renamed file does not.

    Args:
        paths: The files: a checkpoint, or an ONNX file with its external data.
        memo: Folder that remembers digests of unchanged files; None reads every byte.

    Raises:
        StepFailed: FR103, a file cannot be read.
    """
    if not paths:
        raise ValueError("nothing to hash")
    absolute = {os.path.abspath(path): path for path in paths}
    top = os.path.commonpath([os.path.dirname(path) for path in absolute])
    parts = [[os.path.relpath(each, top), _one(path, memo)] for each, path in absolute.items()]
    return hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()


def content_digest(paths: Sequence[Path], *, memo: Path | None) -> str:
    """SHA-256 of a file as sha256sum tells it; of several files, what `digest` gives.

    Args and errors are those of `digest`.
    """
    return _one(paths[0], memo) if len(paths) == 1 else digest(paths, memo=memo)


def _one(path: Path, memo: Path | None) -> str:
    try:
        place = memo / f"{_key(path)}.json" if memo else None
        if place and (known := _remembered(place, _stamp(path.stat()))):
            return known
        now = time.time_ns()
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            content = hashlib.file_digest(file, "sha256").hexdigest()
            after = os.fstat(file.fileno())
    except OSError as error:
        raise StepFailed(access_problem(path, error)) from error
    youngest = max(before.st_mtime_ns, before.st_ctime_ns)
    if place and _stamp(before) == _stamp(after) and now - youngest > _RACY_NS:
        _remember(place, _stamp(before), content)
    return content


def _key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()[:32]


def _stamp(found: os.stat_result) -> list[int]:
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def _remembered(place: Path, stamp: list[int]) -> str:
    """Digest kept for this stamp; empty where there is none, or the record is damaged."""
    try:
        record = json.loads(place.read_bytes())
        content = record["sha256"] if record["stamp"] == stamp else ""
        return content if len(bytes.fromhex(content)) == 32 else ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _remember(place: Path, stamp: list[int], content: str) -> None:
    """Keep a digest; a folder that cannot be written only costs the next run its time."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=place.parent, prefix=".draft-")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump({"stamp": stamp, "sha256": content}, file)
            os.replace(draft, place)
        except OSError:
            os.unlink(draft)
            raise
