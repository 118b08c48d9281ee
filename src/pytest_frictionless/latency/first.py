"""The first pass: how far each cell is from its anchor, and which cells deserve a closer look."""

from __future__ import annotations

import statistics as plain
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.latency.anchor import ENOUGH_CELLS
from pytest_frictionless.latency.statistics import chance_above, trimmed_means

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.latency.anchor import Anchor, Centre
    from pytest_frictionless.latency.cell import Cell, Round
    from pytest_frictionless.latency.verdict import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPass:
    """Distances from the anchor, as logarithms."""

    levels: Mapping[Cell, float]
    """Trimmed mean of the rounds, of every valid cell."""
    away: Mapping[Cell, float]
    """From the centre, with what all cells have in common."""
    common: float | None
    """None for too few cells to tell."""
    limit: float
    """A common mode above this is a shift."""

    @property
    def shifted(self) -> bool:
        """Whether all cells are slower together."""
        return self.common is not None and self.common > self.limit

    @property
    def quickened(self) -> bool:
        """Whether all cells are faster together."""
        return self.common is not None and self.common < -self.limit

    def apart(self, cell: Cell) -> float:
        """Distance from the centre, without what all cells have in common."""
        return self.away[cell] - (self.common or 0.0)


def look(
    rounds: Mapping[Cell, Sequence[Round]], centres: Mapping[Cell, Centre], anchor: Anchor, rules: Rules
) -> FirstPass:  # fmt: skip
    """Compare the valid rounds with the centres of those cells that history may judge."""
    cells = list(rounds)
    means = trimmed_means([[each.log_ms for each in rounds[cell]] for cell in cells])
    levels = dict(zip(cells, means, strict=True))
    away = {cell: levels[cell] - centres[cell].centre for cell in cells if cell in centres}
    common = plain.median(away.values()) if len(away) >= ENOUGH_CELLS else None
    limit = max(rules.common_effect, rules.common_sds * anchor.common_variance**0.5)
    return FirstPass(levels=levels, away=away, common=common, limit=limit)


def chances(
    seen: FirstPass, rounds: Mapping[Cell, int], centres: Mapping[Cell, Centre], anchor: Anchor
) -> dict[Cell, tuple[float, float]]:
    """By cell, how likely it is by chance alone to be so slow, and so fast."""
    cells = list(seen.away)
    extra = anchor.common_variance if seen.common is None else 0.0
    scale = [(centres[cell].variance(rounds[cell]) + extra) ** 0.5 for cell in cells]
    ts = [seen.apart(cell) / sd for cell, sd in zip(cells, scale, strict=True)]
    slow = chance_above(ts, [centres[cell].df for cell in cells])
    return {cell: (p, 1 - p) for cell, p in zip(cells, slow, strict=True)}


def moved_models(
    seen: FirstPass, rounds: Mapping[Cell, int], centres: Mapping[Cell, Centre], anchor: Anchor,
    rules: Rules,
) -> dict[str, Cell]:  # fmt: skip
    """Models whose cells moved together, each with the cell that shows it best.

    The common mode hides a change that most cells share, and a change of a model's code is shared
    by all of its cells. One cell of it in A/B tells such a change from a hotter machine.
    """
    if seen.common is None:
        return {}
    found = {}
    for model, cells in _by_model(seen).items():
        shift = plain.median(seen.away[cell] for cell in cells)
        own = plain.fmean(centres[cell].variance(rounds[cell]) for cell in cells) / len(cells)
        t = shift / (own + anchor.common_variance) ** 0.5
        unusual = chance_above([t], [max(anchor.common_jobs - 1, 1)])[0] < rules.suspect_p
        if shift > rules.suspect_effect and (unusual or seen.shifted):
            found[model] = _clearest(cells, seen, rounds, centres)[-1]
    return found


def quicker_models(
    seen: FirstPass, rounds: Mapping[Cell, int], centres: Mapping[Cell, Centre], rules: Rules
) -> dict[str, Cell]:
    """Models that are faster in a job where all cells are, each with the cell that shows it best."""
    if not seen.quickened:
        return {}
    return {
        model: _clearest(cells, seen, rounds, centres)[0]
        for model, cells in _by_model(seen).items()
        if plain.median(seen.away[cell] for cell in cells) <= -rules.floor
    }


def _by_model(seen: FirstPass) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in seen.away:
        found[cell.model].append(cell)
    return found


def _clearest(
    cells: Sequence[Cell], seen: FirstPass, rounds: Mapping[Cell, int],
    centres: Mapping[Cell, Centre],
) -> list[Cell]:  # fmt: skip
    """From the one that is faster most clearly to the one that is slower most clearly."""
    return sorted(cells, key=lambda c: seen.away[c] / centres[c].variance(rounds[c]) ** 0.5)


def runs_differently(centre: Centre, rounds: Sequence[Round], rules: Rules) -> str:
    """How clock or power differ from the accepted rounds, where they differ; empty else."""
    mhz = [each.sm_mhz for each in rounds if each.sm_mhz]
    accepted = centre.source.sm_mhz
    if mhz and accepted and abs(plain.median(mhz) / accepted - 1) > rules.clock_change:
        return f"SM clock {plain.median(mhz):.0f} MHz, accepted at {accepted:.0f} MHz"
    capped = plain.fmean(each.power_cap for each in rounds)
    if abs(capped - centre.source.power_cap) > rules.power_cap_change:
        return (
            f"at the power limit for {capped:.0%} of the time, accepted at "
            f"{centre.source.power_cap:.0%}"
        )
    return ""
