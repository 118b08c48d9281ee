"""The verdicts of a recorded run, from its evidence: the same ones that its job came to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_frictionless.latency.gate import decide
from pytest_frictionless.latency.verdict import Ask, Need, Report, Rules

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from pytest_frictionless.latency.anchor import Anchor
    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Verdicts, and what would still have to be measured for others."""

    report: Report
    missing: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def fails(self) -> bool:
        """Whether something failed or is undecided: what is unknown is no pass."""
        return self.report.fails or bool(self.missing)


def replay(
    run: Run, anchor: Anchor, *, today: datetime.date | None = None, rules: Rules | None = None
) -> Replay:
    """Judge a recorded run by an anchor."""
    rules = rules or Rules()
    evidence = run.evidence
    comparable = {e.cell for e in run.cells if e.comparable or e.pairs.candidate}
    cells = [each.cell for each in run.cells]
    elsewhere = {each.cell: each.elsewhere for each in run.cells}
    missing: dict[Cell, str] = {}
    while True:
        answer = decide(cells, anchor, evidence, comparable=comparable, today=today, rules=rules)
        if isinstance(answer, Report):
            return Replay(report=answer.with_elsewhere(elsewhere), missing=missing)
        missing |= {cell: _words(answer) for cell in answer.cells}
        if answer.need is not Need.ROUNDS:
            break
        cells = [cell for cell in cells if cell not in missing]
    # Nobody measures now: the first pass alone, with the suspects left open.
    alone = replace(rules, suspect_p=0.0)
    answer = decide(cells, anchor, evidence, today=today, rules=alone)
    report = answer if isinstance(answer, Report) else Report(results=())
    return Replay(report=report, missing=missing)


def _words(ask: Ask) -> str:
    what = {Need.ROUNDS: "rounds", Need.PAIRS: "pairs of A/B", Need.AGAIN: "more rounds"}
    return f"undecided: {ask.count} {what[ask.need]} are missing"
