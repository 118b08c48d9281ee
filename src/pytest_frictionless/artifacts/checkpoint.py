"""A checkpoint: what it holds, which inputs its model has, and how the model is built."""

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
