"""These tests need a GPU: without one they are skipped, and say so."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def has_gpu() -> bool:
    """Whether there is a driver to ask; what it says is the tests' own matter."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


if has_gpu():  # pytester forgets modules that a test imported, and scipy bears no second import
    with suppress(ModuleNotFoundError):
        import_module("scipy.stats")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and skip it where there is no GPU."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.gpu)
            if not has_gpu():
                item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU and its driver"))
