"""How pytest's own terminal shows a failure and a skip of ours, when reports and other plugins have theirs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest asks of a failure where it has one line: for `--tb=line`, and for its summary."""

    item: str
    message: str

    def __str__(self) -> str:
        return f"{self.item}: {self.message}"


@dataclass(frozen=True, slots=True)
class Failure:
    """The text of a failure: in red the first line, which is the whole story."""

    text: str
    reprcrash: Crash
    is_line: bool
    """Whether only the line is wanted, which pytest writes itself."""

    def __str__(self) -> str:
        return self.text

    def toterminal(self, writer: Any) -> None:
        """Write it, as pytest asks of what stands for a failure."""
        if self.is_line:
            return
        first, _, rest = self.text.partition("\n")
        writer.line(first, red=True, bold=True)
        if rest:
            writer.line(rest)


def show(report: pytest.TestReport, config: pytest.Config) -> None:
    """Take the text of a failure for what writes itself; an exception is shown as pytest shows it."""
    if report.failed and isinstance(report.longrepr, str):
        crash = Crash(report.nodeid, report.longrepr.partition("\n")[0])
        failure = Failure(report.longrepr, crash, config.option.tbstyle == "line")
        report.longrepr = failure  # type: ignore[assignment]


def fold(skipped: Iterable[pytest.TestReport], root: Path) -> None:
    """Give all skips of one reason one place, and no line: `-rs` has a line for each reason and place."""
    alike: dict[str, list[pytest.TestReport]] = {}
    for report in skipped:
        if isinstance(report.longrepr, tuple):
            alike.setdefault(report.longrepr[2], []).append(report)
    for reason, reports in alike.items():
        places = [root / report.longrepr[0] for report in reports]  # type: ignore[index]
        for report in reports:
            report.longrepr = (os.path.commonpath(places), None, reason)  # type: ignore[assignment]
