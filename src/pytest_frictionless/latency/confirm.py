"""The second look: only fresh data decide, in A/B with the accepted engine where that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.latency.anchor import SD_FLOOR
from pytest_frictionless.latency.statistics import (
    TRIM_FACTOR,
    chance_above,
    holm,
    squares,
    trimmed_means,
)
from pytest_frictionless.latency.verdict import Ask, Evidence, Need, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_frictionless.latency.anchor import Centre
    from pytest_frictionless.latency.cell import Cell, Pairs, Round

SLOWER, FASTER = 1, -1


@dataclass(slots=True)
class Outcome:
    """What the looks at one family of cells came to."""

    hits: dict[Cell, int] = field(default_factory=dict)
    """Confirmed cells with the direction."""
    change: dict[Cell, float] = field(default_factory=dict)
    p: dict[Cell, float] = field(default_factory=dict)
    count: dict[Cell, int] = field(default_factory=dict)
    """Pairs, or further rounds, that the verdict rests on."""
    spoiled: dict[Cell, str] = field(default_factory=dict)
    """Cells that could not be measured, with the reason."""


Sides = Mapping["Cell", tuple[int, ...]]
"""By cell, whether it is tested for being slower, faster or both."""
Measure = tuple[float, float, bool]
"""Change, chance of one so large, and whether the data would allow a hit at all."""


def by_pairs(
    family: Sides, evidence: Evidence, centres: Mapping[Cell, Centre], rules: Rules
) -> Ask | Outcome:
    """Judge cells by interleaved A/B: offsets of job, chip, driver and an old anchor cancel."""
    usable = {cell: _valid_pairs(evidence.pairs.get(cell)) for cell in family}

    def measure(cells: Sequence[Cell], count: int, side: int) -> list[Measure]:
        new = [[side * c.log_ms for c, _ in usable[cell][0][:count]] for cell in cells]
        old = [[side * b.log_ms for _, b in usable[cell][0][:count]] for cell in cells]
        means = trimmed_means(new + old)
        changes, ts, dfs = [], [], []
        for index, cell in enumerate(cells):
            change = means[index] - means[index + len(cells)]
            fresh = TRIM_FACTOR * (squares(new[index]) + squares(old[index]))
            centre = centres.get(cell)
            known, df = (centre.process_variance, centre.df) if centre else (0.0, 0.0)
            dfs.append(df + 2 * (count - 1))
            variance = (known * df + fresh) / dfs[-1]
            changes.append(change)
            ts.append(change / standard_error(variance, count))
        return [(c, p, True) for c, p in zip(changes, chance_above(ts, dfs), strict=True)]

    progress = {cell: (len(pairs), lost, why) for cell, (pairs, lost, why) in usable.items()}
    sizes = dict.fromkeys((SLOWER, FASTER), 0)
    for sides in family.values():
        for side in sides:
            sizes[side] += 1
    return _looks(family, progress, Need.PAIRS, measure, sizes, rules)


def by_history(
    family: Sides, evidence: Evidence, centres: Mapping[Cell, Centre], common: float,
    judged: int, rules: Rules,
) -> Ask | Outcome:  # fmt: skip
    """Judge cells by more rounds against the anchor: what is left where the engine was not kept."""
    first = {cell: valid(evidence.first[cell]) for cell in family}
    again = {cell: valid(evidence.again.get(cell, ())) for cell in first}

    def distance(cell: Cell, level: float, count: int) -> tuple[float, float]:
        change = level - common - centres[cell].centre
        return change, change / centres[cell].variance(count) ** 0.5

    def measure(cells: Sequence[Cell], count: int, side: int) -> list[Measure]:
        fresh = [[each.log_ms for each in again[cell][:count]] for cell in cells]
        pooled = [
            [each.log_ms for each in first[cell]] + more
            for cell, more in zip(cells, fresh, strict=True)
        ]
        means = trimmed_means(pooled + fresh)
        found, ts = [], []
        for index, cell in enumerate(cells):
            change, t = distance(cell, means[index], len(pooled[index]))
            alone, _ = distance(cell, means[index + len(cells)], count)
            found.append((side * change, side * alone >= rules.floor / 2))
            ts.append(side * t)
        ps = chance_above(ts, [centres[cell].df for cell in cells])
        return [(change, p, bears) for (change, bears), p in zip(found, ps, strict=True)]

    progress = {
        cell: (len(rounds), *_lost(evidence.again.get(cell, ()))) for cell, rounds in again.items()
    }
    sizes = dict.fromkeys((SLOWER, FASTER), judged)
    return _looks(family, progress, Need.AGAIN, measure, sizes, rules)


def standard_error(variance: float, pairs: int) -> float:
    """Of an A/B difference; even many pairs are not believed below half the floor."""
    return float((2 * variance / pairs + (SD_FLOOR / 2) ** 2) ** 0.5)


def valid(rounds: Iterable[Round]) -> list[Round]:
    """The rounds that count."""
    return [each for each in rounds if not each.invalid]


def _looks(
    family: Sides, progress: Mapping[Cell, tuple[int, int, str]], need: Need,
    measure: Callable[[Sequence[Cell], int, int], list[Measure]], sizes: Mapping[int, int],
    rules: Rules,
) -> Ask | Outcome:  # fmt: skip
    """Look after so many pairs or rounds; a look that lacks data asks for them."""
    outcome = Outcome()
    live = list(family)
    for number, count in enumerate(rules.looks, 1):
        ask, live = _missing(live, progress, need, count, number * rules.redo, outcome)
        if ask is not None:
            return ask
        cleared: set[Cell] = set(live)
        for side in (SLOWER, FASTER):
            cells = [cell for cell in live if side in family[cell]]
            found = measure(cells, count, side) if cells else []
            hits = holm(
                [p for _, p, _ in found], rules.alpha / len(rules.looks), sizes.get(side, 0)
            )
            for cell, (change, p, bears), hit in zip(cells, found, hits, strict=True):
                is_first = side == family[cell][0]
                outcome.p[cell] = p if is_first else min(p, outcome.p[cell])
                outcome.change[cell], outcome.count[cell] = side * change, count
                if hit and bears and change >= rules.floor:
                    outcome.hits[cell] = side
                elif change >= rules.floor / 2:
                    cleared.discard(cell)
        live = [cell for cell in live if cell not in cleared and cell not in outcome.hits]
        if not live:
            break
    return outcome


def _missing(
    live: Sequence[Cell], progress: Mapping[Cell, tuple[int, int, str]], need: Need, count: int,
    redo: int, outcome: Outcome,
) -> tuple[Ask | None, list[Cell]]:  # fmt: skip
    """What this look still lacks, and the cells that can be measured at all."""
    lacking: dict[Cell, int] = {}
    able = []
    for cell in live:
        have, lost, why = progress[cell]
        if have < count and lost > redo:
            outcome.spoiled[cell] = why
            continue
        able.append(cell)
        if have < count:
            lacking[cell] = count - have
    return most_lacking(need, lacking), able


def most_lacking(need: Need, lacking: Mapping[Cell, int]) -> Ask | None:
    """Ask for what most cells lack first: a process measures one round of each of them."""
    if not lacking:
        return None
    count = max(lacking.values())
    cells = tuple(cell for cell, missing in lacking.items() if missing == count)
    return Ask(need=need, cells=cells, count=count)


def _valid_pairs(pairs: Pairs | None) -> tuple[list[tuple[Round, Round]], int, str]:
    """Pairs with two valid rounds, how many had none, and why."""
    if pairs is None:
        return [], 0, ""
    both = list(zip(pairs.candidate, pairs.baseline, strict=False))
    good = [(a, b) for a, b in both if not a.invalid and not b.invalid]
    why = next((a.invalid or b.invalid for a, b in reversed(both) if a.invalid or b.invalid), "")
    return good, len(both) - len(good), why


def _lost(rounds: Sequence[Round]) -> tuple[int, str]:
    lost = [each.invalid for each in rounds if each.invalid]
    return len(lost), lost[-1] if lost else ""
