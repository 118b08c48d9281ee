"""The only rooms that import heavy packages; everything here runs in a child process."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import Any

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.machine import broken_library

EXTRAS = {
    "torch": "torch", "onnxscript": "torch", "safetensors": "torch", "transformers": "huggingface",
    "onnx": "onnx", "onnxruntime": "onnx", "numpy": "onnx", "ml_dtypes": "onnx",
    "onnxslim": "onnx",
    "cuda.core": "gpu", "pynvml": "gpu",
}  # fmt: skip
"""The extra of pytest-frictionless that brings each package."""


def require(package: str, *, purpose: str) -> Any:
    """Import a package.

    Raises MissingDependency naming the extra where it is not installed, and StepFailed FR005 where
    it is and does not import: that is no reason to skip.
    """
    try:
        return importlib.import_module(package)
    except MemoryError:
        raise
    except ModuleNotFoundError as error:
        if error.name in (package, package.partition(".")[0]) and not _version(package):
            raise MissingDependency(package, purpose=purpose, extra=EXTRAS[package]) from error
        raise StepFailed(broken_library(package, _version(package), error)) from error
    except Exception as error:
        raise StepFailed(broken_library(package, _version(package), error)) from error


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
