"""An ONNX file: what torch proved of it, what it declares, and what its graph holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.checkpoint import TensorRecord


class OnnxRecord(TypedDict):
    """An ONNX file as it was written, read back from the file."""

    path: str
    opset: int
    """Version of the default domain."""
    opsets: dict[str, int]
    ir_version: int
    newest_opset: int
    """The newest that the installed onnx knows."""
    producer: str
    nodes: int
    operators: dict[str, int]
    inputs: list[TensorRecord]
    outputs: list[TensorRecord]


class GraphRecord(TypedDict):
    """What was found wrong or wasteful in a graph."""

    findings: list[dict[str, Any]]
    nodes: int
    """Without those of bodies."""
    weight_bytes: int


class SimplifiedRecord(TypedDict):
    """A file that onnxslim made smaller, beside the one it came from."""

    tool: str
    files: list[str]
    """The model, and its external data where it has any; in the artifact's folder."""
    operators_before: dict[str, int]
    operators: dict[str, int]
    bytes_before: int
    bytes: int
    carried: int
    """Nodes that have the metadata of the original."""


class CaptureRecord(TypedDict):
    """What torch.export said of the dynamic dimensions."""

    route: str
    """"dynamo", "torchscript" or "file" (an ONNX file needs no capture)."""
    error: NotRequired[dict[str, Any]]
    """Finding of the strict capture, where it failed and a relaxed one gave the file."""
    training: NotRequired[list[dict[str, Any]]]
    """Findings of operations that behave as in training, or change the state of the model."""
    export_s: NotRequired[float]
    ranges: dict[str, list[int | None]]
    """Range that torch proved for each symbol: [lower, upper], None for unbounded."""


class LostSymbol(TypedDict):
    """Where a declared dimension becomes a constant inside a graph."""

    symbol: str
    shape: list[int | str]
    """What the node makes of it."""
    place: dict[str, Any]
    """`Place` of the node."""
    held: str
    """The size and the constant that holds it, as `4 by the constant shape`; empty where unknown."""
    cause: str
    """The constant that holds the size, in words."""
    remedy: str
    """What keeps the dimension, as code where it is known."""


class OperatorRecord(TypedDict):
    """One operator that a file uses."""

    operator: str
    domain: str
    """Empty for ONNX's own."""
    count: int
    node: str
    """Where it stands first."""
    stack: list[str]
    metadata: dict[str, str]
    deprecated_from: int | None
    """Opset in which ONNX withdrew it."""
