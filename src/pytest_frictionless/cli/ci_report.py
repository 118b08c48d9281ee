"""`pytest-frictionless ci report`: all reports of all jobs, and the gate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.ci.provider import set_outputs, stopped_commands
from pytest_frictionless.ci.report import FILES, Gathered, gather, rendered, write_reports
from pytest_frictionless.cli.command import Command
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports import markdown, summary, workflow_commands
from pytest_frictionless.reports.printable import inert
from pytest_frictionless.reports.stored import write_text
from pytest_frictionless.reports.verdict import answers_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping


ROWS = 50
"""Checkpoints in the table of the log: the summary has them all."""


def arguments(parser: ArgumentParser) -> None:
    """Declare where records are read and reports are written."""
    parser.add_argument(
        "folder", metavar="DIR", type=Path,
        help="folder with what the jobs left: every results.json and junit.xml below it",
    )  # fmt: skip
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="folder for the reports (default: DIR/report)"
    )
    parser.add_argument(
        "--formats", metavar="FORMAT", nargs="+", choices=FILES, default=list(FILES),
        help=f"what to write: {', '.join(FILES)} (default: all); junit.xml is always merged",
    )  # fmt: skip
    parser.add_argument("--comment", metavar="FILE", type=Path, help="write the comment here too")
    parser.add_argument(
        "--shards", metavar="N", type=int,
        help="how many shards there have to be, as `ci discover` says; 0 where nothing was to be tested",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Report; 1 where anything failed, or is missing."""
    folder = given.folder.absolute()
    output = (given.output or folder / "report").absolute()
    gathered = gather(folder, output=output, shards=given.shards)
    for line in write_reports(gathered, output, given.formats):
        print(f"- {line}", file=sys.stderr)
    if given.comment:
        _write(given.comment, rendered("comment", gathered))
    _print(gathered, os.environ)
    _append_summary(gathered, os.environ)
    set_outputs(os.environ, _outputs(gathered))
    return 1 if gathered.failed else 0


def _print(gathered: Gathered, environment: Mapping[str, str]) -> None:
    """The table for the log, and on GitHub the annotations, which alone may be commands there."""
    results = gathered.results
    told = "\n".join(finding.render() for finding in gathered.findings)
    stop, resume = stopped_commands(environment)
    for text in (stop, inert(summary.render(results, most=ROWS) if results else told), resume):
        if text:
            print(text)
    if not resume:
        return
    if results is not None:
        print(workflow_commands.render(results), end="")
    else:
        for finding in gathered.findings[: workflow_commands.MOST]:
            print(workflow_commands.command("error", finding))


def _append_summary(gathered: Gathered, environment: Mapping[str, str]) -> None:
    """What GitHub shows on the page of the run; what others wrote there before stays."""
    if not (name := environment.get("GITHUB_STEP_SUMMARY")):
        return
    path = Path(name)
    try:
        room = markdown.ROOM - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(_summary(gathered, room))
    except OSError as error:
        raise ConfigError([f"GITHUB_STEP_SUMMARY {path}: {error.strerror or error}"]) from None


def _summary(gathered: Gathered, room: int) -> str:
    if gathered.results is not None:
        return markdown.render(gathered.results, room=room)
    return rendered("markdown", gathered)


def _outputs(gathered: Gathered) -> dict[str, str]:
    """Outputs of the step: the result in GitHub's words, and how many checkpoints there are and failed."""
    results = gathered.results
    failed = {item.checkpoint for item in answers_of(results) if item.fails} if results else ()
    return {
        "result": "failure" if gathered.failed else "success",
        "total": str(len(results.checkpoints) if results else 0),
        "failed": str(len(failed)),
    }


def _write(path: Path, text: str) -> None:
    try:
        write_text(text, path)
    except OSError as error:
        raise ConfigError([f"--comment {path}: {error.strerror or error}"]) from None


COMMAND = Command(
    name="report", help="make all reports of all jobs, and fail where anything failed or is missing",
    arguments=arguments, run=run,
)  # fmt: skip
