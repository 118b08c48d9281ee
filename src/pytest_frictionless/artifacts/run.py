"""Runs of a model, each output compared with its reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.checkpoint import TensorRecord


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
