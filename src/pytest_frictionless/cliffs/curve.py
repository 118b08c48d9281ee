"""Latencies along a line, and what is odd about them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_frictionless.cliffs.line import Line

REPEATS = 5
"""Measurements of both sizes that a jump is believed after."""
BACK = 0.05
"""Latency per element is back where it is this near to what it was before a jump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Two neighbours, of which the larger takes more than its size explains."""

    below: int
    above: int
    change: float
    """How much more, beyond what was to be expected: 0.4 for +40 %."""
    back: int | None
    """The first point above from which latency per element is what it was below; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dip:
    """Two neighbours, of which the larger takes less time."""

    first: int
    """The smallest point from which on all that was measured is slower than `faster`."""
    slower: int
    faster: int
    change: float
    """What padding `slower` to `faster` changes: -0.22 for -22 %."""


@dataclass(slots=True)
class Curve:
    """What was measured along a line, and where."""

    line: Line
    jump: float
    """The smallest jump that counts: 0.25 for 25 %."""
    samples: dict[int, list[float]] = field(default_factory=dict)
    """Milliseconds by point, one for each time it was measured."""
    failed: list[int] = field(default_factory=list)
    """Points at which the engine does not run."""

    def add(self, point: int, ms: float | None) -> None:
        """Keep one measurement; None where the engine does not run."""
        if ms is None:
            self.failed.append(point)
        else:
            self.samples.setdefault(point, []).append(ms)

    @property
    def points(self) -> list[int]:
        """Points with a latency, in order."""
        return sorted(self.samples)

    def ms(self, point: int) -> float:
        """Median of what was measured at a point."""
        return statistics.median(self.samples[point])

    def per_element(self, point: int) -> float:
        """Milliseconds of one element."""
        return self.ms(point) / self.line.elements(point)

    def growth(self, below: int, above: int) -> float:
        """Logarithm of the ratio of two latencies."""
        return math.log(self.ms(above) / self.ms(below))

    def gaps(self) -> list[tuple[int, int]]:
        """Neighbours that were measured with untried points between them."""
        return [(a, b) for a, b in pairwise(self.points) if self.untried(a, b)]

    def untried(self, below: int, above: int) -> int:
        """How many points between two were not tried."""
        return above - below - 1 - sum(below < each < above for each in self.failed)

    @property
    def least(self) -> float:
        """The smallest jump that counts, as a logarithm."""
        return math.log1p(self.jump)

    def excess(self, below: int, above: int) -> float:
        """Growth between two neighbours beyond what size and the trend beside them explain.

        In proportion to the elements is expected, and as steeply as the curve goes on both sides: a
        smooth curve of any power has none.
        """
        wider = math.log(self.line.elements(above) / self.line.elements(below))
        beside = [self._slope(*pair) for pair in self._beside(below, above)]
        return self.growth(below, above) - wider * max(1.0, min(beside, default=1.0))

    def _beside(self, below: int, above: int) -> list[tuple[int, int]]:
        steps = list(pairwise(self.points))
        at = steps.index((below, above))
        return [*steps[max(at - 1, 0) : at], *steps[at + 1 : at + 2]]

    def _slope(self, below: int, above: int) -> float:
        wider = math.log(self.line.elements(above) / self.line.elements(below))
        return self.growth(below, above) / wider if wider > 0 else 1.0

    def odd(self) -> list[tuple[int, int]]:
        """Neighbours with nothing between them that are a jump or a dip by what is known so far."""
        return [
            (a, b)
            for a, b in pairwise(self.points)
            if not self.untried(a, b)
            and (self.excess(a, b) > self.least or self.growth(a, b) < -self.least)
        ]

    def _sure(self, below: int, above: int) -> bool:
        """Whether both were measured often enough, and all of it agrees on half the smallest jump."""
        a, b = self.samples[below], self.samples[above]
        if min(len(a), len(b)) < REPEATS:
            return False
        rises = self.growth(below, above) > 0
        least = math.log(min(b) / max(a)) if rises else math.log(min(a) / max(b))
        expected = self.growth(below, above) - self.excess(below, above) if rises else 0.0
        return least - expected > self.least / 2

    def jumps(self) -> list[Jump]:
        """Every jump that is sure, the largest first."""
        found = [
            Jump(below=a, above=b, change=math.expm1(self.excess(a, b)), back=self._back(a, b))
            for a, b in self.odd()
            if self.growth(a, b) > 0 and self._sure(a, b)
        ]
        return sorted(found, key=lambda jump: -jump.change)

    def _back(self, below: int, above: int) -> int | None:
        most = self.per_element(below) * (1 + BACK)
        return next((p for p in self.points if p > above and self.per_element(p) <= most), None)

    def dips(self) -> list[Dip]:
        """Every dip that is sure, the largest first."""
        found = [
            Dip(first=self._first(a, b), slower=a, faster=b, change=math.expm1(self.growth(a, b)))
            for a, b in self.odd()
            if self.growth(a, b) < 0 and self._sure(a, b)
        ]
        return sorted(found, key=lambda dip: dip.change)

    def _first(self, slower: int, faster: int) -> int:
        first = slower
        for point in reversed([each for each in self.points if each < slower]):
            if self.growth(faster, point) <= self.least:
                break
            first = point
        return first

    def hidden(self) -> list[tuple[int, int]]:
        """Gaps that hide a jump or a dip: the latency of an element rises, or latency falls, across."""
        return [
            (a, b)
            for a, b in self.gaps()
            if math.log(self.per_element(b) / self.per_element(a)) > self.least
            or self.growth(a, b) < -self.least
        ]
