"""Reading frictionless.yaml: every mistake at once, with line, key path, value and nearest key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.settings.model import BrokenModel, Limits, ModelSpec, Opset, Settings, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings of a repository, and the model entries that cannot be used."""

    settings: Settings = field(default_factory=Settings)
    broken: Mapping[str, BrokenModel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecMatch:
    """The entry that speaks of a checkpoint."""

    name: str = ""
    spec: ModelSpec | None = None
    broken: BrokenModel | None = None
    by_stem: bool = False
    """Whether the entry has no path and was matched by the file's stem."""


def read_configuration(path: Path) -> Configuration:
    """Read the file; raises ConfigError with one line for each mistake.

    A mistake inside one model's entry fails that model alone: it is kept in `broken`.
    """
    document = _load(path)
    reader = _Reader(path.name, document)
    plain = _plain(document)
    entries = plain.pop("models", None) or {}
    problems = list(reader.problems(Settings, plain, ()))
    if not isinstance(entries, dict):
        problems.append(reader.line(("models",), "takes a mapping of names to models"))
        entries = {}
    models: dict[str, ModelSpec] = {}
    broken: dict[str, BrokenModel] = {}
    for name, entry in entries.items():
        found = list(reader.problems(ModelSpec, entry, ("models", name)))
        if found:
            place = entry.get("path") if isinstance(entry, dict) else None
            broken[name] = BrokenModel(
                path=place if isinstance(place, str) else None, problems=tuple(found)
            )
        else:
            models[name] = ModelSpec.model_validate(entry or {})
    if problems:
        raise ConfigError(problems)
    settings = Settings.model_validate({**plain, "models": models})
    return Configuration(settings=settings, broken=broken)


def _load(path: Path) -> Any:
    yaml = YAML(typ="rt", pure=True)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path.name}: is not UTF-8: {error}"]) from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError([f"{where}: is no valid YAML: {problem}"]) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError([f"{path.name}: takes a mapping at the top, not a {_kind(document)}"])
    return document


def _plain(value: Any) -> Any:
    """Ordinary containers: ruamel's own remember comments, and pydantic need not know."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):  # ruamel's scalars are subclasses
        if isinstance(value, kind):
            return kind(value)
    return value


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list) else type(value).__name__


class _Reader:
    """Turns pydantic's errors into lines that name the place in the file."""

    def __init__(self, name: str, document: Any) -> None:
        self.name = name
        self.document = document

    def problems(
        self, model: type[BaseModel], value: Any, prefix: tuple[Any, ...]
    ) -> Iterator[str]:
        """One line for each mistake in `value`, which stands at `prefix` in the document."""
        try:
            model.model_validate(value if value is not None else {})
        except ValidationError as error:
            said: set[tuple[Any, ...]] = set()
            for each in error.errors(include_url=False):
                path = prefix + tuple(p for p in each["loc"] if self._is_key(prefix, each["loc"], p))
                if path in said and each["type"] != "value_error":
                    continue
                said.add(path)
                yield from self._lines(model, path, each)

    def _is_key(self, prefix: tuple[Any, ...], loc: tuple[Any, ...], part: Any) -> bool:
        """Pydantic puts the branch of a union into the path, as `list[constrained-int]`."""
        del prefix, loc
        return not isinstance(part, str) or not any(c in part for c in "[]-") or part in self._keys()

    def _keys(self) -> set[str]:
        keys: set[str] = set()
        pending = [self.document]
        while pending:
            each = pending.pop()
            if isinstance(each, dict):
                keys |= {str(key) for key in each}
                pending += each.values()
            elif isinstance(each, list):
                pending += each
        return keys

    def _lines(self, model: type[BaseModel], path: tuple[Any, ...], error: Any) -> Iterator[str]:
        if error["type"] == "extra_forbidden":
            known = _fields_at(model, error["loc"])
            near = difflib.get_close_matches(str(path[-1]), known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
            yield self.line(path, f"unknown key: {hint}")
            return
        if error["type"] == "missing":
            yield self.line(path, "is missing")
            return
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] == "value_error":
            for line in message.splitlines():
                inner, separator, rest = line.partition(": ")
                if separator and inner.split(".")[0] in ("profiles", "ignore"):
                    yield self.line((*path, *inner.split(".")), rest)
                else:
                    yield self.line(path, line)
            return
        text = message[0].lower() + message[1:]
        yield self.line(path, f"{error['input']!r}: {text}")

    def line(self, path: tuple[Any, ...], text: str) -> str:
        """`frictionless.yaml:12: models.net.profiles: what is wrong`."""
        number = self._number(path)
        where = f"{self.name}:{number}" if number else self.name
        return f"{where}: {'.'.join(map(str, path))}: {text}" if path else f"{where}: {text}"

    def _number(self, path: Iterable[Any]) -> int | None:
        node, number = self.document, None
        for part in path:
            try:
                place = node.lc.key(part) if isinstance(node, dict) else node.lc.item(part)
                number = place[0] + 1
                node = node[part]
            except (KeyError, IndexError, AttributeError, TypeError):
                break
        return number


def _fields_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """Keys that are known where an unknown one stands."""
    current: Any = model
    for part in loc[:-1]:
        fields = getattr(current, "model_fields", {})
        if part in fields:
            annotation = fields[part].annotation
            current = next(_models_in(annotation), current)
    return list(getattr(current, "model_fields", {}))


def _models_in(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def spec_for(configuration: Configuration, path: str) -> SpecMatch:
    """The entry of the checkpoint at `path`, posix, from the folder of the repository.

    An entry is matched by its `path`; a Hugging Face folder by the folder too. One without a path is
    matched by the file's stem, or by the folder's name for a `config.json`.
    """
    place = PurePosixPath(path)
    names = {str(place)}
    stem = place.stem
    if place.name == "config.json":
        names.add(str(place.parent))
        stem = place.parent.name
    entries: dict[str, ModelSpec | BrokenModel] = {**configuration.settings.models, **configuration.broken}
    for name, entry in entries.items():
        if entry.path is not None and str(PurePosixPath(entry.path)) in names:
            return _match(name, entry)
    for name, entry in entries.items():
        if entry.path is None and name == stem:
            return _match(name, entry, by_stem=True)
    return SpecMatch()


def _match(name: str, entry: ModelSpec | BrokenModel, *, by_stem: bool = False) -> SpecMatch:
    if isinstance(entry, BrokenModel):
        return SpecMatch(name=name, broken=entry, by_stem=by_stem)
    return SpecMatch(name=name, spec=entry, by_stem=by_stem)


__all__ = [
    "Configuration", "Limits", "Opset", "SpecMatch", "Target", "read_configuration", "spec_for",
]  # fmt: skip
