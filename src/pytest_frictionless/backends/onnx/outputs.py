"""Outputs of an exported file, put right where the exporter wrote something that is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends import require

if TYPE_CHECKING:
    from pathlib import Path

    import torch


def rename_outputs(delivered: torch.onnx.ONNXProgram) -> None:
    """Give an output that is an input too a name of its own: torch gives both one name."""
    graph = delivered.model.graph
    taken = {value.name for value in graph.inputs}
    for value in graph.outputs:
        if value.name in taken and value not in graph.inputs:
            value.name = f"{value.name}_out"


def forget_output_sizes(path: Path) -> None:
    """Declare the outputs anew: this exporter writes the sizes of the example it traced."""
    onnx = require("onnx", purpose="exporting to ONNX")
    model = onnx.load(path)
    for output in model.graph.output:
        for dim in output.type.tensor_type.shape.dim:
            dim.Clear()
    onnx.save(onnx.shape_inference.infer_shapes(model, data_prop=True), path)
