"""What is measured on a GPU: cells, rounds, and the machine they ran on."""

from __future__ import annotations

from typing import Any, TypedDict


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
