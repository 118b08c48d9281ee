"""The sizes that a profile is scanned along: one symbol at a time, then all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.shapes import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points from one corner of a profile to another, numbered from 0 to `last`."""

    symbols: tuple[str, ...]
    """Those that grow along the line."""
    start: Mapping[str, int]
    """Size of every symbol of the profile at point 0."""
    end: Mapping[str, int]
    opt: int
    """The point nearest to opt."""

    @property
    def last(self) -> int:
        """Number of the last point: neighbours differ by 1 in the longest range."""
        return max(self.end[each] - self.start[each] for each in self.symbols)

    def sizes(self, point: int) -> dict[str, int]:
        """Size of every symbol at a point."""
        return {
            symbol: low + round((self.end[symbol] - low) * point / self.last)
            for symbol, low in self.start.items()
        }

    def elements(self, point: int) -> int:
        """What latency is divided by: the product of the sizes that grow, an empty one counted as 1."""
        sizes = self.sizes(point)
        return math.prod(max(sizes[symbol], 1) for symbol in self.symbols)

    def rounded_up(self, point: int, multiple: int) -> int | None:
        """The first point above whose size is such a multiple, where one symbol grows and there is one."""
        if len(self.symbols) > 1:
            return None
        low = self.start[self.symbols[0]]
        found = -(-(low + point + 1) // multiple) * multiple - low
        return found if found <= self.last else None

    def roundest(self, first: int, last: int) -> int | None:
        """The point from `first` to `last` whose size is a multiple of the largest power of two.

        None where several symbols grow.
        """
        if len(self.symbols) > 1:
            return None
        low = self.start[self.symbols[0]]
        multiple = 1 << (low + last).bit_length()
        while (low + last) // multiple * multiple < low + first:
            multiple >>= 1
        return (low + last) // multiple * multiple - low

    def __str__(self) -> str:
        return " and ".join(self.symbols)


def lines_of(profile: Profile) -> list[Line]:
    """One line for each symbol with a range, the others at opt; then the diagonal of all of these."""
    opt = profile.at("opt").sizes
    spans = {symbol: span for symbol, span in profile.ranges.items() if span.min < span.max}
    lines = [
        Line(
            symbols=(symbol,), start={**opt, symbol: span.min}, end={**opt, symbol: span.max},
            opt=span.opt - span.min,
        )
        for symbol, span in spans.items()
    ]  # fmt: skip
    if len(spans) > 1:
        longest = max(spans.values(), key=lambda span: span.max - span.min)
        diagonal = Line(
            symbols=tuple(spans), start=profile.at("min").sizes, end=profile.at("max").sizes,
            opt=longest.opt - longest.min,
        )  # fmt: skip
        lines.append(diagonal)
    return lines
