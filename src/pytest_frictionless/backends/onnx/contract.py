"""Inputs and outputs of an ONNX file that have no shape, or one that ONNX does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx

    from pytest_frictionless.artifacts.checkpoint import UnshapedRecord


def unshaped(
    onnx: Any, model: onnx.ModelProto, inputs: Iterable[onnx.ValueInfoProto]
) -> list[UnshapedRecord]:
    """Tensors without a shape, and, where onnx.checker minds, those with a size below zero."""
    found = [
        _record(model, value, role, "no shape")
        for role, value in _values(model, inputs)
        if not value.type.tensor_type.HasField("shape")
    ]
    if found:
        return found
    negative = [
        _record(model, value, role, f"axis {axis} of size {dim.dim_value}")
        for role, value in _values(model, inputs)
        for axis, dim in enumerate(value.type.tensor_type.shape.dim)
        if dim.dim_value < 0
    ]
    return negative if negative and not _is_inferred(onnx, model) else []


def _values(
    model: onnx.ModelProto, inputs: Iterable[onnx.ValueInfoProto]
) -> Iterable[tuple[str, onnx.ValueInfoProto]]:
    for role, values in (("input", inputs), ("output", model.graph.output)):
        yield from ((role, value) for value in values if value.type.HasField("tensor_type"))


def _record(
    model: onnx.ModelProto, value: onnx.ValueInfoProto, role: str, what: str
) -> UnshapedRecord:
    dims = value.type.tensor_type.shape.dim
    shape: list[int | str] = [
        dim.dim_value if dim.dim_value > 0 else dim.dim_param or f"{value.name}_{axis}"
        for axis, dim in enumerate(dims)
    ]
    known = shape or _suggested(model, value.name)
    return {"name": value.name, "role": role, "what": what, "shape": known}


def _is_inferred(onnx: Any, model: onnx.ModelProto) -> bool:
    """Whether the shapes of the file agree with those that ONNX infers."""
    try:
        onnx.shape_inference.infer_shapes(model, strict_mode=True)
    except (onnx.shape_inference.InferenceError, ValueError):
        return False
    return True


def _suggested(model: onnx.ModelProto, name: str) -> list[int | str]:
    """Axes that the weights of the first node reading an input suggest; none where nothing does."""
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if name not in node.input[:2]:
            continue
        shape = next((weights[each] for each in node.input if each in weights), ())
        if node.op_type == "Conv" and 3 <= len(shape) <= 5 and node.input[0] == name:
            groups = next((each.i for each in node.attribute if each.name == "group"), 1)
            axes = ("depth", "height", "width")[5 - len(shape) :] if len(shape) > 3 else ("time",)
            return ["batch", shape[1] * groups, *axes]
        if node.op_type in ("Gemm", "MatMul") and len(shape) == 2 and node.input[0] == name:
            turned = any(each.name == "transB" and each.i for each in node.attribute)
            return ["batch", shape[1 if turned else 0]]
        if node.op_type == "Gather" and len(shape) == 2 and node.input[1] == name:
            return ["batch", "seq"]
    return []
