"""What the run says: header, progress of long steps, and the table at the end."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pytest_frictionless._glue.collect import PROPERTY
from pytest_frictionless._glue.config import RUN, expects_checkpoints
from pytest_frictionless.finding import Severity
from pytest_frictionless.workbench.tools import TENSORRT, installed

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest
    from rich.table import Table

    from pytest_frictionless.finding import Finding

SHOW_AFTER_S = 2.0
WORDS = {
    "failed": "FAIL",
    "xpassed": "xpass",
    "warning": "warn",
    "xfailed": "xfail",
    "passed": "ok",
    "skipped": "skip",
}
"""Outcomes as the table calls them, worst first."""
COLOURS = {"FAIL": "bold red", "xpass": "yellow", "warn": "yellow", "ok": "green", "skip": "dim"}


class Terminal:
    """Header and summary, from what the items' reports carry."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run = config.stash[RUN]
        self.cells: dict[str, dict[str, Counter[str]]] = {}
        self.warnings: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.reasons: dict[str, Counter[str]] = {}
        """Why items were skipped that needed nothing of another item, by check."""
        self._shown = 0.0

    def pytest_report_header(self) -> list[str]:
        """Engines, versions and target."""
        versions = installed(*TENSORRT[:1], *TENSORRT[2:3], "onnxruntime", "onnx", "torch")
        names = {
            "tensorrt-rtx-cu13": "TensorRT-RTX",
            "tensorrt": "TensorRT",
            "onnxruntime": "ONNX Runtime",
        }
        here = ", ".join(f"{names.get(name, name)} {version}" for name, version in versions.items())
        settings = self.run.shop.settings
        target = settings.target
        aims = [
            f"TensorRT {target.tensorrt}" if target.tensorrt else "",
            f"TensorRT-RTX {target.tensorrt_rtx}" if target.tensorrt_rtx else "",
            target.container or "",
            "compute capability " + ", ".join(target.compute_capabilities) if target.compute_capabilities else "",
            f"opset {settings.opset.version}" if settings.opset else "opset not pinned",
        ]  # fmt: skip
        roots = ", ".join(self._relative(root) for root in self.run.roots)
        return [
            f"frictionless: {here or 'no engine installed: pip install pytest-frictionless[all]'}",
            f"frictionless target: {', '.join(aim for aim in aims if aim)}"
            + (f"; roots: {roots}" if roots else ""),
        ]

    def _relative(self, path: Any) -> str:
        root = self.config.rootpath
        return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather one cell of the table."""
        properties = [
            (n.removeprefix(PROPERTY), v)
            for n, v in report.user_properties
            if n.startswith(PROPERTY)
        ]
        about = dict(properties)
        if "check" not in about or (report.when != "call" and report.passed):
            return
        warnings = [str(value) for name, value in properties if name == "warning"]
        outcome: str = "warning" if report.passed and warnings else report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if report.passed else "xfailed"
        row = self.cells.setdefault(str(about["checkpoint"]), {})
        row.setdefault(str(about["check"]), Counter())[outcome] += 1
        if outcome == "skipped" and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
            if not reason.startswith("needs "):
                self.reasons.setdefault(str(about["check"]), Counter())[reason] += 1
        for warning in warnings:
            self.warnings[warning] += 1
            self.first.setdefault(warning, report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table of checkpoints and checks, then the warnings, each once."""
        if self.run.found == 0 and not self.cells and expects_checkpoints(self.config):
            terminalreporter.section("frictionless", red=True, bold=True)
            terminalreporter.write_line(self.nothing_found(), red=True)
            return
        if not self.cells:
            self._tell(terminalreporter, self.run.of_repository)
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("frictionless")
        terminalreporter.write(
            _rendered(self._table(tty=bool(terminalreporter.isatty)), terminalreporter)
        )
        for reason, names in self._not_asked().items():
            terminalreporter.write_line(f"not asked: {', '.join(names)}: {reason}")
        for warning, count in sorted(self.warnings.items()):
            times = f" ({count} times)" if count > 1 else ""
            terminalreporter.write_line(
                f"warning: {self.first[warning]}: {warning}{times}", yellow=True
            )
        self._tell(terminalreporter, [*self.run.unused, *self.run.of_repository])
        store = self.run.shop.store
        if store.made or store.reused:
            terminalreporter.write_line(
                f"artifacts: {store.made} made, {store.reused} reused from {self._relative(store.root)}"
            )

    def _tell(self, reporter: pytest.TerminalReporter, findings: Iterable[Finding]) -> None:
        """One line for each finding that is of no item; a skip says what could not be asked."""
        for finding in findings:
            if finding.severity is Severity.SKIP:
                reporter.write_line(f"not asked: {finding.headline}")
                continue
            word = "failed" if self.run.strict else "warning"
            reporter.write_line(
                f"{word}: {finding.headline}", yellow=not self.run.strict, red=self.run.strict
            )

    def nothing_found(self) -> str:
        """Why the run fails although no test did."""
        where = ", ".join(self._relative(root) for root in self.run.roots) or ", ".join(
            str(arg) for arg in self.config.args
        )
        return (
            f"no checkpoint was found in {where}.\n"
            "Name the folders: `roots: [models]` in frictionless.yaml, or --frictionless-roots models.\n"
            "Where none is expected, say --frictionless-allow-empty."
        )

    def _not_asked(self) -> dict[str, list[str]]:
        """Checks that no checkpoint was asked, by the reason: a line says it, and not a column."""
        found: dict[str, list[str]] = {}
        for name, reasons in self.reasons.items():
            rows = [row[name] for row in self.cells.values() if name in row]
            if all(set(row) == {"skipped"} for row in rows):
                found.setdefault(reasons.most_common(1)[0][0], []).append(name)
        return found

    def _table(self, *, tty: bool) -> Table:
        from rich.table import Table
        from rich.text import Text

        # A check that was asked of no checkpoint needs no column: a line, or the failure before it, says why.
        used = [
            name
            for name in self.run.checks
            if any(set(row.get(name, ())) - {"skipped"} for row in self.cells.values())
        ]
        room = _width(tty) - sum(max(len(name), 8) + 2 for name in used)
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("checkpoint", no_wrap=True)
        for name in used:
            table.add_column(name, justify="center", no_wrap=True)
        for checkpoint, row in sorted(self.cells.items()):
            cells = []
            for name in used:
                counts = row.get(name, Counter())
                worst = next((WORDS[outcome] for outcome in WORDS if counts[outcome]), "")
                many = sum(counts.values())
                bad = counts["failed"]
                word = f"{worst} {bad}/{many}" if worst == "FAIL" and many > 1 else worst
                cells.append(Text(word, style=COLOURS.get(worst, "")))
            table.add_row(_last_part(checkpoint, max(room, 20)), *cells)
        return table


