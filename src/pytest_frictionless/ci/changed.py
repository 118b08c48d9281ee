"""Which checkpoints changed since a commit, through everything that they depend on."""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.ci.needs import external_files, named_files, runs_code
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.evidence.statement import SUFFIX
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.git import (
    GitFailed,
    changed_files,
    merge_base,
    text_at,
    tracked_files,
    untracked_files,
)
from pytest_frictionless.opening import CONFIG_FILE
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.read import Entries, default_settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.ci.tree import Model, Tree
    from pytest_frictionless.settings.settings import Settings

FOR_ALL = (
    "*requirements*.txt", "*requirements*.in", "requirements/*", "*/requirements/*", "*constraints*.txt",
    "uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "pixi.toml", "Pipfile*", "pylock*.toml", "*conda*lock*",
    "environment*.y*ml", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "pytest.*",
    ".pytest.*", "conftest.py", "Dockerfile*", "Containerfile*", ".python-version", ".tool-versions", ".gitmodules",
    ".github/workflows/*", ".gitlab-ci.yml", ".gitlab/*", "Jenkinsfile*", "azure-pipelines*.y*ml", "action.y*ml",
    "frictionless-durations.json",
)  # fmt: skip
"""Files, by name or path, that decide on the tools or on how all is run: every checkpoint is tested."""
SETTINGS_OF_CODE = (
    ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".npy", ".npz", ".csv", ".tsv", ".txt", ".parquet", ".pkl",
    ".model", ".vocab", ".bpe", ".spm",
)  # fmt: skip
"""Suffixes of what a factory may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The checkpoints to test."""

    reasons: dict[str, str]
    """Why each of them is tested, by place."""
    problem: Finding | None = None
    """FR015, where nobody can tell what changed: everything is tested."""


def changed_since(tree: Tree, ref: str) -> Selection:
    """Select what changed between the point where HEAD left `ref` and what lies here now.

    Where that cannot be told, everything is selected: a check is never left out for want of knowledge.
    """
    everything = [model.place for model in tree.models]
    try:
        base = merge_base(tree.root, ref)
        changes = _Changes(tree, base)
    except GitFailed as failed:
        reason = "what changed is not known"
        return Selection(reasons=dict.fromkeys(everything, reason), problem=_unknown(ref, failed))
    try:
        before = _settings_at(tree, base) if CONFIG_FILE in changes.places else tree.settings
    except ConfigError:
        reason = f"{CONFIG_FILE} of that commit cannot be read"
        return Selection(reasons=dict.fromkeys(everything, reason))
    if reason := changes.for_all() or _section_changed(before, tree.settings):
        return Selection(reasons=dict.fromkeys(everything, reason))
    entries = Entries(before)
    reasons: dict[str, str] = {}
    for group in tree.groups().values():
        told = [
            f"its entry in {CONFIG_FILE} changed"
            if entries.match(model.place) != model.match
            else changes.reason(model)
            for model in group
        ]
        if reason := next(filter(None, told), ""):
            reasons |= dict.fromkeys((model.place for model in group), reason)
    return Selection(reasons=reasons)


def _unknown(ref: str, failed: GitFailed) -> Finding:
    return Finding(
        code="FR015",
        message=f"everything is tested, as what changed since {ref} cannot be told: {failed}",
        severity=Severity.WARNING,
    )


def _settings_at(tree: Tree, commit: str) -> Settings:
    """The settings of a commit; raises ConfigError where they cannot be read."""
    text = text_at(tree.root, commit, CONFIG_FILE)
    if text is None:
        return default_settings()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, CONFIG_FILE)
        file.write_bytes(os.fsencode(text))
        return read_settings(file)


def _section_changed(before: Settings, now: Settings) -> str:
    """Which section changed that holds for all models."""
    names = [name for name in type(now).model_fields if name != "models"]
    changed = [name for name in names if getattr(before, name) != getattr(now, name)]
    return f"`{changed[0]}` in {CONFIG_FILE} changed" if changed else ""


class _Changes:
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
        files = [*model.weights, *named_files(self.tree, model)]
        evidence = f"{self.tree.settings.evidence.folder}/{model.place}{SUFFIX}"
        unknown = next((each for each in files if not self._is_known(each)), None)
        if unknown is not None:
            return f"git does not know {path_below(unknown, self.tree.root)}"
        return (
            self._first([*self._places_of([*model.files, *files]), evidence])
            or self._gone(model)
            or self._external(model)
            or self._code(model)
        )

    def _gone(self, model: Model) -> str:
        """What was in the folder of a Hugging Face model, or named after the checkpoint."""
        folder = posixpath.dirname(model.place)
        if model.is_folder:
            return self._first(_below(folder, self.places))
        beginnings = (model.place, posixpath.join(folder, f"{model.path.stem}."))
        return self._first(each for each in self._free if each.startswith(beginnings))

    def _external(self, model: Model) -> str:
        near = set(_below(posixpath.dirname(model.place), self._free))
        if not near:
            return ""
        external = external_files(model)
        return self._first(near if external is None else near & set(self._places_of(external)))

    def _code(self, model: Model) -> str:
        """Python of the repository, and what it may read, for a checkpoint that runs it."""
        if not runs_code(self.tree, model):
            return ""
        packages = tuple(f"/{each}/" for each in _packages(model))
        return self._first(
            each for each in self._free
            if any(package in f"/{each}" for package in packages)
            or (each in self._tracked and _may_be_read(each))
        )  # fmt: skip

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


def _may_be_read(place: str) -> bool:
    """Whether code of the repository may import or open a file; what is hidden is of other tools."""
    hidden = any(part.startswith(".") and part != ".." for part in PurePosixPath(place).parts)
    return place.endswith(".py") or (place.endswith(SETTINGS_OF_CODE) and not hidden)


def _packages(model: Model) -> Iterator[str]:
    """Top-level packages that the entry names."""
    for name in (model.spec.factory, *(each.make for each in model.spec.inputs.values())):
        if name:
            yield name.partition(":")[0].partition(".")[0]
