"""The format `annotations`: workflow commands that make GitHub mark the lines of what was found.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.reports.alert import Alert, alerts_of
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.printable import cut, lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.finding import Finding
    from pytest_frictionless.reports.results import Results

MOST = 10
"""GitHub shows so many errors, and so many warnings, of one step."""
TITLE = 255
MESSAGE = 4000
"""Characters of a title and of a message."""


def render(results: Results) -> str:
    """A line for each alert, at most ten errors and ten warnings; the last says how many are left."""
    alerts = [alert for alert in alerts_of(results) if not alert.accepted]
    errors = [alert for alert in alerts if alert.fails]
    warnings = [alert for alert in alerts if not alert.fails]
    told = [*_commands("error", errors), *_commands("warning", warnings)]
    return "".join(f"{command}\n" for command in told)


def _commands(level: str, alerts: Sequence[Alert]) -> Iterator[str]:
    shown = alerts if len(alerts) <= MOST else alerts[: MOST - 1]
    for alert in shown:
        yield command(level, alert.finding, item=alert.item, path=alert.path, line=alert.line)
    if left := len(alerts) - len(shown):
        yield f"::{level} title=pytest --frictionless::{left} more: see the summary of the job"


def command(level: str, finding: Finding, *, item: str = "", path: str = "", line: int = 0) -> str:
    """One workflow command; whatever the texts hold, it stays one line and one command."""
    title = cut(one_line(f"{finding.code} in {item}" if item else finding.code), TITLE)
    place = {"file": one_line(path), "line": str(line) if line else "", "title": title}
    told = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
    return f"::{level} {told}::{_escaped(cut(lines(finding.render()), MESSAGE))}"


def _escaped(text: str) -> str:
    """As the runner reads it back: `escapeData` of actions/toolkit, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """`escapeProperty` of the same file."""
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


FORMAT = Format(name="annotations", help="workflow commands for the log of GitHub", render=render)
