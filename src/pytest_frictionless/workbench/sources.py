"""What of the user's code went into an artifact: it holds as long as that is unchanged."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    installed = _installed()
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


def _installed() -> set[Path]:
    """Folders of installed packages: those are told by their versions."""
    return {Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib")}


class Opened:
    """Files below `root` that Python opens to read or loads as a library, as a factory its settings.

    An audit hook: what native code opens by itself is not seen.
    Files below `without` are of the store, and a virtual environment below `root` is of this machine;
    what the process writes itself is no source.
    """

    def __init__(self, root: Path, *, without: Path) -> None:
        self._root, self._without = root, {without, *_installed()}
        self._read: dict[str, None] = {}
        self._written: set[str] = set()
        self._digests: dict[str, str] = {}

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note a file; anything else that is audited is let by."""
        if event not in ("open", "ctypes.dlopen"):
            return
        if not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        flags = arguments[2] if event == "open" else os.O_RDONLY
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            self._written.add(path)
        else:
            self._read[path] = None

    def sources(self, checkpoint: Path) -> dict[str, str]:
        """Digest of each file that was read, by its name below the root; modules are told apart."""
        for name in list(self._read):
            path = Path(name)
            is_source = path.is_relative_to(self._root) and not any(
                map(path.is_relative_to, self._without)
            )
            if (
                is_source
                and name not in self._written
                and path.suffix not in (".py", ".pyc")
                and path != checkpoint
                and path.is_file()
            ):
                known = path.relative_to(self._root).as_posix()
                if known not in self._digests:
                    self._digests[known] = digest([path], memo=None)
        return dict(self._digests)


def changed(sources: Mapping[str, str], *, base: Path, memo: Path) -> Iterator[str]:
    """Names of the sources that are no longer what they were, or that are gone."""
    return (name for name, wanted in sources.items() if _now(name, base, memo) != wanted)


def hold(sources: Mapping[str, str], *, base: Path, memo: Path) -> bool:
    """Whether every source is what it was."""
    return next(changed(sources, base=base, memo=memo), None) is None


def _now(name: str, base: Path, memo: Path) -> str | None:
    """Version of a package or digest of a file; None where it is gone, or cannot be read."""
    if name.startswith(DISTRIBUTION):
        return version_of(name.removeprefix(DISTRIBUTION))
    try:
        return digest([base / name], memo=memo)
    except StepFailed:
        return None
