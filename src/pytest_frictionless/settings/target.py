"""What the models are deployed to, and the ONNX opset that is pinned for it."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import ComputeCapability, Text, Version, Whole


class Target(Section):
    """What the models are deployed to."""

    tensorrt: Version | None = Field(None, description="TensorRT version in production, in quotes.")
    tensorrt_rtx: Version | None = Field(
        None, description="TensorRT-RTX version in production, in quotes."
    )
    container: Text | None = Field(
        None, description="Image that serves the models, as nvcr.io/nvidia/tensorrt:25.10-py3."
    )
    compute_capabilities: tuple[ComputeCapability, ...] = Field(
        (), description="Compute capabilities of the GPUs in production, as [8.0, 8.9]."
    )


class Opset(Section):
    """The pinned ONNX opset."""

    version: Whole = Field(ge=7, le=30, description="Version of the default ONNX domain.")
    reason: Text = Field(description="Why this version: what in production asks for it.")
    ir_version: Whole | None = Field(
        None, ge=3, description="Newest ONNX IR version that the runtime in production reads."
    )