def _width(tty: bool) -> int:
    """Columns to write in; logs scroll sideways, and keep every path whole."""
    return shutil.get_terminal_size().columns if tty else 240


def _last_part(path: str, room: int) -> str:
    """A path that fits, cut at its beginning: the name is at its end."""
    return path if len(path) <= room else f"…{path[1 - room :]}"


def _rendered(table: Table, reporter: pytest.TerminalReporter) -> str:
    from rich.console import Console

    colour = reporter.hasmarkup
    console = Console(
        file=io.StringIO(),
        force_terminal=colour,
        no_color=not colour,
        width=max(_width(bool(reporter.isatty)), 80),
        color_system="standard" if colour else None,
    )
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


class Progress:
    """Seconds of a long step, shown behind the line that pytest is writing."""

    def __init__(self, config: pytest.Config, reporter: pytest.TerminalReporter) -> None:
        self.reporter = reporter
        self._capture: Any = config.pluginmanager.get_plugin("capturemanager")
        self._shown = 0.0

    def tick(self, step: str, seconds: float) -> None:
        """Called many times a second while a step runs; writes twice a second from 2 s on."""
        if seconds < SHOW_AFTER_S or abs(seconds - self._shown) < 0.5:
            return
        self._shown = seconds
        # A step runs while pytest captures. Save the cursor, write, restore: the next thing that
        # pytest writes covers it.
        with self._capture.global_and_fixture_disabled() if self._capture else nullcontext():
            self.reporter.write(
                f"\x1b7 \x1b[2m{step} {seconds:.0f} s\x1b[0m\x1b[K\x1b8", flush=True
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Clear what is left behind the cursor."""
        if self._shown and report.when == "call":
            self._shown = 0.0
            self.reporter.write("\x1b[K")
