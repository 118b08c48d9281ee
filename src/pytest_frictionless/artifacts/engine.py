"""What TensorRT makes of a file: its network, its engine, and everything it refuses."""

from __future__ import annotations

from typing import NotRequired, TypedDict


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
