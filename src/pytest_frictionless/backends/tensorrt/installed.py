"""Which flavours of TensorRT are installed, which of them is used, and its module.

TensorRT-RTX parses and builds without a GPU; the full TensorRT needs one to build. Both have the
same Python API up to the names that are asked for with `hasattr` here.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import os
from contextlib import suppress
from typing import Any

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.machine import broken_library

FLAVOUR_VARIABLE = "PYTEST_FRICTIONLESS_TENSORRT"
"""Environment variable that picks the flavour where both are installed: "rtx" or "tensorrt"."""

_MODULES = {"rtx": "tensorrt_rtx", "tensorrt": "tensorrt"}
_TITLES = {"rtx": "TensorRT-RTX", "tensorrt": "TensorRT"}
_DISTRIBUTIONS = {
    "rtx": ("tensorrt-rtx-cu13", "tensorrt-rtx-cu12", "tensorrt-rtx"),
    "tensorrt": ("tensorrt-cu13", "tensorrt-cu12", "tensorrt"),
}


def versions() -> dict[str, str]:
    """Version of every flavour that can be imported; imports none of them."""
    found: dict[str, str] = {}
    for flavour in _DISTRIBUTIONS:
        # tensorrt-stubs brings a folder `tensorrt` that holds only a .pyi: it has no origin.
        spec = importlib.util.find_spec(_MODULES[flavour])
        if spec is None or spec.origin is None:
            continue
        if version := _version(flavour):
            found[flavour] = version
    return found


def _version(flavour: str) -> str | None:
    """Version of the first distribution of a flavour that is installed."""
    for name in _DISTRIBUTIONS[flavour]:
        with suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return None


def flavour(wanted: str | None = None) -> str:
    """Flavour to use: the one asked for, else "rtx" where installed, else "tensorrt".

    Raises:
        MissingDependency: neither, or not the one asked for, is installed.
        StepFailed: FR005, where a distribution is installed without its module.
    """
    installed = versions()
    wanted = wanted or os.environ.get(FLAVOUR_VARIABLE) or None
    for each in [wanted] if wanted else list(_MODULES):
        if each in installed:
            return each
    for each in [wanted] if wanted else list(_MODULES):
        if (version := _version(each)) and importlib.util.find_spec(_MODULES[each]) is None:
            absent = ModuleNotFoundError(
                f"there is no module {_MODULES[each]}", name=_MODULES[each]
            )
            raise StepFailed(broken_library(_DISTRIBUTIONS[each][-1], version, absent))
    package = "tensorrt" if wanted == "tensorrt" else "tensorrt-rtx-cu13"
    raise MissingDependency(package, purpose="parsing and building with TensorRT", extra="rtx")


def engine_name(wanted: str | None = None) -> str:
    """Flavour and version, as "TensorRT-RTX 1.7.1.116"; imports nothing."""
    chosen = flavour(wanted)
    return f"{_TITLES[chosen]} {versions()[chosen]}"


@functools.cache
def load(wanted: str | None = None) -> Any:
    """Import the module of the flavour; raises StepFailed FR005 where it is there and broken."""
    chosen = flavour(wanted)
    try:
        return importlib.import_module(_MODULES[chosen])
    except MemoryError:
        raise
    except Exception as error:
        finding = broken_library(_MODULES[chosen], versions()[chosen], error)
        raise StepFailed(finding) from error
