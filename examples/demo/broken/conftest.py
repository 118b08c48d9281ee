"""Turns the expected failures of the broken checkpoints into expected failures of pytest.

A checkpoint must fail in the check and with the code that breakages.py names; every other failure,
and every failure that does not come, is red.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from breakages import BREAKAGES, Breakage

if TYPE_CHECKING:
    from collections.abc import Generator

EXPECTED = {f"models/{each.file}": each for each in BREAKAGES}
PAYLOAD = "models/PAYLOAD_RAN"

asked: set[str] = set()
"""Files whose failure was due in this run."""
earned: dict[str, str] = {}
"""What was said of each file that failed as expected."""


def due(nodeid: str) -> Breakage | None:
    """What an item must fail with; None where it has to pass or skip."""
    file, _, name = nodeid.partition("::")
    expected = EXPECTED.get(file)
    return expected if expected and name.split("-")[0] == expected.check else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Mark the failure that was expected as such."""
    report = yield
    expected = due(item.nodeid)
    if expected and report.failed and call.excinfo:
        findings = getattr(call.excinfo.value, "findings", ())
        if {finding.code for finding in findings} == {expected.code}:
            report.outcome = "skipped"
            report.wasxfail = report.longreprtext.splitlines()[0]
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what came; under xdist this is the controller."""
    if expected := due(report.nodeid):
        asked.add(expected.file)
        if said := getattr(report, "wasxfail", ""):
            earned.setdefault(expected.file, said.removeprefix(expected.code).strip())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where a checkpoint passed that should not have, or a payload ran."""
    if asked - earned.keys() or payload_ran(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def payload_ran(config: pytest.Config) -> bool:
    """Whether loading malicious.pt ran the code inside."""
    return (config.rootpath / PAYLOAD).exists()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Two lines for each checkpoint: what was expected and why, and what was said of it."""
    if not asked:
        return
    width = shutil.get_terminal_size((160, 24)).columns - 12
    terminalreporter.section("expected failures")
    for expected in (each for each in BREAKAGES if each.file in asked):
        came = expected.file in earned
        word = "as expected" if came else "NOT SEEN"
        terminalreporter.write(f"{word:<12}", green=came, red=not came)
        terminalreporter.write(f"{expected.code} {expected.check:<10}", bold=True)
        terminalreporter.write_line(f"{expected.file:<26} {expected.story}")
        if came:
            said = earned[expected.file][: max(width, 60)]
            terminalreporter.write_line(f"{'':<12}{said}", light=True)
    if "malicious.pt" in asked:
        ran = payload_ran(config)
        words = "RAN" if ran else "did not run"
        terminalreporter.write_line(f"the payload of malicious.pt {words}", red=ran, green=not ran)
    count = len(asked & earned.keys())
    terminalreporter.write_line(f"{count} of {len(asked)} broken checkpoints failed as expected")
