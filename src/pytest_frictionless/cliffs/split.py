"""Where a profile could be split in two, and at which sizes two profiles are compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.cliffs.record import CurveRecord

WIDE = 4
"""A range whose max is this many times its min may want two profiles, jump or not."""


def place_to_split(profile: Profile, lines: Sequence[CurveRecord]) -> tuple[str, int] | None:
    """A symbol and the largest size of the smaller half; None where there is no reason to split.

    That is below the largest jump of a symbol, else in the (geometric) middle of the widest range.
    """
    jumps = [
        (line["jumps"][0]["change"], line["symbols"][0], line["jumps"][0]["below"])
        for line in lines
        if line["jumps"] and len(line["symbols"]) == 1
    ]
    if jumps:
        _, symbol, below = max(jumps, key=lambda each: each[0])
        return symbol, below[symbol]
    widths = {s: span.max / max(span.min, 1) for s, span in profile.ranges.items()}
    widest = max(widths, key=lambda symbol: widths[symbol], default="")
    if not widest or widths[widest] < WIDE:
        return None
    return widest, _middle(profile.ranges[widest])


def _middle(span: Range) -> int:
    return max(span.min, min(round(math.sqrt(max(span.min, 1) * span.max)), span.max - 1))


def split(profile: Profile, symbol: str, size: int) -> tuple[Profile, Profile]:
    """Two profiles: up to this size of the symbol, and above it."""
    span = profile.ranges[symbol]
    small = Range(span.min, min(span.opt, size), size)
    large = Range(size + 1, max(span.opt, size + 1), span.max)
    return (
        Profile(f"{profile.name}_small", {**profile.ranges, symbol: small}),
        Profile(f"{profile.name}_large", {**profile.ranges, symbol: large}),
    )


def shared(one: Profile, other: Profile) -> list[dict[str, int]]:
    """Sizes that both profiles take: smallest, middle and largest; none where they share none."""
    spans = {}
    for symbol, span in one.ranges.items():
        low = max(span.min, other.ranges[symbol].min)
        high = min(span.max, other.ranges[symbol].max)
        if low > high:
            return []
        spans[symbol] = Range(low, low, high)
    return across(spans)


def across(spans: Mapping[str, Range]) -> list[dict[str, int]]:
    """Smallest, middle and largest sizes of these ranges, each once."""
    points = [
        {symbol: span.min for symbol, span in spans.items()},
        {symbol: span.min if span.min == span.max else _middle(span) for symbol, span in spans.items()},
        {symbol: span.max for symbol, span in spans.items()},
    ]  # fmt: skip
    return [point for index, point in enumerate(points) if point not in points[:index]]
