"""The version manifest: every component that a deployed model was made with, beside the model itself."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pytest_frictionless.settings.section import Section

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".manifest.yaml"
COMPONENTS = {
    "os": "operating system", "glibc": "glibc", "python": "Python",
    "torch": "torch", "exporter": "exporter", "onnxscript": "onnxscript", "onnx": "onnx",
    "onnxruntime": "ONNX Runtime", "simplifier": "simplifier", "numpy": "numpy",
    "tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX", "onnx_parser": "ONNX parser",
    "cuda_toolkit": "CUDA toolkit", "cuda_runtime": "CUDA runtime", "cuda_driver": "CUDA of the driver",
    "nvidia_driver": "NVIDIA driver", "cudnn": "cuDNN",
    "gpu": "GPU", "compute_capability": "compute capability",
    "container": "container", "container_digest": "digest of the container",
    "tf32_override": "NVIDIA_TF32_OVERRIDE", "torch_tf32_override": "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
}  # fmt: skip
"""Every component a manifest may name, in the order it is written, with its title.

`exporter` is the route and the version behind it, as "torch.onnx.export(dynamo=True) 2.13.0";
`simplifier` likewise, as "onnxslim 0.1.98". `cuda_driver` is the newest CUDA that the driver serves.
What is not installed, or cannot be asked, is left out: nothing stands for a guess.
"""


class Graph(Section):
    """The ONNX file as it was delivered, and not as it was asked for."""

    opset: int = Field(description="Of the default domain.")
    ir_version: int = Field(description="Version of ONNX's file format.")
    domains: dict[str, int] = Field({}, description="Opsets of the other domains.")
    producer: str = Field("", description="Name and version of the program that wrote it.")
    nodes: int | None = Field(None, description="Number of nodes.")


class Plan(Section):
    """The serialised engine."""

    file: str = Field(
        "", description="From the manifest's folder; empty where no plan is kept beside it."
    )
    tensorrt: str | None = Field(None, description="TensorRT version that its header names.")
    tensorrt_rtx: str | None = Field(None, description="TensorRT-RTX version in the header.")
    compute_capabilities: tuple[str, ...] = Field(
        (), description="GPUs it was built for, as its header tells; >12.0 is any that is newer."
    )
    profiles: dict[str, dict[str, tuple[int, int, int]]] = Field(
        {}, description="Of each optimization profile: min, opt and max of each symbol."
    )
    precision: str = Field("", description="Most layers compute in it: delivered, not requested.")
    flags: tuple[str, ...] = Field(
        (), description="What else makes it another engine, as tf32: builder flags as delivered."
    )


class Manifest(Section):
    """What one deployed model is, and what it was made with."""

    manifest: Literal[1] = Field(1, description="Version of this format.")
    checkpoint: str = Field(description="Path from the root of the repository.")
    written: datetime.date = Field(description="Day on which the components were read.")
    written_by: str = Field(description="As pytest-frictionless 0.1.0.")
    digests: dict[str, str] = Field(
        {},
        description="SHA-256 of checkpoint, onnx and plan, as far as they were made; of an exported "
        "onnx without the notes in it that name the machine.",
    )
    components: dict[str, str] = Field({}, description="Exact version of each component.")
    graph: Graph | None = Field(None, description="The ONNX file.")
    plan: Plan | None = Field(None, description="The engine.")
    opset_reason: str = Field("", description="Why the opset is pinned where it is.")
    reason: str = Field("", description="Why the last breaking change of the stack was accepted.")


def manifest_path(checkpoint: Path) -> Path:
    """Where the manifest of a checkpoint lies: beside it."""
    return checkpoint.with_name(checkpoint.name + SUFFIX)
