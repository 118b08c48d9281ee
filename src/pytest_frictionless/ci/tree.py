"""The checkpoints of a repository as every job sees them, whichever files Git LFS has pulled there."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.discovery import find_checkpoints, is_candidate
from pytest_frictionless.checkpoint.formats import has_candidate_suffix, spelled
from pytest_frictionless.checkpoint.huggingface import CONFIG
from pytest_frictionless.checkpoint.pointer import pointer_at
from pytest_frictionless.exclusion import is_excluded
from pytest_frictionless.finding import Finding
from pytest_frictionless.git import lfs_files
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import Entries, SpecMatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.settings.settings import Settings

PASSED_OVER = ("*.egg", ".*", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
"""Folders below the roots that pytest does not walk into: its default of `norecursedirs`."""
UNSURE = (".bin", ".ts")
"""Suffixes of anything: only the content tells whether such a file is a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A checkpoint, with the files that its name alone tells to be its own."""

    path: Path
    place: str
    """From the root, as results.json and frictionless.yaml name it."""
    match: SpecMatch
    files: tuple[Path, ...]
    """The file itself and those named after it; of a Hugging Face model all in its folder."""

    sure: bool = True
    """False for a file of Git LFS of which only the content tells whether it is a checkpoint."""

    @property
    def printed(self) -> str:
        """The place as results.json spells it."""
        return spelled(PurePosixPath(self.place))

    @property
    def spec(self) -> ModelSpec:
        """Its entry in frictionless.yaml."""
        return self.match.spec or ModelSpec()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of transformers."""
        return self.path.name == CONFIG

    @property
    def weights(self) -> tuple[Path, ...]:
        """Of a folder the files of weights and its config.json, else all."""
        if not self.is_folder:
            return self.files
        kept = [each for each in self.files if has_candidate_suffix(each.name) or each == self.path]
        return tuple(kept)

    def problem(self) -> Finding | None:
        """FR102 for an LFS pointer that pytest would pass over: nobody knows what it stands for."""
        if self.sure or pointer_at(self.path) is None:
            return None
        return Finding(
            code="FR102",
            message=f"{self.printed} is a Git LFS pointer, and its name does not tell whether it is a checkpoint",
            remedy="Pull it (`ci discover --lfs-include` lists it), or add it to `exclude` in frictionless.yaml.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A repository: its settings, and its checkpoints by place."""

    root: Path
    settings: Settings
    models: tuple[Model, ...]

    def groups(self, models: Iterable[Model] | None = None) -> dict[str, tuple[Model, ...]]:
        """Checkpoints that only one job can judge together, by the first place of each group.

        Those that one entry fits by name are told apart by nobody who does not see all (FR113).
        """
        together: dict[tuple[str, str], list[Model]] = {}
        for model in self.models if models is None else models:
            by_name = model.match.name if not model.match.by_path else None
            key = ("entry", by_name) if by_name else ("place", model.place)
            together.setdefault(key, []).append(model)
        return {group[0].place: tuple(group) for group in together.values()}


def read_tree(root: Path, settings: Settings) -> Tree:
    """Find every checkpoint below the roots; content that is not pulled yet changes nothing."""
    roots = [root / each for each in settings.roots] or [root]
    sure = {each.path for each in find_checkpoints(*roots)}
    unsure = {each for each in _unsure(root) if any(each.is_relative_to(top) for top in roots)}
    paths = [
        path for path in sorted(sure | unsure, key=lambda path: path.as_posix())
        if not _is_left_out(path, root, roots, settings.exclude)
    ]  # fmt: skip
    entries, siblings = Entries(settings), _Siblings(frozenset(paths))
    models = tuple(
        Model(
            path=path, place=(place := path_below(path, root)), match=entries.match(place),
            files=tuple(siblings.of(path)), sure=path in sure,
        )
        for path in paths
    )  # fmt: skip
    return Tree(root=root, settings=settings, models=models)


def _unsure(root: Path) -> Iterator[Path]:
    """Files of Git LFS that may be checkpoints: pulled or not, they count alike."""
    for place in lfs_files(root, UNSURE):
        if is_candidate(path := root / place):
            yield path


def _is_left_out(path: Path, root: Path, roots: list[Path], exclude: tuple[str, ...]) -> bool:
    if is_excluded(path, root, exclude):
        return True
    below = [path.relative_to(top).parts[:-1] for top in roots if path.is_relative_to(top)]
    return all(
        any(fnmatch(part, pattern) for part in parts for pattern in PASSED_OVER) for parts in below
    )


class _Siblings:
    """Files that belong to a checkpoint by their names."""

    def __init__(self, checkpoints: frozenset[Path]) -> None:
        self._checkpoints = checkpoints
        self._names = cache(_names)

    def of(self, path: Path) -> Iterator[Path]:
        """`model.onnx.data` and `model.manifest.yaml` of `model.onnx`; all beside a config.json."""
        names = self._names(path.parent)
        if path.name == CONFIG:
            yield from (path.parent / name for name in names)
            return
        yield path
        stem = PurePosixPath(path.name).stem
        for name in names[bisect_left(names, stem) :]:
            if not name.startswith(stem):
                return
            named_after = name.startswith((path.name, f"{stem}."))
            if named_after and (file := path.parent / name) not in self._checkpoints:
                yield file


def _names(folder: Path) -> list[str]:
    """Names of the files in a folder, sorted."""
    with os.scandir(folder) as scan:
        return sorted(entry.name for entry in scan if not entry.is_dir())
