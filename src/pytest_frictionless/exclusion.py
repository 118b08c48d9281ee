"""What `exclude` of frictionless.yaml leaves out: one meaning for pytest, every command and lock files."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def is_excluded(path: Path, base: Path, patterns: Collection[str]) -> bool:
    """Whether a pattern fits a path, or a folder below `base` that leads to it.

    It is compared with the name, and with the whole path from `base`; `*` fits slashes too. A slash at
    the end of a pattern means nothing, and `*/` or `**/` at its beginning fit `base` itself as well.
    """
    if not patterns:
        return False
    inside = path.is_relative_to(base)
    steps = (
        accumulate(path.relative_to(base).parts, "{}/{}".format) if inside else [path.as_posix()]
    )
    texts = {text for each in steps for text in (each.rpartition("/")[2], each, f"/{each}")}
    return any(fnmatchcase(text, each.rstrip("/")) for each in patterns for text in texts)
