"""The format `summary`: the table of checkpoints and checks, the worst first, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Severity
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.results import Outcome, Results
from pytest_frictionless.reports.table import Tally, rendered
from pytest_frictionless.reports.verdict import RANK, answers_of, findings_of, unasked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.finding import Finding

WIDTH = 240
"""Columns: a log scrolls sideways, and keeps every path whole."""


def render(results: Results, *, most: int | None = None) -> str:
    """The table, then a line for each failure, each reason not to ask, and each warning.

    Args:
        results: The record.
        most: How many rows the table has; None for all.
    """
    tally = tally_of(results)
    table = rendered(tally.table(width=WIDTH, worst_first=True, most=most), width=WIDTH)
    left = max(len(tally.cells) - most, 0) if most is not None else 0
    lines = [
        *([f"{left} more checkpoints"] if left else []),
        *_failures(results), *tally.skips(), *tally.signed(), *tally.told_warnings(),
        *_of_the_runs(results),
        _count(results),
    ]  # fmt: skip
    return (table if tally.cells else "") + "\n".join(lines) + "\n"


def tally_of(results: Results) -> Tally:
    """The answers that count, counted."""
    tally = Tally(dict.fromkeys(item.check for item in results.items))
    for item in answers_of(results):
        warned = [each.headline for each in item.findings if each.severity is Severity.WARNING]
        tally.add(
            item.id, checkpoint=item.checkpoint, check=item.check, outcome=item.outcome,
            warnings=[] if item.blocked_by else warned,
            reason=item.skip if item.outcome is Outcome.SKIPPED and not item.blocked_by else "",
            evidence=str(item.measurements.get("evidence", "")),
        )  # fmt: skip
    return tally


def _failures(results: Results) -> Iterator[str]:
    failed = [item for item in answers_of(results) if item.fails]
    for item in sorted(failed, key=lambda item: RANK[item.outcome]):
        story = next(filter(results.runs[item.run].counts, item.findings))
        yield f"{item.outcome}: {item.id}: {story.headline}"


def word_for(finding: Finding, results: Results) -> str:
    """How what the runs say of themselves counts: `failed`, `warning` or `not asked`."""
    if finding.severity is Severity.SKIP:
        return "not asked"
    fails = finding.severity is Severity.ERROR or any(run.strict for run in results.runs)
    return "failed" if fails else "warning"


def _of_the_runs(results: Results) -> Iterator[str]:
    for finding in findings_of(results):
        yield f"{word_for(finding, results)}: {finding.headline}"


def _count(results: Results) -> str:
    outcomes = [item.outcome for item in answers_of(results)]
    told = [f"{outcomes.count(each)} {each}" for each in Outcome if each in outcomes]
    if left := unasked(results):
        told.append(f"{left} not asked")
    return f"{len(results.checkpoints)} checkpoints: {', '.join(told) or 'nothing was asked'}"


FORMAT = Format(
    name="summary", help="a table, the worst first; exit status 1 where anything failed",
    render=render, judges=True,
)  # fmt: skip
