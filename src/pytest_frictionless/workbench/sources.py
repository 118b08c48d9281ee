"""What of the user's code went into an artifact: it holds as long as that is unchanged."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.digest import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION = "distribution:"
"""Prefix that tells a package from a file."""


@cache
def version_of(distribution: str) -> str | None:
    """Version of an installed distribution, without importing it."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def imported_sources(root: Path, *, before: frozenset[str]) -> dict[str, str]:
    """What has been imported beside the modules `before`, by name.

    Python files below `root`, relative to it, with their digests, so that a cache can move with the
    repository; installed packages that carry the name of their distribution, with their versions.
    """
    installed = {Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib")}
    sources: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in before or not isinstance(file, str):
            continue
        path = Path(file)
        if any(path.is_relative_to(each) for each in installed):
            package = name.partition(".")[0]
            if DISTRIBUTION + package not in sources and (version := version_of(package)):
                sources[DISTRIBUTION + package] = version
        elif path.is_relative_to(root):
            sources[path.relative_to(root).as_posix()] = digest([path], memo=None)
    return sources


def hold(sources: Mapping[str, str], *, base: Path, memo: Path) -> bool:
    """Whether every source is what it was; raises StepFailed for a file that cannot be read."""
    return all(
        (
            version_of(name.removeprefix(DISTRIBUTION))
            if name.startswith(DISTRIBUTION)
            else digest([base / name], memo=memo)
        )
        == wanted
        for name, wanted in sources.items()
    )
