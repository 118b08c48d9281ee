"""A manifest beside a running system that is the recorded one but for what a test changes."""

from __future__ import annotations

import datetime
from typing import Any

from pytest_frictionless.settings.target import Target
from pytest_frictionless.stack.differences import Difference, differences
from pytest_frictionless.stack.manifest import Graph, Manifest, Plan

COMPONENTS = {
    "os": "ubuntu 22.04", "glibc": "2.35", "python": "3.11.9", "torch": "2.9.1",
    "exporter": "torch.onnx.export(dynamo=True) 2.9.1", "onnxscript": "0.5.7", "onnx": "1.19.1",
    "onnxruntime": "1.23.2", "simplifier": "onnxslim 0.1.98", "numpy": "2.3.4",
    "tensorrt": "10.13.3.9", "onnx_parser": "10.13.3", "cuda_toolkit": "13.0.2",
    "cuda_runtime": "13.0.88", "cuda_driver": "13.0", "nvidia_driver": "580.95.05",
    "cudnn": "9.14.0.64", "gpu": "NVIDIA L4", "compute_capability": "8.9",
    "container": "nvcr.io/nvidia/pytorch:25.10", "container_digest": "sha256:aa",
}  # fmt: skip

PLAN = Plan(tensorrt="10.13.3.9", compute_capabilities=("8.9",), precision="fp16")

RTX = Plan(tensorrt_rtx="1.6.1.120", compute_capabilities=("8.9", "9.0"))


def manifest(**fields: Any) -> Manifest:
    return Manifest.model_validate({
        "checkpoint": "models/net.safetensors", "written": datetime.date(2026, 1, 2),
        "written_by": "a test", "components": COMPONENTS, "plan": PLAN,
        "graph": Graph(opset=20, ir_version=10), **fields,
    })  # fmt: skip


def judged(
    changed: dict[str, str] | None = None, *, fields: dict[str, Any] | None = None, **asked: Any
) -> tuple[Difference, ...]:
    """The difference of an environment that is the recorded one but for what is changed."""
    recorded = manifest(**(fields or {}))
    running = {**recorded.components, **(changed or {})}
    found = {name: text for name, text in running.items() if text}
    return differences(recorded, found, asked.pop("target", Target()), **asked)


def without(*names: str, **more: str) -> dict[str, str]:
    return {name: text for name, text in COMPONENTS.items() if name not in names} | more


NO_PLAN: dict[str, Any] = {"plan": None}

ON_RTX: dict[str, Any] = {
    "plan": RTX, "components": without("tensorrt", tensorrt_rtx="1.6.1.120"),
}  # fmt: skip

RTX_NO_PLAN: dict[str, Any] = {**ON_RTX, "plan": None}

OLD_TORCH: dict[str, Any] = {
    "components": without("exporter", torch="2.8.0"),
    "graph": Graph(opset=20, ir_version=10, producer="pytorch 2.8.0"),
}

VERSION_COMPATIBLE: dict[str, Any] = {
    "plan": PLAN.model_copy(update={"flags": ("version_compatible",)})
}
