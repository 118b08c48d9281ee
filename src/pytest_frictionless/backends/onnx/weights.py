"""The weights of an ONNX file: their size, and their bytes without reading what is not asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.walk import subgraphs, walk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import onnx

SMALL_BYTES = 4096
"""Constants up to this size may be shapes, axes and bounds, which shape inference needs."""


def bytes_of(elem_type: int, dims: Iterable[int]) -> int:
    """Bytes of a tensor of this TensorProto.DataType and these sizes."""
    return -(-_bits(elem_type) * math.prod(dims) // 8)


def _bits(elem_type: int) -> int:
    import onnx

    name = str(onnx.TensorProto.DataType.Name(elem_type))
    if name in ("INT4", "UINT4", "FLOAT4E2M1"):
        return 4
    if name in ("INT2", "UINT2"):
        return 2
    try:
        return 8 * int(onnx.helper.tensor_dtype_to_np_dtype(elem_type).itemsize)
    except (KeyError, TypeError):
        return 0


def without_large_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose initializers above 4 KiB have a type and sizes only: for shape inference."""
    import onnx

    light = onnx.ModelProto(ir_version=model.ir_version)
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    graph = light.graph
    graph.name = model.graph.name
    for field in ("node", "input", "output", "value_info", "sparse_initializer"):
        getattr(graph, field).extend(getattr(model.graph, field))
    for tensor in model.graph.initializer:
        if bytes_of(tensor.data_type, tensor.dims) <= SMALL_BYTES:
            graph.initializer.append(tensor)
            continue
        outline = graph.initializer.add(
            name=tensor.name, data_type=tensor.data_type, dims=tensor.dims
        )
        outline.data_location = onnx.TensorProto.EXTERNAL
        outline.external_data.add(key="location", value="left-out")
    return light


def raw_bytes(tensor: onnx.TensorProto, folder: Path) -> memoryview[Any] | bytes:
    """The bytes of a tensor; those of external data are mapped, and read where they are looked at."""
    import onnx

    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return tensor.raw_data or bytes(onnx.numpy_helper.to_array(tensor).tobytes())
    import mmap

    entries = {entry.key: entry.value for entry in tensor.external_data}
    offset = int(entries.get("offset", 0) or 0)
    length = int(entries.get("length", 0) or 0) or bytes_of(tensor.data_type, tensor.dims)
    with (folder / entries["location"]).open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(mapped)[offset : offset + length]


def stored_at(tensor: onnx.TensorProto) -> tuple[str, str] | None:
    """Where external data lies: tensors of one place are stored once."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    return (entries["location"], entries.get("offset", "0")) if "location" in entries else None


def constants_in_nodes(graph: onnx.GraphProto) -> Iterable[tuple[onnx.NodeProto, onnx.TensorProto]]:
    """Every tensor that an attribute of a node holds, in bodies too."""
    for _, _, node in walk(graph):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield node, attribute.t


def initializers_of_bodies(graph: onnx.GraphProto) -> Iterable[onnx.TensorProto]:
    """Initializers of the graph and of every body."""
    yield from graph.initializer
    for _, _, node in walk(graph):
        for _, body in subgraphs(node):
            yield from body.initializer
