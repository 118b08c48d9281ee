"""The tools that steps are made with: a new version of one makes what depends on it anew."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pytest_frictionless.backends.tensorrt.installed import FLAVOUR_VARIABLE
from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.workbench.sources import version_of

TENSORRT = ("tensorrt-rtx-cu13", "tensorrt-rtx", "tensorrt", "tensorrt-cu13", "tensorrt-cu12")


def installed(*distributions: str) -> dict[str, str]:
    """Versions of those that are installed, without importing them."""
    return {name: version for name in distributions if (version := version_of(name)) is not None}


def tools_of(step: str) -> dict[str, str]:
    """Versions of the tools that a step uses, and which of two is asked for."""
    room = step.partition(":")[0]
    if room.startswith("torch."):
        return installed("torch", "onnx", "onnxscript", "numpy", "safetensors")
    if room.startswith(("tensorrt.", "gpu.")) or room == "reduce.steps":
        asked = {FLAVOUR_VARIABLE: os.environ.get(FLAVOUR_VARIABLE, "")}
        return {**installed(*TENSORRT, "onnx", "onnxruntime"), **asked}
    slim = ("onnxslim",) if room == "onnx.simplify" else ()
    return installed("onnx", "onnxruntime", "numpy", *slim)


@cache
def own_digest() -> str:
    """Digest of the steps themselves: a new version of them makes everything anew."""
    package = Path(__file__).parent.parent
    # Readers of formats, scripts and rewritten lines are used by steps: they are part of them.
    rooms = ("backends", "checkpoint", "reproduce", "rewrites")
    files = [file for room in rooms for file in (package / room).rglob("*.py")]
    return digest(sorted(files), memo=None)
