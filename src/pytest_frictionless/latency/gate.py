"""The gate: given what was measured, a verdict for every cell, or what to measure next.

`decide` is a function of the evidence alone, so whoever has a GPU calls it in a loop, and whoever
has the recorded evidence gets the same verdicts again. The procedure:

1. A first pass of fresh processes is compared with the anchor, without what all cells have in
   common. Unusual cells are suspects; no more than that.
2. Suspects are measured again, in turns with the accepted engine. Holm's correction over the
   suspects holds the chance of a false alarm in the whole run, at two looks, and an effect below
   half of what is to be caught never fails.
3. Where one cell of a model is confirmed and the model moved as a whole, its other cells follow.
   Where all cells of the job moved, one cell of each model tells the engines from the machine.

Where the accepted engine is gone, more rounds are judged by the anchor, corrected over all cells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.latency import first
from pytest_frictionless.latency.answer import answers
from pytest_frictionless.latency.confirm import (
    FASTER,
    SLOWER,
    Outcome,
    by_history,
    by_pairs,
    most_lacking,
    valid,
)
from pytest_frictionless.latency.first import FirstPass, chances, moved_models, quicker_models
from pytest_frictionless.latency.verdict import Ask, Evidence, Need, Report, Rules

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_frictionless.latency.anchor import Anchor, Centre
    from pytest_frictionless.latency.cell import Cell, Round


def decide(
    cells: Sequence[Cell], anchor: Anchor, evidence: Evidence, *, comparable: Collection[Cell] = (),
    today: datetime.date | None = None, rules: Rules | None = None,
) -> Ask | Report:  # fmt: skip
    """Judge by what there is, or say what is missing.

    Args:
        cells: What is to be judged.
        anchor: The accepted cells of this environment.
        evidence: What this job measured so far.
        comparable: Cells whose accepted engine (or the base branch's) is kept and runs here.
        today: For the expiry of anchors; without it none expires.
        rules: The numbers to decide by.
    """
    return _Decision(cells, anchor, evidence, comparable, today, rules or Rules()).answer()


def judge(
    cells: Sequence[Cell], anchor: Anchor, measure: Callable[[Ask, Evidence], Evidence], *,
    evidence: Evidence | None = None, comparable: Collection[Cell] = (),
    today: datetime.date | None = None, rules: Rules | None = None,
) -> tuple[Report, Evidence]:  # fmt: skip
    """Measure and decide until there is a verdict; `measure` gives the evidence with more in it."""
    evidence = evidence or Evidence()
    while True:
        answer = decide(
            cells, anchor, evidence, comparable=comparable, today=today, rules=rules
        )  # fmt: skip
        if isinstance(answer, Report):
            return answer, evidence
        more = measure(answer, evidence)
        if more == evidence:
            raise ValueError(f"asked for {answer.count} {answer.need} and nothing was measured")
        evidence = more


class _Decision:
    """One reading of the evidence."""

    def __init__(
        self, cells: Sequence[Cell], anchor: Anchor, evidence: Evidence,
        comparable: Collection[Cell], today: datetime.date | None, rules: Rules,
    ) -> None:  # fmt: skip
        self.cells = cells
        self.anchor = anchor
        self.evidence = evidence
        self.rules = rules
        self.comparable = set(cells) & set(comparable)
        self.expired = {
            cell for cell in cells
            if today and cell in anchor.centres
            and anchor.centres[cell].source.is_expired(today)
        }  # fmt: skip
        self.centres: Mapping[Cell, Centre] = {
            cell: anchor.centres[cell] for cell in cells
            if cell in anchor.centres and cell not in self.expired
            and (anchor.centres[cell].jobs >= rules.history_jobs or cell in self.comparable)
        }  # fmt: skip

    def answer(self) -> Ask | Report:
        """What is missing, else the verdicts."""
        rounds = {cell: valid(self.evidence.first.get(cell, ())) for cell in self.cells}
        spoiled, ask = self._first_pass(rounds)
        if ask is not None:
            return ask
        rounds = {cell: each for cell, each in rounds.items() if cell not in spoiled}
        seen = first.look(rounds, self.centres, self.anchor, self.rules)
        suspects, forced, models = self._suspects(rounds, seen)
        outcome = self._confirm(suspects, seen, models)
        if isinstance(outcome, Ask):
            return outcome
        outcome.spoiled.update(spoiled)
        results = answers(
            self.cells, self.anchor, self.evidence, seen, outcome, forced=forced,
            comparable=self.comparable, expired=self.expired, judged=set(self.centres),
            rules=self.rules,
        )  # fmt: skip
        return Report(
            results=results, common=seen.common, shifted=seen.shifted, suspects=tuple(suspects)
        )

    def _first_pass(
        self, rounds: Mapping[Cell, Sequence[Round]]
    ) -> tuple[dict[Cell, str], Ask | None]:
        """Cells that cannot be measured, with the reason, and what is missing of the others."""
        spoiled, lacking = {}, {}
        for cell, good in rounds.items():
            tried = self.evidence.first.get(cell, ())
            if len(good) >= self.rules.rounds:
                continue
            if len(tried) - len(good) > self.rules.redo:
                spoiled[cell] = next(each.invalid for each in reversed(tried) if each.invalid)
            else:
                lacking[cell] = self.rules.rounds - len(good)
        return spoiled, most_lacking(Need.ROUNDS, lacking)

    def _suspects(
        self, rounds: Mapping[Cell, Sequence[Round]], seen: FirstPass
    ) -> tuple[dict[Cell, tuple[int, ...]], dict[Cell, str], dict[str, Cell]]:
        """Cells to look at again, those of other clocks, and the models that moved."""
        rules = self.rules
        suspects: dict[Cell, tuple[int, ...]] = {}
        counts = {cell: len(each) for cell, each in rounds.items()}
        for cell, (slow, fast) in chances(seen, counts, self.centres, self.anchor).items():
            if slow < rules.suspect_p and seen.apart(cell) >= rules.suspect_effect:
                suspects[cell] = (SLOWER,)
            # A win is worth a look only where it is one by its size.
            if fast < rules.suspect_p and seen.apart(cell) <= -rules.floor:
                suspects[cell] = (FASTER,)
        forced = {
            cell: why
            for cell, each in rounds.items()
            if cell in self.centres
            and (why := first.runs_differently(self.centres[cell], each, rules))
        }
        for cell in rounds:
            if cell in self.comparable and (cell not in self.centres or cell in forced):
                suspects[cell] = (SLOWER, FASTER)
        models = moved_models(seen, counts, self.centres, self.anchor, rules)
        for model, sentinel in models.items():
            known = any(c.model == model and SLOWER in sides for c, sides in suspects.items())
            if not known and sentinel in self.comparable:
                suspects[sentinel] = (SLOWER,)
        for sentinel in quicker_models(seen, counts, self.centres, rules).values():
            if sentinel in self.comparable:
                suspects.setdefault(sentinel, (FASTER,))
        return suspects, forced, models

    def _confirm(
        self, suspects: Mapping[Cell, tuple[int, ...]], seen: FirstPass, models: Mapping[str, Cell]
    ) -> Ask | Outcome:
        """What a second look says of the suspects."""
        rules = self.rules
        here = {cell: sides for cell, sides in suspects.items() if cell in self.comparable}
        gone = {cell: sides for cell, sides in suspects.items() if cell not in here}
        # Two families share the chance of a false alarm, and a win is none.
        if here and any(SLOWER in sides for sides in gone.values()):
            rules = replace(rules, alpha=rules.alpha / 2)
        outcome = Outcome()
        if here:
            pairs = by_pairs(here, self.evidence, self._known(here), rules)
            if isinstance(pairs, Ask):
                return pairs
            outcome = pairs
        if gone:
            history = by_history(
                gone, self.evidence, self.centres, seen.common or 0.0, len(seen.away), rules
            )
            if isinstance(history, Ask):
                return history
            _merge(outcome, history)
        alone = {cell for cell, side in outcome.hits.items() if side == SLOWER}
        followers = self._followers(here, alone, seen, models)
        if followers:
            pairs = by_pairs(followers, self.evidence, self._known(followers), rules)
            if isinstance(pairs, Ask):
                return pairs
            _merge(outcome, pairs)
        return outcome

    def _followers(
        self, tested: Collection[Cell], confirmed: Collection[Cell], seen: FirstPass,
        models: Mapping[str, Cell],
    ) -> dict[Cell, tuple[int, ...]]:  # fmt: skip
        """The other cells of a model that moved as a whole, once one of its cells is confirmed."""
        if seen.shifted:
            return {}  # one cell of each model tells a slower engine from a slower machine
        moved = {cell.model for cell in confirmed} & set(models)
        return {
            cell: (SLOWER,)
            for cell, away in seen.away.items()
            if cell.model in moved and cell not in tested and cell in self.comparable
            and away >= self.rules.suspect_effect
        }  # fmt: skip

    def _known(self, cells: Iterable[Cell]) -> dict[Cell, Centre]:
        """What is known of the noise: that of an expired anchor holds as well."""
        centres = self.anchor.centres
        return {cell: centres[cell] for cell in cells if cell in centres}


def _merge(outcome: Outcome, more: Outcome) -> None:
    outcome.hits.update(more.hits)
    outcome.change.update(more.change)
    outcome.p.update(more.p)
    outcome.count.update(more.count)
    outcome.spoiled.update(more.spoiled)
