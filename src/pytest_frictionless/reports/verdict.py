"""What counts of a record: the answer of each item, what is missing, and whether anything failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.reports.results import Item, Results

GREEN = (0, 5)
"""Exit statuses of pytest that report no failure: all passed, or there was no test to run."""
RANK = {outcome: place for place, outcome in enumerate(Outcome)}
"""Place of each outcome, the worst first."""


def answers_of(results: Results) -> tuple[Item, ...]:
    """Of each item the answer that counts, where several runs asked it.

    Any answer goes before a skip, the worst before the others, and of equal ones that of the later
    run: a machine without a GPU does not unsay what one with a GPU found, and no run mends what
    another saw fail.
    """
    best: dict[str, Item] = {}
    for item in results.items:
        known = best.setdefault(item.id, item)
        if RANK[item.outcome] <= RANK[known.outcome]:
            best[item.id] = item
    return tuple(best.values())


def findings_of(results: Results) -> tuple[Finding, ...]:
    """What the runs say of themselves, each once, and FR011 for all that is missing."""
    told = {finding.headline: finding for run in results.runs for finding in run.findings}
    return (*told.values(), *_stopped(results), *_missing(results))


def has_failed(results: Results) -> bool:
    """Whether anything failed or is missing: what a gate goes by."""
    return (
        any(item.fails for item in answers_of(results))
        or any(run.exit not in GREEN for run in results.runs)
        or any(finding.severity is Severity.ERROR for finding in findings_of(results))
    )


def _stopped(results: Results) -> Iterator[Finding]:
    for run in results.runs:
        if not run.complete:
            left = f"; items not asked: {len(run.unreached)}" if run.unreached else ""
            yield Finding(
                code="FR011",
                message=f"{run} ended early, with exit status {run.exit}{left}",
                cause=", ".join(run.unreached[:5]) + (", ..." if run.unreached[5:] else ""),
            )


def _missing(results: Results) -> Iterator[Finding]:
    shards = [run.shard for run in results.runs if run.shard]
    for total in sorted({shard.total for shard in shards}):
        there = {shard.index for shard in shards if shard.total == total}
        gone = [str(index) for index in range(1, total + 1) if index not in there]
        if gone:
            noun = "shards" if len(gone) > 1 else "shard"
            message = f"{noun} {', '.join(gone)} of {total} left no results"
            yield Finding(code="FR011", message=message)
