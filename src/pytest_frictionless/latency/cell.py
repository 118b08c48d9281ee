"""What is measured: a cell is one model at one shape point, a round one fresh process's view of it."""

from __future__ import annotations

import math
from collections.abc import Mapping  # noqa: TC003  pydantic reads the annotations
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

if TYPE_CHECKING:
    from pytest_frictionless.shapes import ShapePoint

POWER_CAP = "power cap"
"""The one reason for lower clocks that is normal for large matrix products."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """One latency that is tracked: equal sizes and equal ways of launching are one cell."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    model: str
    profile: str
    point: str
    sizes: tuple[tuple[str, int], ...] = ()
    """Symbols with their concrete sizes."""
    graph: bool = True
    """Whether the launches were captured as a CUDA graph."""
    streams: int = 1

    @classmethod
    def at(
        cls, model: str, profile: str, point: ShapePoint, *, graph: bool = True, streams: int = 1
    ) -> Cell:
        """The cell of a shape point."""
        sizes = tuple(sorted(point.sizes.items()))
        return cls(
            model=model,
            profile=profile,
            point=point.name,
            sizes=sizes,
            graph=graph,
            streams=streams,
        )

    @property
    def name(self) -> str:
        """As `resnet50/online-opt`: what `--cells` patterns are matched with."""
        return f"{self.model}/{self.profile}-{self.point}"

    def __str__(self) -> str:
        sizes = ", ".join(f"{symbol}={size}" for symbol, size in self.sizes)
        how = [] if self.graph else ["no graph"]
        how += [f"{self.streams} streams"] if self.streams > 1 else []
        rest = ", ".join([sizes, *how]).strip(", ")
        return f"{self.name} ({rest})" if rest else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one fresh process measured of one cell."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    median_ms: float
    samples: int = 0
    """Launches that the median is taken of."""
    invalid: str = ""
    """Why this round does not count, as `hw_thermal` or `shared with process 4711`; empty: it does."""
    p25_ms: float | None = None
    p75_ms: float | None = None
    sm_mhz: float | None = None
    """Median SM clock while it was timed."""
    throttled: Mapping[str, float] = field(default_factory=dict)
    """Share of the timed window, by reason for lower clocks."""

    def __post_init__(self) -> None:
        if not self.invalid and not (math.isfinite(self.median_ms) and self.median_ms > 0):
            raise ValueError(
                f"{self.median_ms} ms is no latency: give the round a reason as invalid"
            )

    @property
    def log_ms(self) -> float:
        """Logarithm of the median: on it 0.01 is 1 %."""
        return math.log(self.median_ms)

    @property
    def power_cap(self) -> float:
        """Share of the timed window in which the power limit held the clock down."""
        return self.throttled.get(POWER_CAP, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The engine that a cell was measured on."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    plan_sha256: str = ""
    network_sha256: str = ""
    """Digest of what was built: the ONNX file, the profiles, the builder's settings."""
    tactics: tuple[str, ...] = ()
    """Layers with their kernels, as the engine inspector lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rounds of candidate and baseline engine, measured in turns in the same job."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    candidate: tuple[Round, ...] = ()
    baseline: tuple[Round, ...] = ()

    def joined(self, more: Pairs) -> Pairs:
        """These and then those."""
        return Pairs(
            candidate=(*self.candidate, *more.candidate), baseline=(*self.baseline, *more.baseline)
        )
