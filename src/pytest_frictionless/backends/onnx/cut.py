"""Surgery on an ONNX graph: take a node out and put a stand-in where its outputs were.

A tensor is *tainted* where its stand-in is not known to have the type, the shape and the constness
of the original: what is said of nodes after it may be the stand-in's fault.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.walk import reads, references, subgraphs, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

QUANTISED = (3, 17, 21, 22, 23)
"""INT8, FLOAT8E4M3FN, UINT4, INT4, FLOAT4E2M1: TensorRT wants them made by a QuantizeLinear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Type of the graph input that takes a tensor's place."""

    elem_type: int
    dims: list[int | str | None]
    exact: bool


def infer(model: onnx.ModelProto) -> tuple[onnx.ModelProto, set[str]]:
    """The model with the types of its tensors, and the symbols that the file itself declares."""
    import onnx.shape_inference

    declared = {
        dim.dim_param
        for value in [*model.graph.input, *model.graph.value_info, *model.graph.output]
        for dim in value.type.tensor_type.shape.dim
        if dim.dim_param
    }
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True), declared
    except Exception:  # a model too large to copy, or invalid: the file's own types must do
        return model, declared


def declared_stand_in(graph: onnx.GraphProto, tensor: str, symbols: set[str]) -> StandIn | None:
    """The stand-in that the types recorded in a graph give; None where they do not."""
    for value in [*graph.value_info, *graph.output]:
        if value.name != tensor:
            continue
        kind = value.type.tensor_type
        if (
            not value.type.HasField("tensor_type")
            or not kind.elem_type
            or not kind.HasField("shape")
        ):
            return None
        dims = [_size(dim) for dim in kind.shape.dim]
        exact = all(isinstance(size, int) or size in symbols for size in dims)
        # A shape or an axis: its value mattered, and a graph input has none.
        exact = exact and not (kind.elem_type in (6, 7) and len(dims) < 2)
        return StandIn(elem_type=kind.elem_type, dims=dims, exact=exact)
    return None


def _size(dim: Any) -> int | str | None:
    return dim.dim_value if dim.HasField("dim_value") else (dim.dim_param or None)


def cut(
    model: onnx.ModelProto,
    name: str,
    stand_in: Callable[[onnx.GraphProto, str], StandIn | None],
    *,
    quantise: bool = False,
) -> set[str]:
    """Take the node of this name out of the model; gives the tensors that are tainted by it.

    An output becomes a graph input; where its type is not known, a copy of the node's first input.
    With `quantise` a tensor of a quantised type is made by a QuantizeLinear.
    """
    graph, index, node = next(place for place in walk(model.graph) if place[2].name == name)
    top = graph is model.graph
    read, outputs = references(graph, skip=index), {value.name for value in graph.output}
    constant = _is_constant(model.graph, node)
    tainted: set[str] = set()
    del graph.node[index]
    for tensor in [output for output in node.output if output in read | outputs]:
        known = stand_in(graph, tensor)
        if known is None:
            graph.node.insert(index, _copy(tensor, next((i for i in node.input if i), "")))
            tainted.add(tensor)
            continue
        if constant or not known.exact:
            tainted.add(tensor)
        narrow = quantise and known.elem_type in QUANTISED
        source = tensor if top and tensor not in outputs and not narrow else f"{tensor}__cut"
        _add_input(model.graph, source, known, elem_type=1 if narrow else known.elem_type)
        if narrow:
            for made in reversed(quantised(source, tensor, known.elem_type)):
                graph.node.insert(index, made)
        elif source != tensor:
            graph.node.insert(index, _copy(tensor, source))
    return tainted


def _add_input(graph: onnx.GraphProto, name: str, known: StandIn, *, elem_type: int) -> None:
    from onnx import helper

    graph.input.append(helper.make_tensor_value_info(name, elem_type, known.dims))


def _copy(tensor: str, source: str) -> onnx.NodeProto:
    from onnx import helper

    if source:
        return helper.make_node("Identity", [source], [tensor], name=f"stand-in for {tensor}")
    return helper.make_node(
        "Constant", [], [tensor], value_float=1.0, name=f"stand-in for {tensor}"
    )


def quantised(source: str, tensor: str, elem_type: int) -> list[onnx.NodeProto]:
    """Nodes that make a tensor of a quantised type from one of floats."""
    from onnx import helper

    scale, zero = f"{tensor}__scale", f"{tensor}__zero"
    point = helper.make_tensor(zero, elem_type, [], [0])
    return [
        helper.make_node("Constant", [], [scale], value_float=1.0, name=f"stand-in for {scale}"),
        helper.make_node("Constant", [], [zero], value=point, name=f"stand-in for {zero}"),
        helper.make_node(
            "QuantizeLinear", [source, scale, zero], [tensor], name=f"stand-in for {tensor}"
        ),
    ]


def _is_constant(graph: onnx.GraphProto, node: onnx.NodeProto) -> bool:
    """True where the parser could have folded the node: everything it needs is a constant."""
    known = {tensor.name for tensor in graph.initializer}
    known -= {value.name for value in graph.input}
    for each in graph.node:
        if reads(each) <= known:
            known |= set(each.output)
    return reads(node) <= known


def tainted_nodes(graph: onnx.GraphProto, tainted: set[str]) -> set[str]:
    """Names of the nodes that depend on a tainted tensor."""
    tainted, found = set(tainted), set()
    for node in graph.node:
        bodies = list(subgraphs(node))
        if not reads(node) & tainted and not any(tainted_nodes(g, tainted) for _, g in bodies):
            continue
        found.add(node.name)
        tainted |= set(node.output)
        direct = bool(tainted & set(node.input))
        for _, body in bodies:
            inner = {value.name for value in body.input} if direct else set()
            found |= tainted_nodes(body, tainted | inner)
    return found


def retype(model: onnx.ModelProto, name: str, elem_type: int) -> bool:
    """Give a graph input, output or initializer another element type; False for no such tensor."""
    from onnx import helper

    for value in [*model.graph.input, *model.graph.output]:
        if value.name == name:
            kind = value.type.tensor_type
            dims = (
                [_size(dim) for dim in kind.shape.dim] if value.type.HasField("tensor_type") else []
            )
            value.CopyFrom(helper.make_tensor_value_info(name, elem_type, dims))
            return True
    for graph in [model.graph, *(g for _, _, n in walk(model.graph) for _, g in subgraphs(n))]:
        for tensor in graph.initializer:
            if tensor.name == name:
                size = math.prod(tensor.dims)
                width = {1: 4, 6: 4}.get(elem_type, 1)
                tensor.CopyFrom(
                    helper.make_tensor(
                        name, elem_type, list(tensor.dims), bytes(width * size), raw=True
                    )
                )
                return True
    return False
