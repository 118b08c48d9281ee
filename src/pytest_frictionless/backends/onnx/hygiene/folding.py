"""Batch norm that could be part of the layer before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.cost import operations
from pytest_frictionless.backends.onnx.hygiene.picture import attribute
from pytest_frictionless.backends.onnx.hygiene.wording import (
    amount,
    finding,
    joined,
    of_weights,
    plural,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

_LINEAR = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR403 for inference batch norms right after a layer with constant weights of its own."""
    norms = [node for node in picture.nodes if _folds(picture, node)]
    if not norms:
        return
    work = operations(picture, norms)
    weights = picture.weight_bytes({name for node in norms for name in node.input})
    yield finding(
        "FR403",
        f"{plural(len(norms), 'BatchNormalization node')} not folded into the layer before: "
        + joined([of_weights(weights), amount(2 * work), "more nodes to parse"]),
        picture=picture, nodes=norms,
        costs=[joined([amount(2 * operations(picture, [n])), f"after {_layer(picture, n)}"]) for n in norms],
    )  # fmt: skip


def _layer(picture: Picture, norm: onnx.NodeProto) -> str:
    maker = picture.makers[norm.input[0]]
    return f"{maker.name or maker.output[0]} ({maker.op_type})"


def _folds(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether nothing but the export's way kept a batch norm out of the layer before it."""
    if node.op_type != "BatchNormalization" or attribute(node, "training_mode", 0):
        return False
    layer = picture.makers.get(node.input[0])
    if layer is None or layer.op_type not in _LINEAR or len(layer.output) != 1:
        return False
    alone = picture.only_reader(node.input[0]) is node
    parameters = [*node.input[1:], *layer.input[1:]]
    # A caller may replace an initializer that is an input too (every one of IR version 3).
    constant = all(name in picture.constants for name in parameters)
    return alone and constant
