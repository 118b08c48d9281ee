"""What the NVIDIA driver and libraries say of themselves, by their own calls."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any

from pytest_frictionless.backends.gpu import nvml
from pytest_frictionless.backends.gpu.cuda import Gpu

CUDNN = ("libcudnn.so.9", "libcudnn.so.8")


def describe(memory: dict[str, Any], folder: str) -> dict[str, Any]:
    """Components of the stack that only driver and libraries know, by the keys of `COMPONENTS`.

    Raises MissingDependency without nvidia-ml-py, and MissingDevice where NVML does not answer.
    """
    del memory, folder
    gpus = nvml.gpus()
    if len({(each["gpu"], each["compute_capability"]) for each in gpus}) > 1:
        visible = (
            Gpu().uuid
        )  # CUDA's first is the one that engines run on, and NVML's may be another
        gpus = [each for each in gpus if each["uuid"] == visible]
    found = {**nvml.driver(), "cudnn": _cudnn()}
    if gpus:
        found |= {name: gpus[0][name] for name in ("gpu", "compute_capability")}
    return {name: text for name, text in found.items() if text}


def _cudnn() -> str:
    """Version of the cuDNN that the loader finds; empty without one. See cudnnGetVersion."""
    for name in CUDNN:
        with suppress(OSError, AttributeError):
            ask = ctypes.CDLL(name).cudnnGetVersion
            ask.restype = ctypes.c_size_t
            number = ask()
            scale = 10_000 if number >= 90_000 else 1_000  # 91002 is 9.10.2, 8907 is 8.9.7
            return f"{number // scale}.{number % scale // 100}.{number % 100}"
    return ""
