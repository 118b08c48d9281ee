"""Which files of the user went into an artifact: it holds as long as they are unchanged."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path


def user_sources(root: str) -> dict[str, str]:
    """Digest of every imported Python file below `root` that is not an installed package."""
    top = Path(root)
    installed = {Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib", "stdlib")}
    sources = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        path = Path(file)
        if path.is_relative_to(top) and not any(path.is_relative_to(each) for each in installed):
            sources[file] = digest_of(path)
    return sources


def digest_of(path: Path) -> str:
    """The digest of one file, as `checkpoint.digest` gives it."""
    from pytest_frictionless.checkpoint.digest import digest

    return digest([path], memo=None)
