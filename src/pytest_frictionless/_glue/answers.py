"""What became of each item, written down where it was asked, so that it travels with its report."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.checkpoint_item import CheckpointItem
from pytest_frictionless.check import Verdict
from pytest_frictionless.errors import CheckFailed, StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.place import place_of_error
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.results import Checkpoint, Ignored, Item, Made, Outcome

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_frictionless._glue.checkpoint_file import CheckpointFile

ATTRIBUTE = "frictionless"
"""Of a report: the item and its checkpoint, each a line of JSON, which xdist carries as it is."""

STRICT = "[XPASS(strict)]"
"""How pytest begins its words on an item that was to fail, and passed."""

FRAMES = 8
"""How many calls are shown that led to an exception."""


class Answers:
    """Adds the answer to the report of each item, in the process that asked."""

    def __init__(self, config: pytest.Config) -> None:
        self._root = f"{config.rootpath}{os.sep}"
        self._known: tuple[Checkpoint | None, str] = None, ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After all other plugins: they may have made an expected failure of it."""
        report = yield
        if isinstance(item, CheckpointItem) and (report.when == "call" or not report.passed):
            answer = line_of(_item(item, call, report), root=self._root)
            setattr(report, ATTRIBUTE, [answer, self._line_of(_checkpoint(item.parent))])
        return report

    def _line_of(self, checkpoint: Checkpoint) -> str:
        """Most items tell nothing new of their checkpoint."""
        if checkpoint != self._known[0]:
            self._known = checkpoint, line_of(checkpoint, root=self._root)
        return self._known[1]


def _item(item: CheckpointItem, call: pytest.CallInfo[None], report: pytest.TestReport) -> Item:
    verdict = item.verdict or Verdict()
    outcome = _outcome(call, report)
    # The findings of what failed first are with that item, unless it is not part of the run.
    elsewhere = bool(verdict.blocked_by) and outcome is Outcome.SKIPPED
    findings = () if elsewhere else verdict.findings
    if outcome is Outcome.ERROR:
        findings = (*findings, _unanswered(item, call, str(report.when)))
    elif outcome is Outcome.FAILED and call.excinfo is None:
        findings = (*findings, _not_wanted(item, report))
    return Item(
        id=item.nodeid, checkpoint=item.parent.spelled_place, check=item.check.name,
        profile=item.profile, point=item.point, outcome=outcome, seconds=round(report.duration, 4),
        findings=tuple(map(whole, findings)),
        ignored=tuple(Ignored(finding=whole(each), reason=why) for each, why in verdict.ignored),
        skip=_reason(report), blocked_by=verdict.blocked_by,
        measurements=verdict.measurements, notes=verdict.notes,
    )  # fmt: skip


def whole(finding: Finding) -> Finding:
    """The finding with its next step, and all evidence in words: checks of others give numbers, too."""
    evidence = tuple((str(name), str(value)) for name, value in finding.evidence)
    return replace(finding, remedy=finding.next_step, evidence=evidence)


def _outcome(call: pytest.CallInfo[None], report: pytest.TestReport) -> Outcome:
    if hasattr(report, "wasxfail"):
        return Outcome.XPASSED if report.passed else Outcome.XFAILED
    if not report.failed:
        return Outcome.SKIPPED if report.skipped else Outcome.PASSED
    # Without an exception it is a strict xfail that passed, or a plugin's own verdict.
    answered = call.excinfo is None or isinstance(call.excinfo.value, CheckFailed)
    return Outcome.FAILED if answered else Outcome.ERROR


def _reason(report: pytest.TestReport) -> str:
    """Why an item was skipped; empty where it was not."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(getattr(report, "wasxfail", ""))


def _unanswered(item: CheckpointItem, call: pytest.CallInfo[None], when: str) -> Finding:
    """FR010 for an exception that is no answer; pytest's own way to it is left out of the log."""
    error = call.excinfo.value if call.excinfo else None
    lines = traceback.format_exception(error, limit=-FRAMES) if error else []
    why = "".join(traceback.format_exception_only(error)).splitlines()[0]
    where = "" if when == "call" else f" in its {when}"
    return Finding(
        code="FR010", message=f"{item.name} ended without an answer{where}: {why}",
        place=place_of_error(error) if error else None, log="".join(lines),
    )  # fmt: skip


def _not_wanted(item: CheckpointItem, report: pytest.TestReport) -> Finding:
    """FR010 for an answer that pytest does not take, though nothing was raised."""
    said = report.longreprtext.strip()
    reason = said.removeprefix(STRICT).strip()
    what = "failed without an exception"
    if said.startswith(STRICT):
        what = "passed, and is marked as one that fails (xfail, strict)"
    why = f": {reason.splitlines()[0]}" if reason else ""
    return Finding(
        code="FR010", message=f"{item.name} {what}{why}",
        remedy="Take away the mark, or what else fails it.",
    )  # fmt: skip


def _checkpoint(file: CheckpointFile) -> Checkpoint:
    known = checkpoint_of(file.run.checkpoints[file.place])
    with suppress(StepFailed):  # a file that is gone by now has no digest
        made = [Made(kind=kind, path=path, sha256=sha) for kind, path, sha in file.files.made()]
        return replace(
            known, files=file.files.own(), made=tuple(made), settings=file.gpu_settings,
            sources=file.files.sources(),
        )  # fmt: skip
    return known


def checkpoint_of(facts: dict[str, Any]) -> Checkpoint:
    """What was known of a checkpoint before it was asked anything."""
    return Checkpoint(**{**facts, "items": tuple(facts["items"])})
