"""An ONNX file at another opset, by onnx.version_converter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Place

if TYPE_CHECKING:
    import onnx

MODEL = "model.onnx"
LARGEST_BYTES = 1 << 31
"""A protocol buffer, which the converter takes, holds no more."""

_ASSERTION = re.compile(r"^\S+:\d+: \w+: Assertion `.*?` failed: ")
_OPERATOR = re.compile(r"(?:for|of) (?P<operator>[A-Z]\w+)(?: exists)?$")


def convert(memory: dict[str, Any], folder: str, *, path: str, opset: int) -> dict[str, Any]:
    """Write `model.onnx` at another opset; raises StepFailed FR305 where it cannot be converted."""
    del memory
    onnx = require("onnx", purpose="converting the opset")
    model = onnx.load(path)
    if model.ByteSize() >= LARGEST_BYTES:
        raise StepFailed(
            Finding(
                code="FR305",
                message=f"the file cannot be converted to opset {opset}: onnx.version_converter takes "
                f"no more than 2 GiB, and it holds {model.ByteSize() >> 20} MiB",
            )
        )
    try:
        converted = onnx.version_converter.convert_version(model, opset)
    except MemoryError:
        raise
    except Exception as error:
        raise StepFailed(_refusal(onnx, model, str(error), opset)) from error
    _keep_metadata(model, converted)
    onnx.save(converted, Path(folder) / MODEL)
    return {"converter": f"onnx.version_converter {onnx.__version__}"}


def versions(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """What a file says of its versions, without asking whether it is valid."""
    del memory, folder
    model = read_graph(path)
    opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    return {"opset": opset, "ir_version": model.ir_version, "nodes": len(model.graph.node)}


def _refusal(onnx: Any, model: onnx.ModelProto, text: str, opset: int) -> Finding:
    """FR305 with the node that has no form at the opset."""
    words = _ASSERTION.sub("", text.strip()) or "no word why"
    match = _OPERATOR.search(words)
    nodes = [n for _, _, n in walk(model.graph) if match and n.op_type == match["operator"]]
    place = (
        Place(node=nodes[0].name or nodes[0].output[0], operator=nodes[0].op_type)
        if nodes
        else None
    )
    return Finding(
        code="FR305",
        message=f"onnx.version_converter {onnx.__version__} cannot convert the file to opset {opset}: "
        f"{words.splitlines()[0]}",
        place=place,
    )  # fmt: skip


def _keep_metadata(model: onnx.ModelProto, converted: onnx.ModelProto) -> None:
    """Carry over what the converter drops: the nodes' metadata, which hold the source lines."""
    kept = {output: node for _, _, node in walk(model.graph) for output in node.output if output}
    for _, _, node in walk(converted.graph):
        original = next((kept[output] for output in node.output if output in kept), None)
        if original is not None and not node.metadata_props:
            node.metadata_props.extend(original.metadata_props)
