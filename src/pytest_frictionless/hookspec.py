"""Hooks that other plugins implement. PYTEST_DONT_REWRITE."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.check import Check


def pytest_frictionless_checks() -> Iterable[Check]:  # type: ignore[empty-body]
    """Return checks to ask of every checkpoint, beside those of pytest-frictionless."""
