"""Proof, checkpoint by checkpoint, that models reach production. PYTEST_DONT_REWRITE."""

from __future__ import annotations

from typing import Any

__all__ = ["Check", "Checkpoint", "Context", "Finding", "Scope", "Severity", "find_checkpoints"]
__version__ = "0.1.0"

_HOMES = {
    "Check": "check", "Context": "check", "Scope": "check",
    "Checkpoint": "checkpoint.discovery", "find_checkpoints": "checkpoint.discovery",
    "Finding": "finding", "Severity": "finding",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: being installed must cost nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
