"""The step that calls what an engine is fed by, alone: so all that is imported is of these functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.tensorrt import plugins as tensorrt_plugins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord


def load(
    memory: dict[str, Any], folder: str, *, inputs: Sequence[InputRecord],
    points: Sequence[Mapping[str, int]], plugins: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Load the plugins and make the inputs at each point; the sources of this are what is wanted.

    Raises:
        StepFailed: FR204 or FR510, a function or a plugin fails.
    """
    del memory, folder
    if plugins:
        tensorrt_plugins.load(plugins)
    for sizes in points:
        feeds_at(inputs, sizes)
    return {}
