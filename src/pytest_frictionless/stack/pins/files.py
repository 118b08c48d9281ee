"""Finds the files of a repository that pin versions, by their names alone."""

from __future__ import annotations

import os
from collections import deque
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.exclusion import is_excluded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_ENTRIES = 50_000
"""Files and folders that are looked at: a folder of images of a data set is not walked to its end."""
_HIDDEN = {".github", ".gitlab", ".devcontainer", ".docker", ".ci"}
_FOREIGN = {
    "node_modules",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "vendor",
    "third_party",
}
_MARKS_OF_OTHERS = (".git", "pyvenv.cfg", "conda-meta")
"""What lies in a folder that is another repository, or an environment."""


class TooMany(Exception):
    """There are more files than are looked at."""


def repository_of(root: Path) -> Path:
    """The git repository around a folder; the folder itself where there is none."""
    return next((each for each in (root, *root.parents) if (each / ".git").exists()), root)


def pinning_files(
    root: Path, *, exclude: Iterable[str], known: Callable[[str], bool]
) -> Iterator[Path]:
    """Files below `root`, and those that lie beside the folders above it, up to the git repository.

    What lies in other folders of the repository belongs to other projects.

    Args:
        root: Folder of the project.
        exclude: Glob patterns of paths to leave out, from `root`.
        known: Whether a path, from the repository and posix, is the name of a file that pins.

    Raises:
        TooMany: After `MAX_ENTRIES`; what was found until then has been given.
    """
    top = repository_of(root)
    patterns = tuple(exclude)
    start = len(os.path.join(top, ""))
    # Texts, as most of them are no file of ours: a Path each would take most of the time.
    for path in chain(_above(root, top), _below(root)):
        if known(path[start:]) and not _is_left_out(Path(path), root, patterns):
            yield Path(path)


def _is_left_out(path: Path, root: Path, patterns: tuple[str, ...]) -> bool:
    """As `exclude` says; what lies above `root` has its name alone."""
    below = path if path.is_relative_to(root) else root / path.name
    return is_excluded(below, root, patterns)


def _above(root: Path, top: Path) -> Iterator[str]:
    """Files of the folders above `root`, and of those of CI and dev-containers beside them."""
    folder = root
    while folder != top:
        folder = folder.parent
        yield from (entry.path for entry in _entries(folder) if _is_file(entry))
        for name in sorted(_HIDDEN):
            yield from _below(folder / name)


def _below(root: Path) -> Iterator[str]:
    """Every file below a folder, those of shallow folders first."""
    folders: deque[str | Path] = deque([root])
    seen = 0
    while folders:
        entries = _entries(folders.popleft())
        seen += len(entries)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not _is_foreign(entry):
                    folders.append(entry.path)
            elif _is_file(entry):
                yield entry.path
        if seen > MAX_ENTRIES:
            raise TooMany


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    if entry.name in _FOREIGN or (entry.name.startswith(".") and entry.name not in _HIDDEN):
        return True
    return any(os.path.lexists(os.path.join(entry.path, mark)) for mark in _MARKS_OF_OTHERS)
