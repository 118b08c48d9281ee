"""One question asked of one checkpoint, as pytest runs and reports it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.errors import CheckFailed
from pytest_frictionless.finding import Finding, Severity, shortened
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    from pytest_frictionless._glue.checkpoint_file import CheckpointFile
    from pytest_frictionless.check import Check, Verdict

PROPERTY = "frictionless."
"""Prefix of the properties that an item hands to reports, JUnit and xdist's controller."""


@cache
def _mark(name: str) -> pytest.MarkDecorator:
    """A registered marker; pytest looks through all of them each time one is asked for."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark


class CheckpointItem(pytest.Item):
    """One question asked of one checkpoint."""

    parent: CheckpointFile

    def __init__(self, *, check: Check, profile: str, point: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.profile = profile
        self.point = point
        self.verdict: Verdict | None = None
        about = {
            "checkpoint": self.parent.spelled_place,
            "check": check.name,
            "profile": profile,
            "point": point,
        }
        self.user_properties += [(PROPERTY + name, value) for name, value in about.items() if value]
        self.add_marker(_mark(f"frictionless_{check.name}"))

    @property
    def ihook(self) -> Any:
        """Hooks of the conftest files above, as for the file."""
        return self.parent.ihook

    def runtest(self) -> None:
        """Ask, keep the numbers, and fail, skip or pass."""
        verdict = self.parent.examiner.verdict(self.check, self.profile, self.point)
        self.keep(verdict)
        self.parent.run.ledger.note(self.parent.place, self.name, self.check, verdict)
        errors = [finding for finding in verdict.findings if self._counts(finding)]
        if verdict.blocked_by and self._is_running(verdict.blocked_by):
            why = "fails as" if self._is_shared(verdict.blocked_by) else "needs"
            pytest.skip(f"{why} {verdict.blocked_by}: {self._short(verdict.findings[0].headline)}")
        if errors:
            raise CheckFailed(errors)
        if verdict.skip:
            pytest.skip(self._short(verdict.skip))

    def _short(self, text: str) -> str:
        return shortened(text, self.config.rootpath)

    def _is_shared(self, name: str) -> bool:
        """Whether an item asks the same as this one: both have one fault."""
        return name.startswith(f"{self.check.name}-")

    def _counts(self, finding: Finding) -> bool:
        return finding.severity is Severity.ERROR or (
            self.parent.run.strict and finding.severity is Severity.WARNING
        )

    def _is_running(self, name: str) -> bool:
        """Whether the item that failed first runs too: else nobody would tell.

        A fault that is shared is told by an item that comes before, on whichever worker: two that
        point to each other would both be skipped.
        """
        shared = self._is_shared(name)
        silent = ("skip", "skipif", "xfail") if shared else ("skip", "skipif")
        for item in self.session.items:
            if shared and item is self:
                return False
            if item.parent is self.parent and item.name == name:
                return not any(map(item.get_closest_marker, silent))
        return False

    def keep(self, verdict: Verdict) -> None:
        """Hand numbers and findings to the reports."""
        known = self.verdict.findings if self.verdict else ()
        self.verdict = replace(self.verdict or verdict, findings=(*known, *verdict.findings))
        root = self.parent.run.shop.root
        for name, value in verdict.measurements.items():
            self.user_properties.append((PROPERTY + name, value))
        for finding in verdict.findings:
            kind = "needs" if verdict.blocked_by else str(finding.severity)
            self.user_properties.append((PROPERTY + kind, self._short(finding.headline)))
            if finding.log and not verdict.blocked_by:
                self.add_report_section("call", "native log", finding.log)
            if finding.severity is Severity.WARNING:
                self.add_report_section("call", "warning", finding.render(root=root))
        for finding, reason in verdict.ignored:
            self.user_properties.append((PROPERTY + "ignored", f"{finding.headline} ({reason})"))
        if verdict.notes:
            self.add_report_section("call", "notes", "\n".join(verdict.notes))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings as text, whose first line tells the story; anything else as pytest shows it."""
        if isinstance(excinfo.value, CheckFailed):
            texts = [
                finding.render(root=self.config.rootpath) for finding in excinfo.value.findings
            ]
            return "\n\n".join(texts) + f"\n  reproduce:  {self._command()}\n"
        return super().repr_failure(excinfo, style)

    def _command(self) -> str:
        """What to type to run this item alone."""
        if self.path.exists():
            return f"pytest --frictionless {_quoted(self.nodeid)}"
        # pytest takes no path to a dangling link.
        folder = path_below(self.path.parent, self.config.rootpath)
        words = f"{self.path.name} and {self.name}"
        return f"pytest --frictionless {_quoted(folder)} -k {_quoted(words)}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """File and heading for the terminal; pytest asserts that there is a line where it skips.

        An id would lose its dots as a heading, and the name alone does not say whose failure it is.
        """
        return Path(spelled(self.path)), 0, f"{self.parent.spelled_place}: {self.name}"


def _quoted(text: str) -> str:
    """Text for a shell, in quotes also where it could do without."""
    quoted = shlex.quote(text)
    return quoted if quoted != text else f"'{text}'"
