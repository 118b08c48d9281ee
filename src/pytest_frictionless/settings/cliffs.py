"""How the sizes of a profile are scanned."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section


class Cliffs(Section):
    """How the sizes of a profile are scanned for jumps of latency on a GPU."""

    seconds: float = Field(
        30.0, gt=0, le=3600, strict=True,
        description="Seconds that the sizes of one profile are scanned.",
    )  # fmt: skip
    jump: float = Field(
        0.25, ge=0.05, le=10, strict=True,
        description="Smallest jump of the latency per element that is told, as 0.25 for 25 %.",
    )  # fmt: skip
