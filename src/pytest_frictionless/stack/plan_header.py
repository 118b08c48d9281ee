"""The first 64 bytes of a plan: which TensorRT built it, and for which GPUs; nothing is loaded.

NVIDIA publishes no format. What is read here, little-endian, and how it is known:

| offset | type | meaning | how it is known |
|---|---|---|---|
| 0 | 4 bytes | `ftrt` TensorRT, `vtrt` TensorRT-RTX | trtexec `--getPlanVersionOnly`; plans of RTX 1.4 to 1.7 |
| 4 | uint32 | 0: the version stands at 24 | trtexec refuses all else |
| 16 | uint64 | RTX: bytes of the whole file | equal in plans of 139 KB to 716 KB of RTX 1.4 to 1.7 |
| 24 | 4 uint8 | version | trtexec; RTX's `get_engine_validity` quotes these bytes when one is changed |
| 32 | uint32 | RTX: GPUs it was built for, a bit each | plans for each compute capability alone, RTX 1.5 to 1.7 |

trtexec is open: NVIDIA/TensorRT, samples/common/sampleEngines.cpp, printPlanVersion; it reads plans of
TensorRT 8.6 and later. TensorRT's own header was not tried here beyond that.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_frictionless.checkpoint.source import Source, is_regular, opened
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

Flavour = Literal["tensorrt", "tensorrt_rtx"]

TITLES: dict[Flavour, str] = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}
LATER = ">12.0"
"""Any compute capability beyond the ones that TensorRT-RTX names, in its own words."""
_HEADER = struct.Struct("<4sI8xQ4B4xI28x")
_FLAVOURS: dict[bytes, Flavour] = {b"ftrt": "tensorrt", b"vtrt": "tensorrt_rtx"}
_BITS = ("7.5", "8.0", "8.6", "8.9", "12.0", "12.1", LATER)
_BITS_SINCE = (1, 5)
"""RTX 1.4 has no bit for 12.1: its sixth means something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHeader:
    """What a plan says of itself."""

    flavour: Flavour
    version: str
    """In full, as "1.7.1.116"."""
    compute_capabilities: tuple[str, ...]
    """GPUs it was built for, as "8.9" or `LATER`; empty where the header does not tell."""
    size: int
    """Bytes of the file."""

    @property
    def title(self) -> str:
        """As "TensorRT-RTX 1.7.1.116"."""
        return f"{TITLES[self.flavour]} {self.version}"


def read_header(path: Path) -> PlanHeader:
    """Read what a plan says of itself; 64 bytes are read, whatever its size.

    Raises:
        StepFailed: FR053, the file is not there, is no plan, or is damaged.
    """
    if not is_regular(path):
        raise StepFailed(_unusable(path, "is no file"))
    try:
        with opened(path) as source:
            return _header(path, source)
    except OSError as error:
        raise StepFailed(_unusable(path, f"cannot be read: {error.strerror}")) from error


def _header(path: Path, source: Source) -> PlanHeader:
    raw = source.read_at(0, _HEADER.size)
    flavour = _FLAVOURS.get(raw[:4])
    if flavour is None:
        raise StepFailed(_unusable(path, _what(raw), "It holds something else, or was damaged."))
    if len(raw) < _HEADER.size:
        raise StepFailed(_unusable(path, f"ends after {len(raw)} bytes, within its header"))
    _, form, size, *version, capabilities = _HEADER.unpack(raw)
    if form != 0:
        raise StepFailed(
            _unusable(path, f"has a header of form {form}, which names no version",
                      "TensorRT before 8.6 wrote such headers.")
        )  # fmt: skip
    if flavour == "tensorrt_rtx" and size != source.size:
        raise StepFailed(
            _unusable(path, f"has {source.size:,} bytes, and its header says {size:,}",
                      "The file was cut off, or something was written behind it.")
        )  # fmt: skip
    known = flavour == "tensorrt_rtx" and tuple(version[:2]) >= _BITS_SINCE
    return PlanHeader(
        flavour=flavour, version=".".join(map(str, version)), size=source.size,
        compute_capabilities=_named(capabilities) if known else (),
    )  # fmt: skip


def _named(bits: int) -> tuple[str, ...]:
    return tuple(name for index, name in enumerate(_BITS) if bits >> index & 1)


def _what(raw: bytes) -> str:
    """What a file without the mark of a plan is, as far as that is seen."""
    if not raw:
        return "is empty"
    if raw.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, and no plan: git lfs pull"
    if not any(raw):
        return "begins with zeros: it was never written to the end"
    return f"is no TensorRT plan: it begins with {raw[:4]!r}"


def _unusable(path: Path, what: str, cause: str = "") -> Finding:
    return Finding(code="FR053", message=f"{path} {what}", cause=cause)
