"""What debugging left in the graph, as far as a graph can show it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.wording import finding, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

_DEBUG = re.compile(
    r"(?:prim::|aten::|tf\.)?(?:Print(?:V\d)?|Assert\w*|Debug\w*|Dump\w*|CheckNumerics\w*|"
    r"PythonOp|Breakpoint)"
)
_ALIKE = {"Cast", "Not", "Or", "And", "Identity", "Reshape", "Flatten"}
_REDUCING = {"ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd"}


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR405 for operators that print or assert, and for searches after NaN."""
    printing = [node for node in picture.all_nodes if _DEBUG.fullmatch(node.op_type)]
    if printing:
        names = ", ".join(dict.fromkeys(node.op_type for node in printing))
        yield finding(
            "FR405",
            f"{plural(len(printing), 'operator')} of debugging in the graph: {names}",
            picture=picture, nodes=printing,
        )  # fmt: skip
    searching = [node for node in picture.nodes if _searches(picture, node)]
    if searching:
        yield finding(
            "FR405",
            f"{plural(len(searching), 'search', 'searches')} for NaN or infinity over a whole tensor "
            "in the graph",
            picture=picture, nodes=searching,
            costs=[f"over {picture.elements(node.input[0]):,} elements" for node in searching],
            cause="a tensor is asked for NaN, and the answer is reduced to one number: a hook or an "
            "assertion left over from debugging",
        )  # fmt: skip


def _searches(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether all of a tensor is asked for NaN or infinity, down to one number."""
    if node.op_type not in ("IsNaN", "IsInf"):
        return False
    tensors = [node.output[0]]
    for tensor in tensors:
        for reader in picture.readers.get(tensor, ()):
            if reader.op_type in _REDUCING and picture.elements(reader.output[0]) == 1:
                return picture.elements(tensor, unknown=2) > 1
            if reader.op_type in _ALIKE and len(tensors) < 8:
                tensors.append(reader.output[0])
    return False
