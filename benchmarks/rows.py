"""Rows of figures against their targets, and how they are printed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processes import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    ours: str
    theirs: str
    figure: str
    """What is held against the target."""
    target: str
    met: bool
    remark: str = ""


def best(costs: Sequence[Cost]) -> float:
    """The fastest run: what the work takes, with the least of what others did meanwhile."""
    return min(each.wall_s for each in costs)


def seconds(costs: Sequence[Cost]) -> str:
    """Fastest run and median."""
    middle = statistics.median(each.wall_s for each in costs)
    return f"{best(costs):.2f} s ({middle:.2f})"


def show(rows: Sequence[Row]) -> None:
    """Print the rows as a Markdown table, which README.md can hold as it is."""
    head = ("what", "pytest --frictionless", "against", "figure", "target", "met", "remark")
    lines: list[tuple[str, ...]] = [head]
    lines += [
        (r.name, r.ours, r.theirs, r.figure, r.target, "yes" if r.met else "NO", r.remark)
        for r in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(f"| {' | '.join(cells)} |")
