"""Weights of a small model that the failure does not need, and those it does, brought inside."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import onnx

    from pytest_frictionless.backends.reduce.graph import Part

SMALL_BYTES = 4096
MOST_BYTES = 1 << 30
"""A reproducer is one file, and a file of ONNX ends at 2 GiB."""


def bytes_of(tensor: onnx.TensorProto) -> int:
    """Size of a tensor's values."""
    from onnx import helper

    width = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    return int(width) * math.prod(tensor.dims)


def lighten(part: Part, fails: Callable[[Part], bool]) -> Part:
    """The part with its large weights as inputs, or of one value, where it still fails."""
    heavy = [t.name for t in part.model.graph.initializer if bytes_of(t) > SMALL_BYTES]
    if not heavy:
        return part
    lighter = _as_inputs(part, heavy)
    if fails(lighter):
        return lighter
    for name in heavy:
        for attempt in (_as_inputs, _as_fill):
            lighter = attempt(part, [name])
            if fails(lighter):
                part = lighter
                break
    return part


def _copy(part: Part) -> tuple[Part, onnx.GraphProto]:
    import onnx

    model = onnx.ModelProto()
    model.CopyFrom(part.model)
    return replace(part, model=model, inputs=dict(part.inputs)), model.graph


def _take(graph: onnx.GraphProto, name: str) -> onnx.TensorProto:
    index = next(i for i, tensor in enumerate(graph.initializer) if tensor.name == name)
    tensor = graph.initializer[index]
    del graph.initializer[index]
    return tensor


def _as_inputs(part: Part, names: Sequence[str]) -> Part:
    from onnx import helper

    lighter, graph = _copy(part)
    for name in names:
        tensor = _take(graph, name)
        graph.input.append(helper.make_tensor_value_info(name, tensor.data_type, tensor.dims))
    return lighter


def _as_fill(part: Part, names: Sequence[str]) -> Part:
    from onnx import helper

    lighter, graph = _copy(part)
    for name in names:
        tensor = _take(graph, name)
        shape = helper.make_tensor(f"{name}__shape", 7, [len(tensor.dims)], list(tensor.dims))
        graph.initializer.append(shape)
        one = helper.make_tensor("value", tensor.data_type, [1], [1])
        fill = helper.make_node(
            "ConstantOfShape", [shape.name], [name], name=f"weight {name}", value=one
        )
        graph.node.insert(0, fill)
    return lighter


def embed(model: onnx.ModelProto, folder: str) -> str:
    """Bring external weights inside; says why not, where the file would be too large for ONNX."""
    from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

    tensors = list(model.graph.initializer)
    size = sum(bytes_of(tensor) for tensor in tensors)
    if size > MOST_BYTES:
        return f"the weights that the failure needs are {size >> 20} MiB"
    for tensor in tensors:
        if uses_external_data(tensor):
            load_external_data_for_tensor(tensor, folder)
            tensor.data_location = tensor.DEFAULT
            del tensor.external_data[:]
    return ""
