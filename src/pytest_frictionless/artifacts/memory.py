"""What the steps hand back that look at a GPU's memory, and at switching profiles: plain JSON."""

from __future__ import annotations

from typing import TypedDict


class MemoryRecord(TypedDict):
    """Device memory of an engine with one context of a profile, in a process of its own."""

    engine: str
    gpu: str
    sizes: dict[str, int]
    """That were run."""
    weights_mib: float | None
    """Of the whole engine; None where TensorRT does not tell."""
    workspace_mib: float
    """What a context of this profile needs for activations and scratch: TensorRT tells one figure."""
    context_mib: float
    """What TensorRT puts aside for a context by default: the workspace of the largest profile."""
    buffers_mib: float
    """Inputs and outputs at these sizes."""
    loaded_mib: float
    """Device memory in use more than before the engine was loaded, once it was."""
    peak_mib: float
    """The most that was in use more than before the engine was loaded, until it had run."""
    neighbours: list[int]
    """Other programs that computed on the GPU: then these figures are theirs too."""


class SwitchRecord(TypedDict):
    """One context moved from one profile to another."""

    origin: str
    target: str
    switched_ms: float
    """Host time of profile, shapes, addresses and one inference, until that is done; a median."""
    steady_ms: float
    """The same of one more inference in the profile."""
    count: int


class SwitchingRecord(TypedDict):
    """What several profiles in one engine cost to use."""

    engine: str
    gpu: str
    switches: list[SwitchRecord]
    contexts_mib: float
    """Device memory in use more with one context a profile, beyond the first context."""
    context_mib: float
    """As in `MemoryRecord`."""
    neighbours: list[int]
