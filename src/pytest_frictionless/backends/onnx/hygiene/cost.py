"""Operations that nodes take, at the shapes of a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture


def operations(picture: Picture, nodes: Iterable[onnx.NodeProto]) -> int:
    """Arithmetic operations of one run of these nodes; 0 for what is unknown."""
    return sum(_operations(picture, node) for node in nodes)


def _operations(picture: Picture, node: onnx.NodeProto) -> int:
    """One for each element of the result; a multiply and an add for each product that it sums."""
    made = picture.elements(node.output[0]) if node.output else 0
    sizes = [picture.types.get(name, (0, None))[1] for name in node.input]
    if node.op_type in ("MatMul", "Gemm") and sizes[0]:
        transposed = any(each.name == "transA" and each.i for each in node.attribute)
        inner = sizes[0][0 if transposed else -1]
        return 2 * made * (inner or 0)
    if node.op_type in ("Conv", "ConvTranspose") and sizes[1]:
        known = [size or 0 for size in sizes[1][1:]]
        source = made if node.op_type == "Conv" else picture.elements(node.input[0])
        return 2 * source * math.prod(known)
    return made
