"""`budget` of a model: what it may cost on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from pytest_frictionless.settings.section import Section, nearest, refuse
from pytest_frictionless.settings.values import Whole
from pytest_frictionless.shapes import POINTS

if TYPE_CHECKING:
    from collections.abc import Collection


class PointBudget(Section):
    """What one shape point may cost."""

    latency_ms: float | None = Field(
        None, gt=0, description="Most milliseconds of the median inference (p50)."
    )
    p99_ms: float | None = Field(
        None, gt=0, description="Most milliseconds of all but one inference in a hundred (p99)."
    )
    throughput: float | None = Field(
        None, gt=0, description="Fewest inferences in a second, one after another."
    )


class Budget(Section):
    """What a model may cost on the GPU."""

    memory_mib: Whole | None = Field(
        None, gt=0, description="Most device memory in MiB: weights and the largest workspace."
    )
    points: dict[str, PointBudget] = Field(
        {}, description="By profile and point, as online-opt: what one inference may take."
    )

    @field_validator("points", mode="before")
    @classmethod
    def _end_in_a_point(cls, points: Any) -> Any:
        if isinstance(points, dict):
            refuse(
                ((name,), f"{name!r} is no <profile>-<point>: a point is {', '.join(POINTS)}")
                for name in points
                if str(name).rpartition("-")[2] not in POINTS
            )
        return points

    def unknown_points(self, profiles: Collection[str]) -> list[tuple[str, str]]:
        """Points whose profile there is none of, each with a hint."""
        return [
            (name, nearest(name.rpartition("-")[0], profiles))
            for name in self.points
            if name.rpartition("-")[0] not in profiles
        ]
