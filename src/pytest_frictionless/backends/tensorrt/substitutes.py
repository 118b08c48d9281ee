"""What the parser refuses, found where it names no node, and what takes the place of that."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.parts import beginning
from pytest_frictionless.backends.onnx.walk import subgraphs, walk
from pytest_frictionless.backends.tensorrt.network import ParserError, read

if TYPE_CHECKING:
    import onnx

_SUBSTITUTES = {
    2: 6, 4: 6, 5: 6, 12: 6, 13: 6,  # unsigned and short integers: INT32
    21: 3, 25: 3, 26: 3,  # UINT4, UINT2, INT2: INT8
    18: 17, 19: 17, 20: 17,  # the other kinds of FP8: FLOAT8E4M3FN
}  # fmt: skip
"""TensorProto.DataType that takes the place of one which the parser refuses; FLOAT for others."""


def node_at_fault(model: onnx.ModelProto, error: ParserError, path: str) -> str:
    """Name of the node that an error without a node is about; empty where it is about none.

    Some importers (ScatterElements) raise without saying which node they are at: the shortest
    beginning of the graph that is refused ends with it.
    """

    def fails(count: int) -> bool:
        part = beginning(model, count, outputs=[])
        return not read(part.SerializeToString(), path).parsed

    low, high = 0, len(model.graph.node)
    if not high or fails(0) or not fails(high):
        return ""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    last = model.graph.node[low]
    wanted = error.function.removeprefix("import")
    inner = [node.name for _, body in subgraphs(last) for _, _, node in walk(body)
             if node.op_type == wanted]  # fmt: skip
    return next(iter(inner), str(last.name)) if last.op_type != wanted else str(last.name)


def take_out(model: onnx.ModelProto, name: str, symbols: set[str]) -> set[str]:
    """Cut a node, or give a tensor a type that the parser takes; gives what is tainted by it."""
    if name.startswith("tensor "):
        name = name.removeprefix("tensor ")
        return {name} if cut.retype(model, name, substitute(model, name)) else set()
    guessed: set[str] = set()

    def stand_in(graph: onnx.GraphProto, tensor: str) -> cut.StandIn | None:
        known = cut.declared_stand_in(graph, tensor, symbols)
        if known is None or importable(known.elem_type):
            return known
        guessed.add(tensor)
        return cut.StandIn(
            elem_type=_SUBSTITUTES.get(known.elem_type, 1), dims=known.dims, exact=False
        )

    return cut.cut(model, name, stand_in) | guessed


def substitute(model: onnx.ModelProto, name: str) -> int:
    """TensorProto.DataType that takes the place of a tensor's own."""
    given = {t.name: t.data_type for t in model.graph.initializer}
    for value in [*model.graph.output, *model.graph.input]:
        given[value.name] = value.type.tensor_type.elem_type
    return _SUBSTITUTES.get(given.get(name, 0), 1)


@functools.cache
def importable(elem_type: int) -> bool:
    """True where the parser takes an input of this TensorProto.DataType: tried, not known."""
    from onnx import helper

    value = helper.make_tensor_value_info("x", elem_type, [1])
    copy = helper.make_node("Identity", ["x"], ["y"])
    output = helper.make_tensor_value_info("y", elem_type, [1])
    model = helper.make_model(helper.make_graph([copy], "g", [value], [output]))
    return all(error.node >= 0 for error in read(model.SerializeToString()).errors)


def type_name(number: int) -> str:
    """What ONNX calls this TensorProto.DataType; empty for none."""
    from onnx import TensorProto

    return TensorProto.DataType.Name(number) if number else ""
