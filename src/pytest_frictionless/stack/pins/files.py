"""Finds the files of a repository that pin versions, by their names alone."""

from __future__ import annotations

import fnmatch
import os
from collections import deque
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

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

    def is_wanted(path: Path) -> bool:
        below = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        names = [path.name, *map(str, (below, *below.parents))]
        return not any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns)

    for path in chain(_above(root, top), _below(root)):
        if known(path.relative_to(top).as_posix()) and is_wanted(path):
            yield path


def _above(root: Path, top: Path) -> Iterator[Path]:
    """Files of the folders above `root`, and of those of CI and dev-containers beside them."""
    folder = root
    while folder != top:
        folder = folder.parent
        yield from _files(folder)
        for name in sorted(_HIDDEN):
            yield from _below(folder / name)


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_file())
    except OSError:
        return []


def _below(root: Path) -> Iterator[Path]:
    """Every file below a folder, those of shallow folders first."""
    folders, seen = deque([root]), 0
    while folders:
        try:
            entries = sorted(os.scandir(folders.popleft()), key=lambda entry: entry.name)
        except OSError:
            continue
        seen += len(entries)
        for entry in entries:
            if _is_folder(entry):
                if not _is_foreign(entry):
                    folders.append(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)
        if seen > MAX_ENTRIES:
            raise TooMany


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    if entry.name in _FOREIGN or (entry.name.startswith(".") and entry.name not in _HIDDEN):
        return True
    return any(os.path.lexists(os.path.join(entry.path, mark)) for mark in _MARKS_OF_OTHERS)
