"""From distances and confirmations to one verdict a cell."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.latency.confirm import FASTER, SLOWER, standard_error, valid
from pytest_frictionless.latency.statistics import TRIM_FACTOR, clusters, squares, trimmed_means
from pytest_frictionless.latency.verdict import ENGINE_GONE, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pytest_frictionless.latency.anchor import Anchor, Centre
    from pytest_frictionless.latency.cell import Built, Cell
    from pytest_frictionless.latency.confirm import Outcome
    from pytest_frictionless.latency.first import FirstPass
    from pytest_frictionless.latency.verdict import Evidence, Rules


def answers(
    cells: Sequence[Cell], anchor: Anchor, evidence: Evidence, seen: FirstPass, outcome: Outcome,
    *, forced: Mapping[Cell, str], comparable: Collection[Cell],
    expired: Collection[Cell], judged: Collection[Cell], rules: Rules,
) -> tuple[Result, ...]:  # fmt: skip
    """The verdict of each cell, in order."""
    writer = _Writer(
        anchor=anchor, evidence=evidence, seen=seen, outcome=outcome, forced=forced,
        comparable=comparable, expired=expired, judged=judged, rules=rules,
    )  # fmt: skip
    return tuple(writer.result(cell) for cell in cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """What all verdicts of one decision are made of."""

    anchor: Anchor
    evidence: Evidence
    seen: FirstPass
    outcome: Outcome
    forced: Mapping[Cell, str]
    comparable: Collection[Cell]
    expired: Collection[Cell]
    judged: Collection[Cell]
    rules: Rules

    def result(self, cell: Cell) -> Result:
        """The verdict of one cell with what it rests on."""
        centre = self.anchor.centres.get(cell)
        verdict, fails, reason = self._verdict(cell, centre)
        rounds = len(valid(self.evidence.first.get(cell, ())))
        count = self.outcome.count.get(cell)
        kind = "pairs of A/B" if cell in self.comparable else "more rounds"
        change = self.outcome.change.get(cell)
        if change is None and cell in self.seen.away:
            whole = verdict is Verdict.IMPROVED  # as all cells are: nothing of it is taken out
            change = self.seen.away[cell] if whole else self.seen.apart(cell)
        return Result(
            cell=cell, verdict=verdict, fails=fails, centre=centre, change=change,
            now_ms=math.exp(self.seen.levels[cell]) if cell in self.seen.levels else None,
            by=f"{count} {kind}" if count else f"{rounds} rounds", p=self.outcome.p.get(cell),
            detectable=self._detectable(cell, centre), reason=reason,
            notes=tuple(self._notes(cell, centre)),
        )  # fmt: skip

    def _verdict(self, cell: Cell, centre: Centre | None) -> tuple[Verdict, bool, str]:
        rules = self.rules
        if cell in self.outcome.spoiled:
            return Verdict.INVALID, True, self.outcome.spoiled[cell]
        if cell not in self.comparable and cell not in self.judged:
            if cell in self.expired and centre and centre.source.expires:
                reason = f"accepted for the time until {centre.source.expires}"
                return Verdict.EXPIRED, rules.require, reason
            jobs = f"only {centre.jobs} accepted jobs, and the engine is gone" if centre else ""
            return Verdict.NO_BASELINE, rules.require, jobs
        side = self.outcome.hits.get(cell)
        if side == FASTER:
            return Verdict.IMPROVED, False, ""
        if side == SLOWER:
            return self._slower(cell, centre)
        if self.seen.shifted and self.seen.away.get(cell, 0.0) >= rules.suspect_effect:
            return self._shifted(cell, SLOWER)
        if self.seen.quickened and self.seen.away.get(cell, 0.0) <= -rules.floor:
            return self._shifted(cell, FASTER)
        detectable = self._detectable(cell, centre)
        if detectable is not None and detectable > rules.effect:
            reason = f"a change below {math.expm1(detectable):.1%} may stay unseen"
            return Verdict.NOISY, rules.noisy_fails, reason
        return Verdict.PASS, False, ""

    def _slower(self, cell: Cell, centre: Centre | None) -> tuple[Verdict, bool, str]:
        changed = changed_layers(centre.source.built, self._built(cell)) if centre else ()
        layers = f"other kernels: {'; '.join(changed[:3])}" if changed else ""
        together = self.seen.shifted and self.seen.apart(cell) < self.rules.suspect_effect
        if together:
            return (
                Verdict.COMMON_SHIFT,
                True,
                layers or "the accepted engine is faster here and now",
            )
        old, new = centre.source.built if centre else None, self._built(cell)
        if changed and old and new and old.network_sha256 == new.network_sha256 != "":
            return Verdict.TACTIC_CHANGED, self.rules.tactics_fail, layers
        return Verdict.REGRESSION, True, layers

    def _shifted(self, cell: Cell, side: int) -> tuple[Verdict, bool, str]:
        """All cells moved and this one was not confirmed by itself; what is faster never fails."""
        tested = [other for other in self.outcome.count if other.model == cell.model]
        moved = next((other for other in tested if self.outcome.hits.get(other) == side), None)
        is_slower = side == SLOWER
        if moved is not None:
            verdict = Verdict.COMMON_SHIFT if is_slower else Verdict.IMPROVED
            return verdict, is_slower, f"confirmed by A/B of {moved.name}"
        if any(other in self.comparable for other in tested):
            word = "slow" if is_slower else "fast"
            return (
                Verdict.COMMON_SHIFT,
                False,
                f"the accepted engine is as {word}: it is the machine",
            )
        return Verdict.COMMON_SHIFT, is_slower, ENGINE_GONE

    def _detectable(self, cell: Cell, centre: Centre | None) -> float | None:
        rules = self.rules
        if cell not in self.comparable:
            if centre is None:
                return None
            return float(rules.noisy_at * centre.variance(rules.rounds + rules.looks[-1]) ** 0.5)
        if centre is not None:
            variance = centre.process_variance
        else:
            logs = [each.log_ms for each in valid(self.evidence.first.get(cell, ()))]
            if len(logs) < 2:
                return None
            variance = TRIM_FACTOR * squares(logs) / (len(logs) - 1)
        return rules.noisy_at * standard_error(variance, rules.looks[-1])

    def _notes(self, cell: Cell, centre: Centre | None) -> list[str]:
        rounds = self.evidence.first.get(cell, ())
        notes = [self.forced[cell]] if cell in self.forced else []
        built = self._built(cell)
        same = bool(centre and built and built.plan_sha256 == centre.source.built.plan_sha256 != "")
        if same and cell in self.outcome.hits:
            notes.append("the engine is the accepted one, byte for byte: what else changed?")
        if cell in self.expired and cell in self.comparable:
            notes.append("the anchor has expired: judged by A/B alone")
        lost = [each.invalid for each in rounds if each.invalid]
        if lost and cell not in self.outcome.spoiled:
            notes.append(f"{len(lost)} rounds were measured again: {lost[-1]}")
        groups = clusters([each.log_ms for each in valid(rounds)])
        if groups:
            low, high = (math.exp(mean) for mean in trimmed_means(groups))
            notes.append(
                f"two modes: {low:.4g} ms, and {high:.4g} ms in {len(groups[1])} of "
                f"{len(groups[0]) + len(groups[1])} processes"
            )
        return notes

    def _built(self, cell: Cell) -> Built | None:
        return self.evidence.built.get(cell)


def changed_layers(old: Built | None, new: Built | None) -> tuple[str, ...]:
    """Layers that run other kernels than before, where both lists are known."""
    if old is None or new is None or not old.tactics or not new.tactics:
        return ()
    lines = difflib.unified_diff(old.tactics, new.tactics, n=0, lineterm="")
    return tuple(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))
