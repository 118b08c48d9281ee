"""Files that hold weights of an ONNX model outside of it: all there, long enough, in its folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BITS = {
    "FLOAT": 32, "UINT8": 8, "INT8": 8, "UINT16": 16, "INT16": 16, "INT32": 32, "INT64": 64,
    "BOOL": 8, "FLOAT16": 16, "DOUBLE": 64, "UINT32": 32, "UINT64": 64, "COMPLEX64": 64,
    "COMPLEX128": 128, "BFLOAT16": 16, "FLOAT8E4M3FN": 8, "FLOAT8E4M3FNUZ": 8, "FLOAT8E5M2": 8,
    "FLOAT8E5M2FNUZ": 8, "UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4, "FLOAT8E8M0": 8,
}  # fmt: skip
_SHOWN_TENSORS = 10


@dataclass(frozen=True, slots=True)
class _Reference:
    """One tensor's claim on a file beside the model."""

    tensor: str
    location: str
    offset: int
    length: int


def external_files(onnx_path: Path) -> list[Path]:
    """List the files beside an ONNX model that hold its weights, each once, sorted.

    Initializers, sparse ones, attributes, subgraphs, functions and training graphs are looked at;
    no weights are read.

    Raises:
        StepFailed: FR207 where a file is missing, too short or outside of the model's folder;
            FR205 where the model is no valid protobuf.
        MissingDependency: onnx is not installed.
    """
    by_location: dict[str, list[_Reference]] = {}
    for reference in _references(onnx_path):
        by_location.setdefault(reference.location, []).append(reference)
    for location, references in sorted(by_location.items()):
        _check(onnx_path, location, references)
    return sorted({onnx_path.parent / os.path.normpath(location) for location in by_location})


def _check(model: Path, location: str, references: list[_Reference]) -> None:
    name = spelled(model)
    tensors = _tensors(references)
    if _escapes(location):
        raise _failed(
            f"{name} keeps {tensors} outside of its folder, in {location!r}",
            references,
            remedy="Save the model again with its data file beside it.",
        )
    file = model.parent / os.path.normpath(location)
    try:
        size = file.stat().st_size
    except OSError as error:
        dangling = ", a dangling symbolic link" if file.is_symlink() else ""
        why = "which does not exist" if isinstance(error, FileNotFoundError) else error.strerror
        raise _failed(
            f"{name} keeps {tensors} in {spelled(file)}{dangling}, {why}", references
        ) from error
    if not file.is_file():
        raise _failed(f"{name} keeps {tensors} in {spelled(file)}, which is no file", references)
    if any(each.offset < 0 for each in references):
        bad = [each for each in references if each.offset < 0]
        raise _failed(f"{name} gives {_tensors(bad)} an offset that is no position", bad)
    short = [each for each in references if each.offset + each.length > size]
    if short:
        needed = max(each.offset + each.length for each in references)
        raise _failed(
            f"{spelled(file)} is too short for {_tensors(short)} of {name}: "
            f"{needed:,} bytes are needed, it has {size:,} ({needed - size:,} are missing)",
            short,
            remedy="Copy or download the data file again.",
        )


def _escapes(location: str) -> bool:
    """True for a location that is empty, absolute, or leads out of the folder."""
    windows = PureWindowsPath(location)
    outside = os.path.normpath(location).split(os.sep)[0] == os.pardir
    return (
        os.path.normpath(location) == os.curdir
        or PurePosixPath(location).is_absolute()
        or bool(windows.drive or windows.root)
        or outside
        or (windows.parts[:1] == ("..",))
    )


def _tensors(references: list[_Reference]) -> str:
    more = f" and {len(references) - 1} more tensors" if len(references) > 1 else ""
    return f"tensor {references[0].tensor!r}{more}"


def _failed(message: str, references: list[_Reference], remedy: str = "") -> StepFailed:
    evidence = tuple(
        (each.tensor, f"{each.length:,} bytes at {each.offset:,} of {each.location}")
        for each in references[:_SHOWN_TENSORS]
    )
    return StepFailed(Finding(code="FR207", message=message, remedy=remedy, evidence=evidence))


def _references(path: Path) -> Iterator[_Reference]:
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise MissingDependency("onnx", purpose="reading an ONNX file", extra="onnx") from error
    try:
        model = onnx.load(path, format="protobuf", load_external_data=False)
    except DecodeError as error:
        message = f"{spelled(path)} is no valid ONNX protobuf"
        raise StepFailed(Finding(code="FR205", message=message, cause=str(error))) from error
    external = onnx.TensorProto.EXTERNAL
    for tensor in _tensors_of_model(model):
        if tensor.data_location != external:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        type_name = onnx.TensorProto.DataType.Name(tensor.data_type)
        yield _Reference(
            tensor=tensor.name or "(unnamed)",
            location=entries.get("location", ""),
            offset=_number(entries.get("offset", "0")),
            length=max(_number(entries.get("length", "0")), _bytes(type_name, tensor.dims)),
        )


def _number(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return -1


def _bytes(type_name: str, dims: Iterable[int]) -> int:
    bits = _BITS.get(type_name, 0)
    for dim in dims:
        bits *= dim
    return -(-bits // 8)


def _tensors_of_model(model: Any) -> Iterator[Any]:
    yield from _tensors_of_graph(model.graph)
    for function in model.functions:
        yield from _tensors_of_nodes(function.node)
    for training in model.training_info:
        yield from _tensors_of_graph(training.initialization)
        yield from _tensors_of_graph(training.algorithm)


def _tensors_of_graph(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    yield from _tensors_of_sparse(graph.sparse_initializer)
    yield from _tensors_of_nodes(graph.node)


def _tensors_of_nodes(nodes: Iterable[Any]) -> Iterator[Any]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("sparse_tensor"):
                yield from _tensors_of_sparse([attribute.sparse_tensor])
            yield from _tensors_of_sparse(attribute.sparse_tensors)
            if attribute.HasField("g"):
                yield from _tensors_of_graph(attribute.g)
            for graph in attribute.graphs:
                yield from _tensors_of_graph(graph)


def _tensors_of_sparse(sparse: Iterable[Any]) -> Iterator[Any]:
    for each in sparse:
        yield each.values
        yield each.indices
