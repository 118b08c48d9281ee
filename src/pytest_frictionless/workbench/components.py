"""Versions of what is installed on this machine, with those that NVIDIA's driver tells."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.stack.environment import components
from pytest_frictionless.workbench.steps import Steps

if TYPE_CHECKING:
    from pytest_frictionless.workbench.shop import Shop


def machine(shop: Shop) -> dict[str, str]:
    """Components of this machine, by the keys of the version manifest; asked once a process."""
    if not shop.components:
        shop.components.update(_driver(shop) | components())
    return shop.components


def _driver(shop: Shop) -> dict[str, str]:
    """What NVIDIA's driver and libraries say, in a child process; nothing where there is no driver."""
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
        return Steps(shop, preload=()).measure("gpu.nvidia:describe", {})
    except (OSError, MissingDependency, StepFailed):
        return {}
