"""How long steps and measurements take, and how large a step may get."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import Whole


class Limits(Section):
    """How long and how large a step may get."""

    timeout_s: float = Field(
        600.0, gt=0, strict=True, description="Seconds after which a step is stopped."
    )
    memory_mib: Whole | None = Field(
        None, gt=0, description="Memory of a step in MiB; 80 % of the machine where not given."
    )
    reduce_s: float = Field(
        20.0, ge=0, strict=True,
        description="Seconds for making a small model that fails in the same way; 0 makes none.",
    )  # fmt: skip


class Latency(Section):
    """How latency is measured on a GPU."""

    rounds: Whole = Field(
        10, ge=1, le=100, description="Fresh processes that each measure every cell once."
    )
    seconds: float = Field(
        0.3, gt=0, le=60, strict=True, description="Seconds a cell is measured in each of them."
    )
