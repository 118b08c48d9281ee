"""Surgery on an ONNX graph: take a node out and put a stand-in where its outputs were.

A tensor is *tainted* where its stand-in is not known to have the type, the shape and the constness
of the original: what is said of nodes after it may be the stand-in's fault.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    import onnx

QUANTISED = (3, 17, 21, 22, 23)
"""INT8, FLOAT8E4M3FN, UINT4, INT4, FLOAT4E2M1: TensorRT wants them made by a QuantizeLinear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Type of the graph input that takes a tensor's place."""

    elem_type: int
    dims: list[int | str | None]
    exact: bool


def subgraphs(node: onnx.NodeProto) -> Iterator[tuple[str, onnx.GraphProto]]:
    """Bodies of an If, Loop or Scan, each with the name of its attribute."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.name, attribute.g
        for graph in attribute.graphs:
            yield attribute.name, graph


def walk(graph: onnx.GraphProto) -> Iterator[tuple[onnx.GraphProto, int, onnx.NodeProto]]:
    """Every node with the graph it is in and its index there, bodies after their node."""
    for i, node in enumerate(graph.node):
        yield graph, i, node
        for _, body in subgraphs(node):
            yield from walk(body)


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


def references(graph: onnx.GraphProto, *, skip: int = -1) -> set[str]:
    """Names read by the nodes of a graph and of their bodies, without the node at `skip`."""
    found: set[str] = set()
    for i, node in enumerate(graph.node):
        if i != skip:
            found |= reads(node)
    return found


def reads(node: onnx.NodeProto) -> set[str]:
    """Names read by a node, and by its bodies."""
    found = {name for name in node.input if name}
    for _, body in subgraphs(node):
        found |= references(body) | {value.name for value in body.output}
    return found


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


def beginning(
    model: onnx.ModelProto, count: int, *, outputs: Iterable[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """The first nodes of a model, with these outputs."""
    import onnx

    part = onnx.ModelProto()
    part.CopyFrom(model)
    del part.graph.node[count:]
    del part.graph.output[:]
    part.graph.output.extend(outputs)
    return part


def frontier(model: onnx.ModelProto, count: int) -> list[str]:
    """Tensors that the first nodes make and that something after them reads."""
    nodes = list(model.graph.node)
    made = [name for node in nodes[:count] for name in node.output if name]
    later = {value.name for value in model.graph.output}
    for node in nodes[count:]:
        later |= reads(node)
    return [name for name in made if name in later]


def possible_ends(
    model: onnx.ModelProto, usable: Container[str], forbidden: Container[str]
) -> list[int]:
    """Numbers of first nodes after which a usable tensor is alive, and no forbidden one."""
    count = len(model.graph.node)
    last = {value.name: count for value in model.graph.output}
    for i in reversed(range(count)):
        for name in reads(model.graph.node[i]):
            last.setdefault(name, i)
    alive, barred = [0] * (count + 2), [0] * (count + 2)
    for i, node in enumerate(model.graph.node):
        for name in node.output:
            if last.get(name, -1) > i:
                for tally, names in ((alive, usable), (barred, forbidden)):
                    tally[i + 1] += name in names
                    tally[last[name] + 1] -= name in names
    good, bad = list(accumulate(alive)), list(accumulate(barred))
    return [k for k in range(1, count) if good[k] and not bad[k]]


def prune(model: onnx.ModelProto) -> None:
    """Drop nodes, inputs and outputs that nothing needs any more."""
    graph = model.graph
    while True:
        needed = references(graph) | {value.name for value in graph.output}
        dead = [i for i, node in enumerate(graph.node) if not needed & set(node.output)]
        if not dead:
            break
        for i in reversed(dead):
            del graph.node[i]
    for i in reversed(range(len(graph.input))):
        if graph.input[i].name not in needed:
            del graph.input[i]
