"""What the steps of the workbench hand back: plain JSON, so that it is stored as it is.

Every record is made once for its inputs, in a child process, and read by many checks.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class TensorRecord(TypedDict):
    """An input or output as a file declares it."""

    name: str
    dtype: str
    """Spelled as in `shapes.DTYPES`."""
    dims: list[int | str] | None
    """Sizes and symbol names; None where the rank is unknown."""


class InputRecord(TypedDict):
    """One input of the model and how values for it are made."""

    name: str
    type: str
    """As `shapes.TensorType` writes it: "float32[batch, 3, 224, 224]".

    "float32[...]" where a file does not tell the rank, and a word as "sequence" for what is no tensor.
    """
    low: NotRequired[float]
    """Smallest value."""
    high: NotRequired[float]
    """Values stay below it."""
    sample: NotRequired[str]
    """A .npy file, or a .npz file with an array of the input's name; from the repository's root."""
    make: NotRequired[str]
    """"module:callable", called with the shape and a numpy Generator."""


class SourceRecord(TypedDict):
    """What is needed to build the model in memory."""

    path: str
    format: str
    factory: str | None
    trusted: bool
    root: str
    """Folder of the repository: Python files below it count as the user's own."""


class WeightsRecord(TypedDict):
    """What is inside a checkpoint."""

    format: str
    tensors: int
    parameters: int
    dtypes: dict[str, int]
    """Number of tensors of each element type."""
    not_finite: list[str]
    """Names of tensors holding NaN or infinity, at most 20."""
    missing: list[str]
    unexpected: list[str]
    notes: list[str]
    """What was done to read it, as "stripped the prefix 'module.'"."""
    inputs: list[InputRecord]
    """Inputs the file itself declares; a guess from the first weights where it does not."""
    ranges: dict[str, list[int | None]]
    """Sizes the file declares for its symbols: [lower, upper], None for unbounded."""
    runnable: bool
    """Whether there is a model to run; False for bare weights without a factory."""
    declared: bool
    """Whether `inputs` is what the file says of itself, and not a guess."""
    external: list[str]
    """Further files that hold weights."""


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


class CaptureRecord(TypedDict):
    """What torch.export said of the dynamic dimensions."""

    route: str
    """"dynamo", "torchscript" or "file" (an ONNX file needs no capture)."""
    error: NotRequired[dict[str, Any]]
    """Finding of the strict capture, where it failed and a relaxed one gave the file."""
    training: NotRequired[list[dict[str, Any]]]
    """Findings of operations that behave as in training."""
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
    cause: str
    """The constant that holds the size, in words."""
    remedy: str
    """What keeps the dimension, as code where it is known."""


class ComparisonRecord(TypedDict):
    """One output against its reference."""

    name: str
    dtype: str
    shape: list[int]
    reference_shape: list[int]
    max_abs: float
    max_rel: float
    worst_index: list[int]
    worst_value: float
    worst_reference: float
    violations: int
    elements: int
    not_finite: int
    reference_not_finite: int
    rtol: float
    atol: float


class ExecutionRecord(TypedDict):
    """One run of the exported model at one shape point."""

    sizes: dict[str, int]
    outputs: list[TensorRecord]
    comparisons: list[ComparisonRecord]
    reference: str
    """What it was compared with: "eager torch" or "ONNX Runtime without optimisation"."""


class RejectionRecord(TypedDict):
    """One thing the parser or the builder refused."""

    stage: str
    """"parse" or "build"."""
    kind: str
    """"unsupported" (FR501), "unknown" (FR503), "type" (FR504), "builder" (FR502)."""
    operator: str
    node: str
    """Name of the node; of its first output where it has none; of the input for kind "type"."""
    stack: list[str]
    """Function calls and branches around the node, outermost first."""
    reason: str
    """The engine's own words, cleaned of CUDA noise; never empty."""
    error_code: str
    metadata: dict[str, str]
    """The node's metadata_props, which hold the user's source line."""


class NetworkTensor(TypedDict):
    """An input or output of the parsed network."""

    name: str
    dtype: str
    shape: list[int]
    is_shape_tensor: bool


class ParseRecord(TypedDict):
    """An ONNX file through the real parser."""

    engine: str
    """Flavour and version, as "TensorRT-RTX 1.7.1.116"."""
    rejections: list[RejectionRecord]
    complete: bool
    """False where the time budget ended before every rejection was listed."""
    inputs: list[NetworkTensor]
    outputs: list[NetworkTensor]
    layers: int
    layer_types: dict[str, int]
    """Number of layers by the type of their first output."""
    warnings: list[str]


class BuildRecord(TypedDict):
    """One engine build."""

    engine: str
    built: bool
    plan: NotRequired[str]
    """File name of the plan inside the artifact's folder."""
    plan_bytes: int
    build_s: float
    peak_rss_mib: float
    profiles: int
    """Number of optimization profiles the configuration really holds."""
    compute_capabilities: list[str]
    unavailable_capabilities: list[str]
    errors: list[str]
    """The builder's error messages, cleaned of CUDA noise."""
    dropped_profiles: list[str]
    profile_errors: NotRequired[bool]
    """Whether the errors are about the profiles, and not about the model."""
