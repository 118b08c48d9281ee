"""The newest ONNX opset that each TensorRT version is documented for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from packaging.version import Version

OLDEST, NEWEST = 7, 30
"""Opsets that `pytest-frictionless opset` tries."""

COMPOSITE = {
    "LayerNormalization": 17, "Mish": 18, "Gelu": 20, "GroupNormalization": 21, "Attention": 23,
    "RMSNormalization": 23, "RotaryEmbedding": 23, "Swish": 24, "LinearAttention": 27, "SwiGLU": 28,
}  # fmt: skip
"""Operators that stand for several simpler ones, and the opset that brought them.

Below it an exporter writes the simpler ones. From `onnx.defs` of onnx 1.23.2: those with a function
body that torch's exporter or a vendor's writes.
"""


@dataclass(frozen=True, slots=True)
class OpsetLimit:
    """One row of the table."""

    tensorrt: str
    opset: int
    source: str


@cache
def _rows() -> tuple[OpsetLimit, ...]:
    text = resources.files(__package__).joinpath("opsets.json").read_text()
    rows = (OpsetLimit(**row) for row in json.loads(text))
    return tuple(sorted(rows, key=lambda row: Version(row.tensorrt)))


def opset_limits(version: str) -> tuple[OpsetLimit | None, OpsetLimit | None]:
    """The rows at or below, and at or above, a TensorRT version.

    An opset up to the first is known to it, one above the second is not, and between them nobody
    wrote it down.
    """
    wanted = Version(version)
    below = [row for row in _rows() if Version(row.tensorrt) <= wanted]
    above = [row for row in _rows() if Version(row.tensorrt) >= wanted]
    return (below[-1] if below else None), (above[0] if above else None)
