"""What the run says: header, progress of long steps, and the table at the end."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.checkpoint_item import PROPERTY
from pytest_frictionless._glue.config import RUN, nothing_found, relative
from pytest_frictionless._glue.shown import fold, show
from pytest_frictionless.finding import Severity
from pytest_frictionless.reports.table import Tally, rendered
from pytest_frictionless.workbench.tools import TENSORRT, installed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.finding import Finding

SHOW_AFTER_S = 2.0


class Terminal:
    """Header and summary, from what the items' reports carry."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run = config.stash[RUN]
        self.tally = Tally(self.run.checks)
        self.skipped: list[pytest.TestReport] = []

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
        roots = ", ".join(relative(root, self.config) for root in self.run.roots)
        return [
            f"frictionless: {here or 'no engine installed: pip install pytest-frictionless[all]'}",
            f"frictionless target: {', '.join(aim for aim in aims if aim)}"
            + (f"; roots: {roots}" if roots else ""),
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather one cell of the table; last, as what pytest shows at the end is none of other plugins."""
        properties = [
            (n.removeprefix(PROPERTY), v)
            for n, v in report.user_properties
            if n.startswith(PROPERTY)
        ]
        about = dict(properties)
        if "check" not in about or (report.when != "call" and report.passed):
            return
        warnings = [str(value) for name, value in properties if name == "warning"]
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if report.passed else "xfailed"
        reason = ""
        if outcome == "skipped" and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
        self.tally.add(
            report.nodeid, checkpoint=str(about["checkpoint"]), check=str(about["check"]),
            outcome=outcome, warnings=warnings,
            reason="" if "needs" in about else reason,
            evidence=str(about.get("evidence", "")),
        )  # fmt: skip
        show(report, self.config)
        if outcome == "skipped":
            self.skipped.append(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table of checkpoints and checks, then the warnings, each once."""
        fold(self.skipped, self.config.rootpath)
        if not self.tally.cells and (nothing := nothing_found(self.config)):
            terminalreporter.section("frictionless", red=True, bold=True)
            terminalreporter.write_line(nothing.render(), red=True)
            return
        if not self.tally.cells:
            self._tell(terminalreporter, self.run.of_repository)
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("frictionless")
        width = _width(tty=bool(terminalreporter.isatty))
        table = self.tally.table(width=width)
        terminalreporter.write(rendered(table, width=width, colour=terminalreporter.hasmarkup))
        for line in (*self.tally.skips(), *self.tally.signed()):
            terminalreporter.write_line(line)
        for line in self.tally.told_warnings():
            terminalreporter.write_line(line, yellow=True)
        self._tell(terminalreporter, [*self.run.unused, *self.run.of_repository])
        store = self.run.shop.store
        if store.made or store.reused:
            terminalreporter.write_line(
                f"artifacts: {store.made} made, {store.reused} reused from {relative(store.root, self.config)}"
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


def _width(*, tty: bool) -> int:
    """Columns to write in; logs scroll sideways, and keep every path whole."""
    return shutil.get_terminal_size().columns if tty else 240


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
