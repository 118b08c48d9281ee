"""What counts of a record: the answer of each item, what is missing, and whether anything failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.results import Outcome, order_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.reports.results import Item, Results, Run

GREEN = (0, 5)
"""Exit statuses of pytest that report no failure: all passed, or there was no test to run."""
RANK = {outcome: place for place, outcome in enumerate(Outcome)}
"""Place of each outcome, the worst first."""


def answers_of(results: Results) -> tuple[Item, ...]:
    """Of each item the answer that counts, where several runs asked it.

    Any answer goes before a skip, the worst before the others, and of equal ones that of the later
    run: a machine without a GPU does not unsay what one with a GPU found, and no run mends what
    another saw fail. One that fails has a finding that fails it.
    """
    best: dict[str, Item] = {}
    for item in results.items:
        known = best.setdefault(item.id, item)
        if RANK[item.outcome] <= RANK[known.outcome]:
            best[item.id] = item
    return tuple(_explained(item, results.runs[item.run]) for item in best.values())


def _explained(item: Item, run: Run) -> Item:
    """The item with FR010 where it failed, and nothing that was found fails it."""
    if not item.fails or any(map(run.counts, item.findings)):
        return item
    return replace(item, findings=(*item.findings, unexplained(item.id.rpartition("::")[2])))


def told_by(item: Item, items: Iterable[Item]) -> Item:
    """The item, with the answer of the one it points to where both failed alike: skipped it was not."""
    if item.outcome is not Outcome.SKIPPED or not item.blocked_by.startswith(f"{item.check}-"):
        return item
    name = f"{item.checkpoint}::{item.blocked_by}"
    for first in items:
        if first.fails and first.id.endswith(name):
            return replace(
                item, outcome=first.outcome, findings=first.findings, skip="", blocked_by=""
            )
    return item


def unexplained(name: str) -> Finding:
    """FR010 for what failed without a finding."""
    return Finding(code="FR010", message=f"{name} failed, and no finding says why")


def findings_of(results: Results) -> tuple[Finding, ...]:
    """What the runs say of themselves, each once.

    Added are FR011 for all that is missing, FR016 for no answer, and FR086 for a failure of no item.
    """
    told = {finding.headline: finding for run in results.runs for finding in run.findings}
    totals = {run.shard.total for run in results.runs if run.shard}
    missing = (missing_shards(results.runs, total) for total in sorted(totals))
    return (
        *told.values(), *stopped(results), *filter(None, missing), *_unanswered(results),
        *_failed_elsewhere(results),
    )  # fmt: skip


def unasked(results: Results) -> int:
    """How many items of the checkpoints no run has asked, as what `-k` left out."""
    asked = {item.id for item in results.items}
    return sum(each not in asked for each in order_of(results.checkpoints))


def has_failed(results: Results) -> bool:
    """Whether anything failed or is missing: what a gate goes by."""
    return (
        any(item.fails for item in answers_of(results))
        or any(run.exit not in GREEN for run in results.runs)
        or any(finding.severity is Severity.ERROR for finding in findings_of(results))
    )


def stopped(results: Results) -> Iterator[Finding]:
    """FR011 for each run that ended before all was asked."""
    for run in results.runs:
        if not run.complete:
            left = f"; items not asked: {len(run.unreached)}" if run.unreached else ""
            yield Finding(
                code="FR011",
                message=f"{run} ended early, with exit status {run.exit}{left}",
                cause=", ".join(run.unreached[:5]) + (", ..." if run.unreached[5:] else ""),
            )


def _failed_elsewhere(results: Results) -> Iterator[Finding]:
    """FR086 for each whole run that failed, though nothing that it tells of did."""
    explained = {item.run for item in results.items if item.fails}
    explained |= {
        index for index, run in enumerate(results.runs) if any(map(run.counts, run.findings))
    }
    for index, run in enumerate(results.runs):
        if run.complete and run.exit not in GREEN and index not in explained:
            yield Finding(
                code="FR086",
                message=f"{run} ended with exit status {run.exit}, and no item of a checkpoint failed",
                cause="a plugin failed the run, or what it says is only in the log of pytest",
            )


def missing_shards(runs: Iterable[Run], total: int) -> Finding | None:
    """FR011 for the shards of so many that no run is of; None where all are there."""
    there = {run.shard.index for run in runs if run.shard and run.shard.total == total}
    gone = [str(index) for index in range(1, total + 1) if index not in there]
    if not gone:
        return None
    noun = "shards" if len(gone) > 1 else "shard"
    return Finding(code="FR011", message=f"{noun} {', '.join(gone)} of {total} left no results")


def _unanswered(results: Results) -> Iterator[Finding]:
    """A gate that is green because every item was skipped or deselected says nothing of any model."""
    answers = answers_of(results)
    if not results.checkpoints or any(item.outcome is not Outcome.SKIPPED for item in answers):
        return
    skips = Counter(item.skip for item in answers if item.skip)
    yield Finding(
        code="FR016",
        message=f"{len(results.checkpoints)} checkpoints were found, and none of their items was answered",
        cause=skips.most_common(1)[0][0] if skips else "",
    )
