"""The step that looks a graph over for what costs and what is wrong without being refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.hygiene import (
    chains,
    constants,
    dead,
    dims,
    folding,
    outputs_unasked,
    quantised,
    remnants,
    training,
    types,
    weights,
)
from pytest_frictionless.backends.onnx.hygiene.picture import Picture

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.graph import GraphRecord

RULES = (
    training, folding, outputs_unasked, remnants, chains, constants, weights, dead, types, dims, quantised,
)  # fmt: skip


def examine(
    memory: dict[str, Any], folder: str, *, path: str, shapes: dict[str, list[int]],
    outputs: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Findings of every rule; `shapes` of the inputs are what costs are counted at.

    `outputs` are the names the user asks for; empty where nothing is said.
    """
    del memory, folder
    require("onnx", purpose="looking the graph over")
    picture = Picture(read_graph(path), folder=Path(path).parent, shapes=shapes, outputs=outputs)
    record: GraphRecord = {
        "findings": [finding.to_json() for rule in RULES for finding in rule.find(picture)],
        "nodes": len(picture.nodes),
        "weight_bytes": picture.weight_bytes(picture.stored),
    }
    return {**record}
