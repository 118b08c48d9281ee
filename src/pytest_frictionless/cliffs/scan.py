"""Which sizes to measure next, until every jump between neighbours is found or the time is up.

Between two sizes whose latencies differ by less than the smallest jump, none can hide unless the
curve comes back down: so gaps that differ by more are halved until they differ by less, or until
nothing is left between them. What comes and goes inside a gap is missed: gaps wider than a factor
of two are narrowed too, at the roundest size in their middle and at the one after it, because
kernels are made for round sizes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.cliffs.curve import REPEATS, Curve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_frictionless.cliffs.line import Line

WIDE = 2.0
"""Neighbours whose elements differ by more than this factor leave too much unseen."""
FEW = 16
"""Lines of no more points than this are measured at all of them."""
MULTIPLES = (8, 32, 128)
"""Sizes that kernels are made for: tried above a jump, where latency may come back down."""
MOST = 96
"""Measurements along one line, whatever the time: a curve that goes up and down at every size ends."""
MOST_FAILED = 6
"""Sizes at which the engine does not run, after which the scan of a line ends."""


def scan(
    line: Line, measure: Callable[[Mapping[str, int]], float | None], *,
    jump: float, time_left: Callable[[], float],
) -> Curve:  # fmt: skip
    """Measure along a line; the ends and opt are measured even where there is no time.

    Args:
        line: The sizes.
        measure: Milliseconds of an inference at these sizes; None where the engine does not run.
        jump: The smallest jump that counts: 0.25 for 25 %.
        time_left: Seconds until the scan has to end.
    """
    curve = Curve(line, jump)
    for point in dict.fromkeys((0, line.opt, line.last)):
        curve.add(point, measure(line.sizes(point)))
    while time_left() > 0 and _is_worth_it(curve) and (points := next_points(curve)):
        for point in points:
            curve.add(point, measure(line.sizes(point)))
    return curve


def _is_worth_it(curve: Curve) -> bool:
    spent = sum(map(len, curve.samples.values())) + len(curve.failed)
    return spent < MOST and len(curve.failed) < MOST_FAILED


def next_points(curve: Curve) -> list[int]:
    """What to measure next; empty where there is nothing left to learn."""
    return (
        _of_wide_gap(curve)
        or _of_short_line(curve)
        or _of_unsure_step(curve)
        or _above_a_jump(curve)
        or _of_gap(curve)
    )


def _of_wide_gap(curve: Curve) -> list[int]:
    elements = curve.line.elements
    gaps = [(elements(b) / elements(a), a, b) for a, b in curve.gaps()]
    width, a, b = max(gaps, default=(0.0, 0, 0))
    if width <= WIDE:
        return []
    round_ = curve.line.roundest(a + (b - a) // 4, b - (b - a) // 4)
    tried = {*curve.samples, *curve.failed}
    both = [] if round_ is None else [round_, round_ + 1]
    return [p for p in both if a < p < b and p not in tried] or [_middle(curve, a, b)]


def _of_short_line(curve: Curve) -> list[int]:
    """Every point where there are few."""
    gaps = curve.gaps() if curve.line.last < FEW else []
    return [_middle(curve, *gaps[0])] if gaps else []


def _middle(curve: Curve, below: int, above: int) -> int:
    """The untried point nearest to the middle."""
    middle = (below + above) // 2
    untried = (p for p in range(below + 1, above) if p not in curve.failed)
    return min(untried, key=lambda p: abs(p - middle))


def _of_unsure_step(curve: Curve) -> list[int]:
    """Both sizes of a jump or dip again, in turns, until it is sure or gone."""
    for a, b in curve.odd():
        if min(len(curve.samples[a]), len(curve.samples[b])) < REPEATS:
            return [a, b]
    return []


def _above_a_jump(curve: Curve) -> list[int]:
    for jump in curve.jumps():
        for multiple in MULTIPLES:
            point = curve.line.rounded_up(jump.above, multiple)
            if point is not None and point not in {*curve.samples, *curve.failed}:
                return [point]
    return []


def _of_gap(curve: Curve) -> list[int]:
    """The middle of the gap across which latency changes most, where a jump could hide in it."""
    gaps = [(abs(curve.growth(a, b)), a, b) for a, b in curve.gaps()]
    change, a, b = max(gaps, default=(0.0, 0, 0))
    return [_middle(curve, a, b)] if change > curve.least else []
