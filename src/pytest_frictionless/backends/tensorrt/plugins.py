"""Plugins of the user: shared libraries and Python files that put creators into TensorRT's registry."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.log import listening, logged
from pytest_frictionless.backends.tensorrt.network import read
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.place import place_of_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.artifacts.engine import PluginRecord
    from pytest_frictionless.finding import Place

Creator = tuple[str, str, str]
"""Name, version and namespace."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one file brought."""

    creators: frozenset[Creator]
    handle: Any
    """Of a library that TensorRT loaded."""


def load(paths: Sequence[str]) -> list[_Loaded]:
    """Load every file, once in this process, and NVIDIA's own library where it is installed.

    Raises:
        StepFailed: FR510, a file is missing, cannot be loaded, or registers nothing.
    """
    trt = installed.load()
    if hasattr(trt, "init_libnvinfer_plugins"):
        with listening() as log:
            trt.init_libnvinfer_plugins(log, "")
    return [_load(Path(path)) for path in paths]


def prepare(paths: Sequence[str], model: str) -> list[PluginRecord]:
    """Load every file for this model; what each registers, and whether this TensorRT can use it.

    TensorRT-RTX 1.7.1 has no plugin interface, and ends its process where its parser calls one. So
    the model is parsed in a process of its own first. Where that one dies the creators leave the
    registry again, and the rest of the network can be judged.
    """
    loaded = load(paths)
    usable = not loaded or _survives(model)
    if not usable:
        for each in loaded:
            _take_back(each)
    return [
        {"file": path, "creators": sorted({name for name, *_ in each.creators}), "usable": usable}
        for path, each in zip(paths, loaded, strict=True)
    ]


def _take_back(loaded: _Loaded) -> None:
    """Take the creators of a file out of the registry."""
    registry = installed.load().get_plugin_registry()
    if loaded.handle is not None:  # creators of a library cannot be taken out one by one
        registry.deregister_library(loaded.handle)
        return
    for creator, made in _registered().items():
        if creator in loaded.creators:
            registry.deregister_creator(made)


@functools.cache
def _load(path: Path) -> _Loaded:
    """Load one file; the creators that it registers."""
    if not path.is_file():
        raise _unusable(path, f"there is no {path}", "Correct `plugins` in frictionless.yaml.")
    before = set(_registered())
    handle = None
    if path.suffix == ".py":
        _import(path)
    else:
        handle = _open(path, before)
    made = _registered().keys() - before
    if not made:
        raise _unusable(
            path, "it registers no plugin creator that was not there before",
            "A library exports getCreators and setLoggerFinder, or registers in a static "
            "initialiser; a Python file calls get_plugin_registry().register_creator(...).",
        )  # fmt: skip
    return _Loaded(creators=frozenset(made), handle=handle)


def _registered() -> dict[Creator, Any]:
    creators = installed.load().get_plugin_registry().all_creators
    return {(each.name, each.plugin_version, each.plugin_namespace): each for each in creators}


def _open(path: Path, before: set[Creator]) -> Any:
    """Load a shared library into the registry; its handle, None where it registered itself."""
    registry = installed.load().get_plugin_registry()
    try:
        with listening():
            handle = registry.load_library(str(path))
    except (RuntimeError, ValueError, TypeError) as error:
        raise _unusable(path, str(error)) from error
    # A library that registers while it is opened exports nothing: it has done its work already.
    if handle is None and set(_registered()) == before:
        said = [_after(f"{path}: ", text) for text in logged("ERROR", "INTERNAL_ERROR")]
        raise _unusable(path, said[0] if said else "TensorRT does not load it")
    return handle


def _import(path: Path) -> None:
    """Run a Python file; it may say `import tensorrt` where TensorRT-RTX is what is installed."""
    name = path.stem if path.stem.isidentifier() else "frictionless_plugins"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise _unusable(path, "it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)  # what it imports of the repository then counts as source
    try:
        with _known_as_tensorrt():
            spec.loader.exec_module(module)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise _unusable(path, said, place=place_of_error(error)) from error


@contextmanager
def _known_as_tensorrt() -> Iterator[None]:
    """TensorRT-RTX under the name of TensorRT, where the latter is not installed."""
    if "tensorrt" in installed.versions():
        yield
        return
    missing = object()
    kept = sys.modules.get("tensorrt", missing)
    sys.modules["tensorrt"] = installed.load()
    try:
        yield
    finally:
        for name in [each for each in sys.modules if each.partition(".")[0] == "tensorrt"]:
            del sys.modules[name]
        if kept is not missing:
            sys.modules["tensorrt"] = kept  # type: ignore[assignment]


def _survives(model: str) -> bool:
    """Whether the parser reads the model without ending its process."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            read(model)
        finally:
            os._exit(0)
    return not os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _unusable(path: Path, said: str, remedy: str = "", *, place: Place | None = None) -> StepFailed:
    engine = installed.engine_name()
    finding = Finding(
        code="FR510", message=f"{path.name} cannot be used as a plugin of {engine}: {said}",
        remedy=remedy, place=place,
    )  # fmt: skip
    return StepFailed(finding)


def _after(mark: str, text: str) -> str:
    """What stands behind the last mark in a text, without the bracket that is left open."""
    return text.rpartition(mark)[2].removesuffix(")")
