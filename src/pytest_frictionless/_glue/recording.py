"""Writes results.json when the run ends, from the answers that came with the reports."""

from __future__ import annotations

import datetime
import json
import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless import __version__
from pytest_frictionless._glue.answers import ATTRIBUTE, checkpoint_of, whole
from pytest_frictionless._glue.checkpoint_item import CheckpointItem
from pytest_frictionless._glue.config import RUN, nothing_found, relative, results_file, shard_of
from pytest_frictionless.check import Scope
from pytest_frictionless.checkpoint.formats import has_candidate_suffix
from pytest_frictionless.finding import Finding, Place, quoted
from pytest_frictionless.reports.checkout import commit_of, place_in_repository
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.merge import united
from pytest_frictionless.reports.results import Checkpoint, Item, Made, Outcome, Run, order_of
from pytest_frictionless.reports.stored import RESULTS_FILE, record_of, write_text
from pytest_frictionless.reports.verdict import GREEN
from pytest_frictionless.workbench.components import machine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ENDED = (*GREEN, pytest.ExitCode.TESTS_FAILED)
"""Exit statuses of a run that was not interrupted."""
NAMES = {Scope.CHECKPOINT: 0, Scope.PROFILE: 1, Scope.POINT: 2}
"""How many names follow that of the check in the name of an item."""
IGNORE = "/.gitignore\n/results.json\n"
"""A record in the tree would make the next commit look dirty."""


class Recording:
    """Gathers, in the process that owns the terminal, what became of every item."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run = config.stash[RUN]
        self.shard = shard_of(config)
        self.given = results_file(config)
        self.own = config.rootpath / RESULTS_FILE
        self.started = datetime.datetime.now(datetime.UTC)
        self.items: dict[str, str] = {}
        """Lines of the record, by id."""
        self.checkpoints: set[str] = set()
        """What the processes that asked know of their checkpoints: lines, too."""
        self.sent: Sequence[str] = ()
        """Ids of the items that this run is to ask."""
        self.uncollected: dict[str, Finding] = {}
        """What could not be collected, by id: of whatever plugin, it fails the run."""
        self.beside: dict[str, pytest.TestReport] = {}
        """The first report of each test that failed and is of no checkpoint, by id."""
        self.problem = ""

    def pytest_sessionstart(self) -> None:
        """Take away the record of an older run: this one may end without leaving any."""
        for path in filter(None, (self.given, self.own)):
            with suppress(OSError):
                path.unlink()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what will be asked in this process."""
        self.sent = [item.nodeid for item in session.items if isinstance(item, CheckpointItem)]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note what the workers will ask; each has collected the same."""
        self.sent = self.sent or [each for each in ids if self._unanswered(each)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file could not be collected."""
        if report.failed:
            name = report.nodeid or "."
            self.uncollected[name] = _beside(f"{name} cannot be collected", report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the answer; where an item is asked again, the last one."""
        if answer := getattr(report, ATTRIBUTE, None):
            self.items[report.nodeid], checkpoint = answer
            self.checkpoints.add(checkpoint)
        elif report.failed and (item := self._unanswered(report.nodeid)):
            # A worker of xdist ended: the controller reports in its name.
            name, why = report.nodeid.rpartition("::")[2], report.longreprtext.splitlines()[-1]
            finding = Finding(code="FR010", message=f"{name} ended without an answer: {why}")
            self.items[report.nodeid] = line_of(replace(item, findings=(whole(finding),)))
            self.checkpoints.add(line_of(Checkpoint(path=item.checkpoint)))
        elif report.failed:
            self.beside.setdefault(report.nodeid, report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record, now that the exit status is known."""
        text = self._text(int(session.exitstatus))
        if self.given and not self._write(text, self.given) and session.exitstatus in GREEN:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            text = self._text(int(session.exitstatus))
        ignore = self.own.with_name(".gitignore")
        if self._write(text, self.own) and not ignore.exists():
            self._write(IGNORE, ignore)

    def _write(self, text: str, path: Path) -> bool:
        """Whether it could be written; why not is kept for the terminal."""
        try:
            write_text(text, path)
        except OSError as error:
            self.problem = f"results are not written: {path}: {error.strerror or error}"
            return False
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the record is to those who asked for it, and to all where it is not."""
        if self.problem:
            terminalreporter.write_line(self.problem, red=True)
        elif self.given:
            terminalreporter.write_line(f"results: {relative(self.given, self.config)}")

    def _unanswered(self, nodeid: str) -> Item | None:
        """An item of which nothing but the id is known; None where it is none of ours."""
        place, _, name = nodeid.rpartition("::")
        check, *names = name.split("-")
        known = self.run.checks.get(check)
        is_checkpoint = has_candidate_suffix(place) or place.endswith(".json")
        if not is_checkpoint or known is None or len(names) != NAMES[known.scope]:
            return None
        profile, point, *_ = [*names, "", ""]
        return Item(
            id=nodeid, checkpoint=place, check=check, profile=profile, point=point,
            outcome=Outcome.ERROR,
        )  # fmt: skip

    def _text(self, status: int) -> str:
        found = map(checkpoint_of, self.run.checkpoints.values())
        checkpoints = united([*found, *map(_read, sorted(self.checkpoints))])
        order = order_of(checkpoints)
        ids = sorted(self.items, key=lambda each: (order.get(each, len(order)), each))
        run = self._run(status, sum(len(each.items) for each in checkpoints))
        return record_of(
            runs=[line_of(run, root=f"{self.config.rootpath}{os.sep}")],
            checkpoints=map(line_of, checkpoints), items=[self.items[each] for each in ids],
        )  # fmt: skip

    def _run(self, status: int, total: int) -> Run:
        nothing = nothing_found(self.config)
        told = [*([nothing] if nothing else []), *self.run.unused, *self.run.of_repository]
        told += self.uncollected.values()
        if self.beside and status not in GREEN:
            first, *more = self.beside
            others = f", as did {len(more)} more that are of no checkpoint" if more else ""
            told.append(_beside(f"{first} failed{others}", self.beside[first]))
        unreached = tuple(each for each in self.sent if each not in self.items)
        seconds = (datetime.datetime.now(datetime.UTC) - self.started).total_seconds()
        return Run(
            written_by=f"pytest-frictionless {__version__}", started=self.started,
            seconds=round(seconds, 3), exit=status,
            complete=status in ENDED and not unreached, unreached=unreached,
            deselected=max(total - len(self.sent), 0), strict=self.run.strict, shard=self.shard,
            root=place_in_repository(self.config.rootpath),
            commit=commit_of(self.config.rootpath, os.environ), environment=dict(machine(self.run.shop)),
            findings=tuple(map(whole, told)),
        )  # fmt: skip


def _beside(what: str, report: pytest.CollectReport | pytest.TestReport) -> Finding:
    """FR086 for what failed and is of no checkpoint, with what was raised."""
    lines = report.longreprtext.splitlines() or [""]
    said = [line[1:].strip() for line in lines if line.startswith("E ")] or lines
    crash = getattr(report.longrepr, "reprcrash", None)
    message, cause = quoted(what, crash.message if crash else said[-1])
    return Finding(
        code="FR086", message=message, cause=cause,
        place=Place(file=report.nodeid.partition("::")[0]), log=report.longreprtext,
    )  # fmt: skip


def _read(line: str) -> Checkpoint:
    facts = json.loads(line)
    return replace(checkpoint_of(facts), made=tuple(Made(**each) for each in facts["made"]))
