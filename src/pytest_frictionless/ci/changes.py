"""The paths that changed since a commit, and which checkpoints each of them is of."""

from __future__ import annotations

import os
import posixpath
import re
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import has_candidate_suffix
from pytest_frictionless.ci.code import code_files, is_named, libraries, may_be_read, runs_code
from pytest_frictionless.ci.needs import external_files, named_files
from pytest_frictionless.ci.tree import UNSURE
from pytest_frictionless.evidence.statement import SUFFIX
from pytest_frictionless.git import changed_files, tracked_files, untracked_files
from pytest_frictionless.place import path_below
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.read import unmatched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.ci.tree import Model, Tree

FOR_ALL = (
    "*requirements*.txt", "*requirements*.in", "requirements/*", "*/requirements/*", "*constraints*.txt",
    "uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "pixi.toml", "Pipfile*", "pylock*.toml", "*conda*lock*",
    "environment*.y*ml", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "pytest.*",
    ".pytest.*", "conftest.py", "Dockerfile*", "Containerfile*", ".python-version", ".tool-versions", ".gitmodules",
    ".github/workflows/*", ".gitlab-ci.yml", ".gitlab/*", "Jenkinsfile*", "azure-pipelines*.y*ml", "action.y*ml",
    "frictionless-durations.json",
)  # fmt: skip
"""Files, by name or path, that decide on the tools or on how all is run: every checkpoint is tested."""


class Changes:
    """The paths that changed since a commit, asked what they mean for a checkpoint.

    Files that git does not track count where a name leads to them. The others are what jobs leave in
    the tree: virtual environments, reports, logs.
    """

    def __init__(self, tree: Tree, commit: str) -> None:
        self.tree = tree
        self._untracked = untracked_files(tree.root)
        self._tracked = changed_files(tree.root, commit)
        self.places = self._tracked | self._untracked
        self._known = tracked_files(tree.root) | self._untracked
        self._real_root = Path(os.path.realpath(tree.root))
        owned = {place for model in tree.models for place in self._places_of(model.files)}
        evidence = f"{tree.settings.evidence.folder}/"
        free = self.places - owned - {CONFIG_FILE}
        self._free = {each for each in free if not each.startswith(evidence)}
        """What is of no checkpoint by its name."""
        strangers = unmatched(tree.settings, (model.place for model in tree.models))
        self._stray = any(each in tree.settings.broken_models for each in strangers)
        """Whether an entry that cannot be used may be of any checkpoint."""

    @cached_property
    def _read(self) -> str:
        """What any code of the repository may import or read; empty where nothing of that changed."""
        read = {
            each
            for each in self._free & self._tracked
            if may_be_read(each) and not self._was_checkpoint(each)
        }
        for model in self.tree.models if read else ():
            read -= {*self._named_after(model), *(self._external(model) or ())}
            read.difference_update(self._places_of(libraries(self.tree, model)))
        return min(read, key=lambda each: (not each.endswith(".py"), each), default="")

    def _was_checkpoint(self, place: str) -> bool:
        """Whether a file that is gone was a checkpoint by its name: those count for themselves alone."""
        path = self.tree.root / place
        roots = self.tree.settings.roots or ("",)
        return (
            has_candidate_suffix(place)
            and path.suffix.lower() not in UNSURE
            and any(any(_below(top, [place])) for top in roots)
            and not os.path.lexists(path)
        )

    def for_all(self) -> str:
        """Why every checkpoint is tested; empty where they are not."""
        settings = self.tree.settings
        whole = (
            f"{settings.baselines.folder}/",
            f"{settings.evidence.folder}/keys/",
            *settings.evidence.keys,
        )
        for place in sorted(self._tracked):
            texts = (re.sub(r"^(\.\./)+", "", place), posixpath.basename(place))
            if place.startswith(whole) or any(
                fnmatchcase(text, pattern) for text in texts for pattern in FOR_ALL
            ):
                return f"{place} changed"
        return ""

    def reason(self, model: Model) -> str:
        """Why a checkpoint is tested; empty where nothing that it depends on changed."""
        files = [*model.weights, *named_files(self.tree, model), *code_files(self.tree, model)]
        external = self._external(model)
        evidence = f"{self.tree.settings.evidence.folder}/{model.place}{SUFFIX}"
        unknown = next((each for each in files if not self._is_known(each)), None)
        if unknown is not None:
            return f"git does not know {path_below(unknown, self.tree.root)}"
        return (
            self._first([*self._places_of([*model.files, *files]), evidence])
            or self._first(self._named_after(model))
            or self._first(self._near(model) if external is None else external)
            or self._code(model)
        )

    def _named_after(self, model: Model) -> Iterator[str]:
        """What was in the folder of a Hugging Face model, or named after the checkpoint, and is gone."""
        folder = posixpath.dirname(model.place)
        if model.is_folder:
            return _below(folder, self.places)
        beginnings = (model.place, posixpath.join(folder, f"{model.path.stem}."))
        return (each for each in self._free if each.startswith(beginnings))

    def _external(self, model: Model) -> set[str] | None:
        """Files near an ONNX model that hold its weights; None where it does not tell which they are."""
        near = self._near(model)
        external = external_files(model) if near else set()
        return None if external is None else near & set(self._places_of(external))

    def _near(self, model: Model) -> set[str]:
        return set(_below(posixpath.dirname(model.place), self._free))

    def _code(self, model: Model) -> str:
        """Python of the repository, and what it may read, for a checkpoint that runs it."""
        lost = model.match.broken is not None or (self._stray and model.match.name is None)
        if not lost and not runs_code(self.tree, model):
            return ""
        if named := self._first(each for each in self._free if is_named(each, model)):
            return named
        if not self._read:
            return ""
        if lost:
            return f"{self._read} changed, and an entry in {CONFIG_FILE} that cannot be used may name it"
        return f"{self._read} changed" + (
            "" if self._read.endswith(".py") else ", and its code may read it"
        )

    def _first(self, places: Iterable[str]) -> str:
        """The first of these places that changed, alone or with the folder or submodule it is in."""
        for place in sorted(set(places)):
            if any(each in self.places for each in _with_parents(place)):
                return f"{place} changed"
        return ""

    def _places_of(self, files: Iterable[Path]) -> Iterator[str]:
        """Places of files, and of what links lead to."""
        for file in files:
            place = path_below(file, self.tree.root)
            yield place
            real = os.path.realpath(file)
            if real != os.path.join(self._real_root, place):
                yield Path(os.path.relpath(real, self._real_root)).as_posix()

    def _is_known(self, file: Path) -> bool:
        """Whether git would tell that a file changed; what DVC keeps has a file of its own there."""
        place = path_below(file, self.tree.root)
        return any(each in self._known for each in (f"{place}.dvc", *_with_parents(place)))


def _with_parents(place: str) -> Iterator[str]:
    yield place
    yield from map(str, PurePosixPath(place).parents)


def _below(folder: str, places: Iterable[str]) -> Iterator[str]:
    inside = f"{folder}/" if folder else ""
    return (each for each in places if each.startswith(inside) and not each.startswith("../"))
