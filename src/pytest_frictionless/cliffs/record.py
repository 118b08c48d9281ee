"""What the steps of a scan hand back: plain JSON, as other artifacts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from pytest_frictionless.cliffs.curve import Curve


class JumpRecord(TypedDict):
    """Two sizes, of which the larger takes more than its size explains."""

    below: dict[str, int]
    below_ms: float
    above: dict[str, int]
    above_ms: float
    change: float
    """Latency per element above, beyond what was to be expected: 0.4 for +40 %."""
    back: dict[str, int] | None
    """From where latency per element is what it was below; None where it never is."""


class DipRecord(TypedDict):
    """Two neighbours, of which the larger takes less time."""

    first: dict[str, int]
    """The smallest size from which on all that was measured is slower than `faster`."""
    slower: dict[str, int]
    slower_ms: float
    faster: dict[str, int]
    faster_ms: float
    change: float
    """What padding changes: -0.22 for -22 %."""


class CurveRecord(TypedDict):
    """Latency along the sizes of one symbol, or of several together."""

    symbols: list[str]
    """Those that grow along it."""
    sizes: list[dict[str, int]]
    """What was measured, in order."""
    ms: list[float]
    jumps: list[JumpRecord]
    """The largest first."""
    dips: list[DipRecord]
    """The largest first."""
    hidden: list[JumpRecord]
    """Sizes between which there is a jump or a dip for which no time was left."""
    open: int
    """Gaps that the time did not suffice to narrow."""


class ScanRecord(TypedDict):
    """One profile measured at many sizes."""

    engine: str
    gpu: str
    seconds: float
    lines: list[CurveRecord]
    refused: list[dict[str, Any]]
    """Sizes at which the engine does not run, each with the reason."""
    uncaptured: str
    """Why the last size is no CUDA graph; empty where it is."""
    watch: dict[str, Any]
    """What NVML saw: see `nvml.Watch.record`."""


class SideRequest(TypedDict):
    """One side of a comparison: a profile of an engine."""

    plan: str
    cache: str
    profile: int
    """Its index."""


class PairRecord(TypedDict):
    """Two profiles at the same sizes."""

    sizes: dict[str, int]
    ms: list[float]
    """Of the one, and of the other: medians of the turns."""
    turns: list[list[float]]
    """Both, turn by turn."""


class ComparedRecord(TypedDict):
    """Two profiles at several sizes, measured in turns."""

    points: list[PairRecord]
    watch: dict[str, Any]
    """What NVML saw: see `nvml.Watch.record`."""


class LayerRecord(TypedDict):
    """One layer of an engine at one shape."""

    name: str
    """As TensorRT calls it."""
    ms: float
    """Median of several runs."""
    kind: str
    """As "gemm"; empty where the plan does not tell."""
    kernel: str
    """The tactic; empty where TensorRT does not tell: TensorRT-RTX picks most on the device."""
    nodes: list[str]
    """Nodes of the ONNX file that it computes."""


class ProfiledRecord(TypedDict):
    """The layers of an engine at one shape, in the order they run."""

    engine: str
    gpu: str
    sizes: dict[str, int]
    ms: float
    """The whole inference, as a CUDA graph where it can be one."""
    layers: list[LayerRecord]


def record_of(curve: Curve) -> CurveRecord:
    """Everything that was measured along a line, and what is odd about it."""
    sizes, ms = curve.line.sizes, curve.ms
    return {
        "symbols": list(curve.line.symbols),
        "sizes": [sizes(point) for point in curve.points],
        "ms": [float(f"{ms(point):.6g}") for point in curve.points],
        "jumps": [
            {
                "below": sizes(jump.below), "below_ms": ms(jump.below),
                "above": sizes(jump.above), "above_ms": ms(jump.above), "change": jump.change,
                "back": None if jump.back is None else sizes(jump.back),
            }
            for jump in curve.jumps()
        ],
        "dips": [
            {
                "first": sizes(dip.first), "slower": sizes(dip.slower), "slower_ms": ms(dip.slower),
                "faster": sizes(dip.faster), "faster_ms": ms(dip.faster), "change": dip.change,
            }
            for dip in curve.dips()
        ],
        "hidden": [
            {
                "below": sizes(a), "below_ms": ms(a), "above": sizes(b), "above_ms": ms(b),
                "change": curve.per_element(b) / curve.per_element(a) - 1, "back": None,
            }
            for a, b in curve.hidden()
        ],
        "open": sum(abs(curve.growth(a, b)) > curve.least for a, b in curve.gaps()),
    }  # fmt: skip
