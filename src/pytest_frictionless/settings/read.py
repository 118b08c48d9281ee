"""frictionless.yaml as settings, or every problem in it at once."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.settings.explain import problems_of
from pytest_frictionless.settings.model import BrokenModel, ModelSpec
from pytest_frictionless.settings.section import Section, shown
from pytest_frictionless.settings.settings import Settings
from pytest_frictionless.shapes import DTYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.settings.document import Document, KeyPath

_HUGGING_FACE_ANCHOR = "config.json"

_BARE_SIGNATURE = re.compile(rf"[{{,:\s]((?:{'|'.join(DTYPES)})\[[^\]]*\])")
"""A tensor type without quotes, whose brackets YAML takes for a list inside `{...}`."""

SectionT = TypeVar("SectionT", bound=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecMatch:
    """The entry that belongs to a checkpoint; all is empty where none does."""

    name: str | None = None
    """Name of the entry."""
    spec: ModelSpec | None = None
    broken: BrokenModel | None = None
    """The entry, where it cannot be used."""
    by_path: bool = False
    """False where the name alone fits: another file may have the same stem."""


def default_settings() -> Settings:
    """What holds without a frictionless.yaml."""
    return Settings()


def read_settings(path: Path, *, shown_as: str | None = None) -> Settings:
    """Read frictionless.yaml.

    A mistake inside one entry of `models` leaves that entry out, to be found in
    `broken_models`; the others are read.

    Args:
        path: The file.
        shown_as: How messages call it; its name where not given.

    Raises:
        ConfigError: Where anything else is wrong, with every problem of the file.
    """
    name = shown_as or path.name or str(path)
    document = _document(path, name)
    if not isinstance(document.value, dict):
        raise ConfigError(
            [f"{name}:{document.line(())}: {shown(document.value)} is no mapping: "
             f"it takes the keys {', '.join(Settings.model_fields)}"]
        )  # fmt: skip
    return _Reading(document, name).settings()


class Entries:
    """The entries of `models`, to be found by checkpoint."""

    def __init__(self, settings: Settings) -> None:
        self._entries: dict[str, ModelSpec | BrokenModel] = {
            **settings.broken_models, **settings.models,
        }  # fmt: skip
        self._names: dict[str, str] = {}
        for name, entry in self._entries.items():
            if entry.path is not None:
                self._names.setdefault(_anchored(entry.path), name)

    def match(self, relative_posix_path: str) -> SpecMatch:
        """The entry for this checkpoint: by its path, else by its stem or Hugging Face folder.

        Args:
            relative_posix_path: From the root of the repository; absolute for a file outside.
        """
        checkpoint = PurePosixPath(relative_posix_path)
        if name := self._names.get(_anchored(str(checkpoint))):
            return _match(name, self._entries[name], by_path=True)
        stem = name_of(checkpoint)
        if stem in self._entries and self._entries[stem].path is None:
            return _match(stem, self._entries[stem], by_path=False)
        return SpecMatch()


def name_of(checkpoint: PurePath) -> str:
    """The name of an entry without a path: the stem, of a Hugging Face model its folder."""
    folder = checkpoint.name == _HUGGING_FACE_ANCHOR and checkpoint.parent.name
    return folder or checkpoint.stem


def spec_for(settings: Settings, relative_posix_path: str) -> SpecMatch:
    """The entry for one checkpoint, as `Entries.match`."""
    return Entries(settings).match(relative_posix_path)


def unmatched(settings: Settings, paths: Iterable[str]) -> tuple[str, ...]:
    """Names of the entries, in order, that belong to none of these checkpoints."""
    entries = Entries(settings)
    matched = {entries.match(path).name for path in paths}
    return tuple(
        name for name in (*settings.models, *settings.broken_models) if name not in matched
    )


def _anchored(path: str) -> str:
    """The folder for the config.json in it: both name one Hugging Face model."""
    posix = PurePosixPath(path)
    return str(posix.parent if posix.name == _HUGGING_FACE_ANCHOR else posix)


def _match(name: str, entry: ModelSpec | BrokenModel, *, by_path: bool) -> SpecMatch:
    if isinstance(entry, BrokenModel):
        return SpecMatch(name=name, broken=entry, by_path=by_path)
    return SpecMatch(name=name, spec=entry, by_path=by_path)


def _document(path: Path, name: str) -> Document:
    # A repository without a frictionless.yaml needs no reader of YAML.
    from pytest_frictionless.settings.document import NotYaml, parse

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{name}: there is no such file: {path}"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError([f"{name}: cannot be read: {reason}"]) from None
    try:
        document = parse(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise ConfigError(
            [f"{name}:{line}: byte 0x{byte:02x} is not UTF-8: save the file as UTF-8"]
        ) from None
    except NotYaml as error:
        lines = raw.decode("utf-8-sig").splitlines()[error.line - 1 : error.line]
        bare = _BARE_SIGNATURE.search("".join(lines))
        hint = f': write the type in quotes, "{bare[1]}"' if bare else ""
        raise ConfigError([f"{name}:{error.line}: this is not YAML: {error}{hint}"]) from None
    if document is None or (document.value is None and not document.flaws):
        raise ConfigError(
            [f"{name}: the file is empty: delete it, or say for example `roots: [models]`"]
        )
    return document


class _Reading:
    """One reading of a document: problems are gathered by the model they concern."""

    def __init__(self, document: Document, name: str) -> None:
        self._document = document
        self._name = name
        self._problems: dict[str | None, set[tuple[int, str]]] = defaultdict(set)
        """By model; those of no model under None."""

    def settings(self) -> Settings:
        """The settings; raises ConfigError for a problem outside of the models."""
        for place, sentence in self._document.flaws:
            self._add(place, sentence)
        rest = dict(self._document.value)
        entries: dict[str, Any] = {}
        if isinstance(rest.get("models"), dict):
            entries = rest.pop("models")
        settings = self._validated(Settings, rest, ())
        models = {
            name: spec
            for name, entry in entries.items()
            if (spec := self._validated(ModelSpec, entry, ("models", name))) is not None
        }
        self._refuse_shared_paths(models)
        if settings is None or None in self._problems:
            raise ConfigError(self._lines(*self._problems))
        broken = {
            name: BrokenModel(path=_path_of(entry), problems=self._lines(name))
            for name, entry in entries.items()
            if name in self._problems
        }
        usable = {name: spec for name, spec in models.items() if name not in broken}
        return settings.model_copy(update={"models": usable}).with_broken_models(broken)

    def _validated(self, section: type[SectionT], value: Any, at: KeyPath) -> SectionT | None:
        try:
            return section.model_validate(value)
        except ValidationError as error:
            for place, sentence in problems_of(error, self._document, at, section):
                self._add(place, sentence)
            return None

    def _refuse_shared_paths(self, models: dict[str, ModelSpec]) -> None:
        owners: dict[str, list[str]] = defaultdict(list)
        for name, spec in models.items():
            if spec.path is not None:
                owners[_anchored(spec.path)].append(name)
        for path, names in owners.items():
            for name in names if len(names) > 1 else ():
                others = ", ".join(other for other in names if other != name)
                self._add(("models", name, "path"), f"{path!r} is the path of {others} too")

    def _add(self, place: KeyPath, sentence: str) -> None:
        while place and place not in self._document.marks:
            place = place[:-1]
        where = f"{keys}: " if (keys := _dotted(place)) else ""
        line = self._document.line(place)
        model = str(place[1]) if place[:1] == ("models",) and len(place) > 1 else None
        self._problems[model].add((line, f"{self._name}:{line}: {where}{sentence}"))

    def _lines(self, *models: str | None) -> tuple[str, ...]:
        found = sorted(problem for model in models for problem in self._problems[model])
        return tuple(text for _, text in found)


def _path_of(entry: Any) -> str | None:
    try:
        return ModelSpec.model_validate({"path": entry["path"]}).path
    except (ValidationError, KeyError, TypeError):
        return None


def _dotted(place: KeyPath) -> str:
    """`models.resnet50.outputs[0]`; keys of other characters stand in quotes."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = re.fullmatch(r"[\w<>-]+", part)
            text += f".{part if plain else json.dumps(part, ensure_ascii=False)}"
    return text.removeprefix(".")
