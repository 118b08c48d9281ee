"""Folders of transformers: a model config.json with the weights it loads beside it.

Names as transformers resolves them: transformers/utils/__init__.py (SAFE_WEIGHTS_NAME and others).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.formats import Checkpoint, Format, spelled
from pytest_frictionless.checkpoint.inspection import inspect, pointer_problem
from pytest_frictionless.checkpoint.source import access_problem, is_regular, opened
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG = "config.json"
_PREFERRED = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_WEIGHTS = re.compile(
    r"(model(\.[\w-]+?)?(-\d{5}-of-\d{5})?\.safetensors|"
    r"pytorch_model(\.[\w-]+?)?(-\d{5}-of-\d{5})?\.bin)"
)
_INDEX = re.compile(r"(model\.safetensors|pytorch_model\.bin)\.index(\.[\w-]+)?\.json")
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.\w+$")
_LARGEST_JSON = 64 << 20
_SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class _Read:
    """A JSON file as it was read: its object, or what is wrong with it."""

    content: dict[str, Any] | None = None
    problem: Finding | None = None


def is_shard(name: str) -> bool:
    """True for one part of several: `model-00001-of-00002.safetensors`."""
    return _SHARD.search(name) is not None


def anchor(config: Path) -> Checkpoint | None:
    """The model whose config.json this is; None where it is another config, or has no weights."""
    names = _weight_names(config.parent)
    if not names:
        return None
    read = _read_json(config)
    if read.content is not None and not _is_model(read.content):
        return None
    if read.content is None and read.problem is None:
        return None
    folder, chosen = config.parent, _chosen(names)
    problem = read.problem
    shards: tuple[Path, ...] = ()
    if chosen.endswith(".json"):
        shards, index_problem = _shards(folder / chosen)
        problem = problem or index_problem
    elif is_shard(chosen):
        shards = tuple(folder / name for name in names if is_shard(name))
        problem = problem or _no_index(config, shards)
    files = shards or (folder / chosen,)
    problem = problem or _weights_problem(files)
    return Checkpoint(
        path=config,
        format=Format.HUGGINGFACE,
        problem=problem,
        shards=shards,
        weights=tuple(dict.fromkeys((config, folder / chosen, *files, *_code(folder, read)))),
    )


def owns(path: Path) -> bool:
    """True where a Hugging Face model, here or in the folder above, loads this weight file."""
    if _WEIGHTS.fullmatch(path.name) is None:
        return _is_named_by_index(path)
    config = path.parent / CONFIG
    return anchors_a_model(config) or _is_module_of_sentence_transformers(path.parent)


def anchors_a_model(config: Path) -> bool:
    """True where this is a transformers config, or is damaged where one belongs."""
    read = _read_json(config)
    return read.problem is not None or (read.content is not None and _is_model(read.content))


def _is_model(content: dict[str, Any]) -> bool:
    return isinstance(content.get("model_type"), str) or isinstance(
        content.get("architectures"), list
    )


def _weight_names(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(name for name in names if _WEIGHTS.fullmatch(name) or _INDEX.fullmatch(name))


def _chosen(names: list[str]) -> str:
    """The file that from_pretrained would load; a variant only where there is nothing else."""
    usual = next((name for name in _PREFERRED if name in names), "")
    indices = [name for name in names if _INDEX.fullmatch(name)]
    whole = [name for name in names if not is_shard(name) and name not in indices]
    return usual or next(iter([*whole, *indices, *names]))


def _shards(index: Path) -> tuple[tuple[Path, ...], Finding | None]:
    """Files that an index names, and what is wrong with it or with them."""
    read = _read_json(index)
    if read.content is None:
        return (), read.problem or _unusable(index, "is no JSON object")
    weight_map = read.content.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        return (), _unusable(index, "has no `weight_map`")
    if not all(isinstance(name, str) for name in weight_map.values()):
        return (), _unusable(index, "has a `weight_map` whose values are not all file names")
    names = sorted(set(weight_map.values()))
    outside = [n for n in names if PurePosixPath(n).is_absolute() or ".." in PurePosixPath(n).parts]
    if outside or "" in names:
        return (), _unusable(index, f"names a shard outside of its folder: {_listed(outside)}")
    shards = tuple(index.parent / name for name in names)
    missing = [shard.name for shard in shards if not os.path.lexists(shard)]
    if not missing:
        return shards, None
    tensors = sum(name in missing for name in weight_map.values())
    return shards, Finding(
        code="FR101",
        message=f"{spelled(index)} names {len(shards)} shards and {len(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing: {_listed(missing)}",
        cause=f"{tensors} of {len(weight_map)} tensors are in the missing files.",
        remedy="Download the missing files again.",
    )


def _no_index(config: Path, shards: tuple[Path, ...]) -> Finding:
    kind = "model.safetensors" if shards[0].suffix == ".safetensors" else "pytorch_model.bin"
    return _unusable(config, f"has {len(shards)} shards beside it and no {kind}.index.json")


def _weights_problem(files: Iterable[Path]) -> Finding | None:
    """First thing that is wrong with a weight file; a warning only where there is no error."""
    warning: Finding | None = None
    for file in files:
        found = inspect(file, expected=True)
        if found is None:
            return _unusable(file, "is no file of weights")
        if found.problem and found.problem.severity is Severity.ERROR:
            return found.problem
        warning = warning or found.problem
    return warning


def _code(folder: Path, read: _Read) -> list[Path]:
    """Sources of a model that brings its own code."""
    if not read.content or not read.content.get("auto_map"):
        return []
    return sorted(path for path in folder.glob("*.py") if is_regular(path))


def _is_named_by_index(path: Path) -> bool:
    """True for a shard of an unusual name, where the index beside it lists it."""
    if not is_shard(path.name) and not path.name.startswith(("model", "pytorch_model")):
        return False
    if not is_regular(path.parent / CONFIG):
        return False
    indices = [name for name in _weight_names(path.parent) if _INDEX.fullmatch(name)]
    return any(path in _shards(path.parent / name)[0] for name in indices)


def _is_module_of_sentence_transformers(folder: Path) -> bool:
    """True for `2_Dense` and the like, which modules.json of the folder above lists."""
    modules = folder.parent / "modules.json"
    if not is_regular(modules):
        return False
    try:
        with opened(modules) as source:
            listed = json.loads(source.read_at(0, min(source.size, _LARGEST_JSON)))
        return any(module.get("path") == folder.name for module in listed)
    except (OSError, ValueError, RecursionError, AttributeError, TypeError):
        return False


def _read_json(path: Path) -> _Read:
    """Read a JSON object; neither content nor problem where there is no file."""
    if not is_regular(path):
        if not os.path.islink(path) or os.path.isdir(path):
            return _Read()
        try:
            path.stat()
        except OSError as error:
            return _Read(problem=access_problem(path, error))
        return _Read()
    try:
        with opened(path) as source:
            if pointer := pointer_problem(path, source):
                return _Read(problem=pointer)
            if not source.size:
                return _Read(problem=_unusable(path, "is empty (0 bytes)"))
            content = json.loads(source.read_at(0, min(source.size, _LARGEST_JSON)))
    except OSError as error:
        return _Read(problem=access_problem(path, error))
    except (ValueError, RecursionError) as error:
        return _Read(problem=_unusable(path, f"is no JSON ({error})"))
    return _Read(content if isinstance(content, dict) else None)


def _unusable(path: Path, words: str) -> Finding:
    return Finding(code="FR101", message=f"{spelled(path)} {words}")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(spelled(PurePosixPath(name)) for name in names[:_SHOWN_NAMES]) + more
