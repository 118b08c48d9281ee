"""The format `markdown`: the summary of a job, for all who look at its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.reports import numbers
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.marked import Section, code, document, fenced, quoted, table
from pytest_frictionless.reports.results import Outcome
from pytest_frictionless.reports.summary import tally_of, word_for
from pytest_frictionless.reports.verdict import RANK, answers_of, findings_of, has_failed, unasked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_frictionless.finding import Finding
    from pytest_frictionless.reports.results import Item, Results

ROOM = 2**20 - 2**10
"""Bytes of the summary of a step on GitHub, which are 1 MiB; a little is left for others."""
SIGNS = {
    "error": "💥 error", "failed": "❌ fail", "xpassed": "⚠️ xpass", "warning": "⚠️ warn",
    "xfailed": "xfail", "passed": "✅", "skipped": "–",
}  # fmt: skip
"""Outcomes as the table shows them."""


def render(results: Results, *, room: int = ROOM) -> str:
    """What failed, the table with the worst first, what was measured, and what ran."""
    sections = [failures(results), checkpoints(results), warnings(results), _not_asked(results)]
    sections += [*numbers.tables(results), numbers.versions(results)]
    return document(heading(results), sections, room=room)


def of_findings(findings: Sequence[Finding]) -> str:
    """A summary where there are no results to tell of."""
    if not findings:
        return "## ✅ pytest --frictionless: no checkpoint was to be tested\n\n"
    blocks = [fenced(finding.render()) for finding in findings]
    section = Section(title="What is wrong", blocks=blocks)
    return document("## ❌ pytest --frictionless: no verdict\n\n", [section], room=ROOM)


def heading(results: Results) -> str:
    """The whole story in one line, and the numbers in another."""
    answers = answers_of(results)
    total = len(results.checkpoints)
    failed = len({item.checkpoint for item in answers if item.fails})
    story = f"{failed:,} of {total:,} checkpoints failed"
    if not failed:
        story = "the run failed" if has_failed(results) else f"{total:,} checkpoints, none failed"
    outcomes = [item.outcome for item in answers]
    counts = [f"{outcomes.count(each):,} {each}" for each in Outcome if each in outcomes]
    if left := unasked(results):
        counts.append(f"{left:,} more were not asked")
    commits = sorted({run.commit.sha for run in results.runs if run.commit})
    shas = "".join(f" at {code(sha[:12])}" for sha in commits)
    silent = total - len({item.checkpoint for item in answers})
    untold = f"; {silent:,} checkpoints were asked nothing" if silent else ""
    sign = "❌" if has_failed(results) else "✅"
    return (
        f"## {sign} pytest --frictionless: {story}\n\n"
        f"{len(answers):,} items: {', '.join(counts) or 'nothing was asked'}{untold}{shas}\n\n"
    )


def failures(results: Results) -> Section:
    """What, where, cause and next step of each failure; the runs first, then the worst items."""
    blocks = [
        fenced(finding.render())
        for finding in findings_of(results)
        if word_for(finding, results) == "failed"
    ]
    items = [item for item in answers_of(results) if item.fails]
    blocks += map(_failure, sorted(items, key=lambda item: RANK[item.outcome]))
    return Section(title="What failed", blocks=blocks)


def _failure(item: Item) -> str:
    told = "\n\n".join(finding.render() for finding in item.findings)
    return f"#### {code(item.id)}\n\n{fenced(told)}\n"


def checkpoints(results: Results, *, flawless: bool = True) -> Section:
    """The verdict of each checkpoint and check, worst first.

    Args:
        results: The record.
        flawless: Whether those are shown too of which nothing failed and nothing was warned of.
    """
    tally = tally_of(results)
    names = tally.used()
    shown = [
        checkpoint for checkpoint in tally.ordered(worst_first=True)
        if flawless or not tally.is_flawless(checkpoint)
    ]  # fmt: skip
    rows = ([code(each), *(_cell(*tally.worst(each, name)) for name in names)] for each in shown)
    return table("Checkpoints", ["checkpoint", *map(code, names)], rows)


def _cell(outcome: str, count: int, total: int) -> str:
    sign = SIGNS.get(outcome, "")
    return f"{sign} {count}/{total}" if outcome in ("error", "failed") and total > 1 else sign


def warnings(results: Results) -> Section:
    """What was warned of, each once."""
    return _remarks("Warnings", results, "warning", tally_of(results).told_warnings())


def _not_asked(results: Results) -> Section:
    """Why checks were asked of no checkpoint."""
    return _remarks("Not asked", results, "not asked", tally_of(results).skips())


def _remarks(title: str, results: Results, word: str, of_items: Iterable[str]) -> Section:
    of_runs = (
        f"{word}: {finding.headline}"
        for finding in findings_of(results)
        if word_for(finding, results) == word
    )
    lines = [*of_runs, *of_items]
    blocks = [f"- {quoted(line)}\n" for line in lines]
    return Section(title=f"{title} ({len(lines):,})", blocks=blocks, folded=True)


FORMAT = Format(
    name="markdown", help="Markdown for the summary of a job", render=render, file="summary.md"
)
