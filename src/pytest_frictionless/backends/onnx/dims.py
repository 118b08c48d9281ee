"""Where a declared dimension becomes a constant inside a graph, and what keeps it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.check import place_of
from pytest_frictionless.backends.onnx.file import axes_of, graph_inputs, read_graph
from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.place import STACK_TRACE
from pytest_frictionless.rewrites.pooling import AVERAGES, averaged
from pytest_frictionless.rewrites.sizes import Size, rewritten_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx

    from pytest_frictionless.artifacts.graph import LostSymbol
    from pytest_frictionless.finding import Place

    Axes = Mapping[str, list[int | str] | None]

_RESHAPING = {"Reshape", "Expand", "Tile", "Slice", "Resize", "Gather", "Pad", "Squeeze"}
_POOLS = {"AveragePool", "MaxPool", "GlobalAveragePool"}


def lost_symbol(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """Tell the first node that is given a declared symbol and hands on a constant in its place.

    A Reshape or an Expand to constant sizes, mostly; a pooling with a kernel for the example's size.
    """
    del memory, folder
    onnx = require("onnx", purpose="looking for the lost dimension")
    inferred = onnx.shape_inference.infer_shapes(read_graph(path), data_prop=True)
    values = [*inferred.graph.input, *inferred.graph.value_info, *inferred.graph.output]
    axes = {value.name: axes_of(value) for value in values}
    declared = {
        size
        for value in graph_inputs(inferred)
        for size in axes[value.name] or ()
        if isinstance(size, str) and size
    }
    nodes = list(inferred.graph.node)
    sure = (_reshaped(inferred, n, axes, declared) or _pooled(n, axes, declared) for n in nodes)
    likely = (_held_beside_open(inferred, node, axes, declared) for node in nodes)
    return {"lost": next(filter(None, sure), None), "likely": next(filter(None, likely), None)}


def node_and_constants(
    path: str, name: str, operator: str
) -> tuple[Place | None, tuple[tuple[str, str], ...]]:
    """Where a node is, bodies included, and the shapes of the constants it computes with.

    One without a name is found where no other such node has its operator.
    """
    graph = read_graph(path).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.name == "value":
                shapes[node.output[0]] = list(attribute.t.dims)
    named = [node for _, _, node in walk(graph) if node.name == name]
    if not name:
        named = [node for node in named if node.op_type == operator]
    if not named or (not name and len(named) > 1):
        return None, ()
    constants = [
        (f"constant {each}", f"of shape {shapes[each]}")
        for each in named[0].input
        if each in shapes
    ]
    return place_of(named[0]), tuple(constants)


def _reshaped(
    model: onnx.ModelProto, node: onnx.NodeProto, axes: Axes, declared: set[str]
) -> LostSymbol | None:
    made = axes.get(node.output[0]) if node.output else None
    given = axes.get(node.input[0]) if node.input else None
    if node.op_type not in _RESHAPING or not made or not given:
        return None
    symbols = [size for size in given if size in declared]
    if node.op_type in ("Reshape", "Expand"):
        kept = [size for size in made if not isinstance(size, int)]
        gone = [] if set(kept) - declared else [each for each in symbols if each not in kept]
    else:
        gone = symbols[:1] if given[0] in declared and isinstance(made[0], int) else []
    if not gone:
        return None
    axis = given.index(gone[0])
    return _lost(node, str(gone[0]), axis, made, _numbers(model, node))


def _held_beside_open(
    model: onnx.ModelProto, node: onnx.NodeProto, axes: Axes, declared: set[str]
) -> LostSymbol | None:
    """A Reshape as to [1, -1, 4]: the rest of a symbol may go to the open axis, as nobody can tell here."""
    given, numbers = axes.get(node.input[0]) if node.input else None, _numbers(model, node)
    if node.op_type != "Reshape" or not given or numbers is None or -1 not in numbers:
        return None
    for axis, (size, number) in enumerate(zip(given, numbers, strict=False)):
        if size in declared and number > 0:
            return _lost(node, str(size), axis, axes.get(node.output[0]) or [], numbers)
    return None


def _numbers(model: onnx.ModelProto, node: onnx.NodeProto) -> list[int] | None:
    return constant_numbers(model, node.input[1]) if len(node.input) > 1 else None


def _lost(
    node: onnx.NodeProto, symbol: str, axis: int, made: list[int | str], numbers: list[int] | None
) -> LostSymbol:
    size = _at(numbers, axis) if node.op_type in ("Reshape", "Expand") else None
    cause, remedy = _words(node, symbol, axis, numbers)
    place = place_of(node)
    if place.file:
        lost = Size(symbol=symbol, expression=f"x.shape[{axis}]", constant=_at(numbers, axis))
        remedy = rewritten_size(place, lost) or remedy
    return {
        "symbol": symbol, "shape": list(made), "place": asdict(place),
        "held": f"{size} by the constant {node.input[1]}" if size is not None else "",
        "cause": cause, "remedy": remedy,
    }  # fmt: skip


def _words(
    node: onnx.NodeProto, symbol: str, axis: int, numbers: list[int] | None
) -> tuple[str, str]:
    """Which constant holds the size, and what to put in its place."""
    general = (
        f"This node makes {symbol} a constant. Export again with the size kept symbolic: no "
        f"int(x.shape[{axis}]), no buffer of the example's size, -1 for {symbol} in reshape()."
    )
    if numbers is None or axis >= len(numbers) or node.op_type not in ("Reshape", "Expand"):
        return "", general
    cause = f"{node.input[1]} holds {numbers}: a constant {numbers[axis]} for {symbol}"
    if -1 in numbers:
        return cause, general
    kept = [-1 if index == axis else number for index, number in enumerate(numbers)]
    if node.op_type == "Expand":
        kept[axis] = 1
        return cause, f"{general}\nIn the file itself: {kept} in {node.input[1]} would keep it."
    sizes = ", ".join(map(str, kept))
    return cause, (
        f"Keep {symbol} open and export again:\nx.reshape({sizes})  # in place of int(x.shape[{axis}])\n"
        f"In the file itself: {kept} in {node.input[1]} would keep it."
    )


def constant_numbers(model: onnx.ModelProto, name: str) -> list[int] | None:
    """Values of a constant that gives sizes; None where it is computed, or holds no whole numbers."""
    onnx = require("onnx", purpose="looking for the lost dimension")
    tensor = next((each for each in model.graph.initializer if each.name == name), None)
    if tensor is None:
        made = next((node for node in model.graph.node if name in node.output), None)
        constant = made.attribute if made is not None and made.op_type == "Constant" else ()
        for attribute in constant:
            if attribute.name in ("value_int", "value_ints"):
                return list(attribute.ints) or [attribute.i]
        tensor = next((each.t for each in constant if each.name == "value"), None)
    if tensor is None or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    values = onnx.numpy_helper.to_array(tensor).flatten()
    return [int(each) for each in values] if values.dtype.kind in "iu" else None


def _at(numbers: list[int] | None, axis: int) -> int | None:
    return numbers[axis] if numbers is not None and axis < len(numbers) else None


def _pooled(node: onnx.NodeProto, axes: Axes, declared: set[str]) -> LostSymbol | None:
    """An adaptive pooling: the exporter writes the kernel that fits the example's size only."""
    given = axes.get(node.input[0]) if node.op_type in _POOLS else None
    symbol = next((str(size) for size in (given or [])[2:] if not isinstance(size, int)), None)
    trace = next((e.value for e in node.metadata_props if e.key == STACK_TRACE), "")
    if symbol is None or "adaptive" not in trace:
        return None
    kernel = next((list(a.ints) for a in node.attribute if a.name == "kernel_shape"), [])
    place = place_of(node)
    code = averaged(place.file, place.line) if node.op_type == "AveragePool" else ""
    return {
        "symbol": symbol if symbol in declared else "a size",
        "shape": [], "place": asdict(place), "held": "",
        "cause": f"adaptive pooling was written with the kernel {kernel}, which fits one size",
        "remedy": f"Average with weights that follow the size:\n{code}\n{AVERAGES}" if code
        else f"Pool to one cell, which fits every size, or fix {symbol} in the profile.",
    }  # fmt: skip
