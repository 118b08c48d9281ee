"""Nodes whose results nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.cost import operations
from pytest_frictionless.backends.onnx.hygiene.picture import counted
from pytest_frictionless.backends.onnx.hygiene.wording import (
    amount,
    finding,
    joined,
    of_weights,
    plural,
)
from pytest_frictionless.backends.onnx.walk import reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR409 for nodes that no output depends on; constants that are left over are none."""
    wanted = set(picture.output_names)
    dead = []
    for node in reversed(picture.nodes):
        if wanted & set(node.output):
            wanted |= reads(node)
        elif node.op_type not in ("Constant", "Identity"):
            dead.append(node)
    if not dead:
        return
    weights = {name for node in dead for name in reads(node)} - wanted
    nodes = sorted(dead, key=lambda node: -operations(picture, [node]))
    yield finding(
        "FR409",
        f"{plural(len(dead), 'node')} ({counted(dead)}) whose results nobody reads: "
        + joined([of_weights(picture.weight_bytes(weights)), amount(operations(picture, dead))]),
        picture=picture, nodes=nodes,
        cause="the parser judges them all the same: one that TensorRT refuses fails the model",
    )  # fmt: skip
