"""What ONNX Runtime says where a run fails, as a finding with the node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.baked import baked_in
from pytest_frictionless.backends.onnx.dims import node_and_constants
from pytest_frictionless.finding import Finding, Place

if TYPE_CHECKING:
    from pytest_frictionless.shapes import ShapePoint

_RUN_ERROR = re.compile(r"while running (?P<operator>\w+) node\. Name:'(?P<node>[^']*)'")


def words_of(text: str) -> str:
    """ONNX Runtime's message without its own source location."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : ", "", text.strip())
    text = re.sub(r"/\S+?/onnxruntime/\S+:\d+ [^\n]*?\) ?", "", text)
    return text.splitlines()[0].strip() if text else text


def run_finding(path: str, text: str, point: ShapePoint) -> Finding:
    """FR605 for a run that fails: the node, its constants, and a size that is baked in."""
    place: Place | None = None
    constants: tuple[tuple[str, str], ...] = ()
    if match := _RUN_ERROR.search(text):
        place, constants = node_and_constants(path, match["node"], match["operator"])
        place = place or Place(node=match["node"], operator=match["operator"])
    reason = text.partition("Status Message:")[2].strip() or text
    message = (
        f"{f'{place.node} ({place.operator})' if place else 'the model'} does not run at {point}"
    )
    baked = baked_in(path, place.node, reason, point.sizes) if place else None
    if baked is not None:
        message = f"{baked.symbol} is baked in as {baked.size}: {message}"
    return Finding(
        code="FR605",
        message=message,
        place=place,
        cause=f"ONNX Runtime says: {words_of(reason)}",
        evidence=constants,
        remedy=baked.remedy if baked is not None else "",
    )
