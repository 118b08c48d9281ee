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


class UnshapedRecord(TypedDict):
    """An input or output of an ONNX file whose shape ONNX cannot use."""

    name: str
    role: str
    """"input" or "output"."""
    what: str
    """"no shape", or the axis and its size."""
    shape: list[int | str]
    """What its axes could be; empty where nothing suggests it."""


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
    renamed: NotRequired[list[list[str]]]
    """Pairs of a missing name and the name in the file of what could be that weight."""
    unread: NotRequired[list[str]]
    """Classes of objects beside the weights that torch.load refuses; nothing of them was run."""
    bound: NotRequired[list[dict[str, Any]]]
    """Lines of TorchScript that name a GPU: file in the archive, line, text and device."""
    layers: NotRequired[list[list[str]]]
    """Outermost layers that bare weights belong to; below a common one, those inside, too."""
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
    unshaped: NotRequired[list[UnshapedRecord]]
    """Inputs and outputs of an ONNX file that onnx.checker refuses for their shape."""


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
    scale: float
    """Largest finite magnitude of the reference."""


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
    """"unsupported", "unknown", "type" or "builder": what remains to be said of unheard words.

    "crash" (FR003) and "time" (FR001) are no refusals: nobody knows whether it would be taken.
    """
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
    domain: NotRequired[str]
    """Domain of the operator; empty for ONNX's own, and where no node is named."""
    attributes: NotRequired[dict[str, str]]
    """The node's attributes that are numbers or words."""


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


class CaseRecord(TypedDict):
    """One case of the ONNX backend suite through the parser and the builder."""

    case: str
    operator: str
    domain: str
    type: str
    """Type of the first input, of the first output where there is none."""
    refused: RejectionRecord | None
    refused_with_constants: RejectionRecord | None
    """The same, where every input but the first is a constant."""


class PluginRecord(TypedDict):
    """One file of the user's plugins, loaded."""

    file: str
    creators: list[str]
    """Names of the plugin creators that it registers."""
    usable: bool
    """False where the installed TensorRT cannot add a plugin to a network."""


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
    parser: NotRequired[str]
    """Version of the ONNX parser, as "0.2.0"."""
    plugins: NotRequired[list[PluginRecord]]
    """The user's own plugins, as they were loaded before the file was parsed."""


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
    flags: NotRequired[list[str]]
    """Builder flags that were set, TensorRT's defaults among them, as "tf32"."""
    profile_errors: NotRequired[bool]
    """Whether the errors are about the profiles, and not about the model."""


class EngineRunRecord(TypedDict):
    """One run of an engine on a GPU at one shape point."""

    engine: str
    gpu: str
    sizes: dict[str, int]
    workspace_mib: float
    """Device memory of the execution context, beside weights and inputs."""
    comparisons: list[ComparisonRecord]
    unwritten: dict[str, int]
    """Elements that the engine left as they were, by output."""
    unsteady: dict[str, float]
    """Largest difference of two runs on the same input, by output."""
    absent: list[str]
    """Outputs of the ONNX file that the engine does not have."""


class CellRequest(TypedDict):
    """What is measured: one profile of an engine at one shape point."""

    name: str
    profile: int
    """Index of the optimization profile; -1 for the first that takes these sizes."""
    sizes: dict[str, int]


class CellRecord(TypedDict):
    """One cell in one process."""

    samples_ms: list[float]
    """GPU milliseconds of one inference: as a CUDA graph where `captured`, else launched plainly."""
    count: int
    """Samples taken; `samples_ms` holds at most 1,000 of them."""
    captured: bool
    uncaptured: str
    """Why it is no CUDA graph; empty where it is."""
    plain_ms: float
    """Median of plain launches."""
    host_ms: float
    """Median CPU time of one plain launch."""
    warm_up_s: float
    workspace_mib: float
    """Device memory of the execution context: activations and scratch."""
    watch: dict[str, Any]
    """What NVML saw: see `nvml.Watch.record`."""


class MachineRecord(TypedDict):
    """The GPU and the engine that is installed for it."""

    engine: str
    gpu: dict[str, Any]
    """As `nvml.facts` tells it."""
    compute_capability: str


class RoundRecord(TypedDict):
    """One round: every cell of an engine measured once, in one fresh process."""

    engine: str
    gpu: dict[str, Any]
    """As `nvml.facts` tells it."""
    compute_capability: str
    layers: list[str]
    """Layers with their kernels, as the engine inspector lists them."""
    cells: dict[str, CellRecord]
