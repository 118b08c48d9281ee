"""The only rooms that import heavy packages; everything here runs in a child process."""

from __future__ import annotations

import importlib
from typing import Any

from pytest_frictionless.errors import MissingDependency

EXTRAS = {
    "torch": "torch", "onnxscript": "torch", "safetensors": "torch", "transformers": "huggingface",
    "onnx": "onnx", "onnxruntime": "onnx", "numpy": "onnx", "ml_dtypes": "onnx",
    "onnxslim": "onnx",
}  # fmt: skip
"""The extra of pytest-frictionless that brings each package."""


def require(package: str, *, purpose: str) -> Any:
    """Import a package; raises MissingDependency naming the extra where it is not installed."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        raise MissingDependency(package, purpose=purpose, extra=EXTRAS[package]) from error
