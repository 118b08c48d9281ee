"""What is told of a verdict: FR920 to FR926, FR929, and FR912."""

from __future__ import annotations

import pytest
from tests.measured import CELL_CENTRE, cells

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.latency.elsewhere import Elsewhere
from pytest_frictionless.latency.findings import finding_of
from pytest_frictionless.latency.verdict import ENGINE_GONE, Report, Result, Verdict

CELL = cells()[0]


def told(verdict: Verdict, *, fails: bool = False, reason: str = "", notes: tuple[str, ...] = (),
         change: float = 0.031, detectable: float = 0.005) -> Finding:  # fmt: skip
    result = Result(
        cell=CELL, verdict=verdict, fails=fails, now_ms=1.031, centre=CELL_CENTRE, change=change,
        by="30 pairs of A/B", p=1e-5, reason=reason, notes=notes, detectable=detectable,
    )  # fmt: skip
    found = finding_of(result, Report(results=(result,), common=0.05, shifted=True))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "verdict", "fails", "said"),
    [
        (
            "FR920",
            Verdict.REGRESSION,
            True,
            "net0/online-x0 (batch=1) is slower than accepted: +3.1 %",
        ),
        ("FR921", Verdict.COMMON_SHIFT, True, "slower as all 1 cells are: +5.1 %"),
        ("FR921", Verdict.COMMON_SHIFT, False, ", and so is the accepted engine"),
        ("FR922", Verdict.IMPROVED, False, "accept it as the baseline"),
        ("FR923", Verdict.NOISY, False, "only a change above +0.5 % would be seen"),
        ("FR924", Verdict.TACTIC_CHANGED, True, "other kernels of the same network"),
        (
            "FR925",
            Verdict.NO_BASELINE,
            False,
            "no accepted baseline for this environment (1.031 ms",
        ),
        ("FR912", Verdict.INVALID, True, "could not be measured: hot"),
        ("FR926", Verdict.EXPIRED, False, "its baseline has expired: hot"),
    ],
)
def test_each_verdict_is_a_finding(code: str, verdict: Verdict, fails: bool, said: str) -> None:
    finding = told(verdict, fails=fails, reason="hot")
    assert finding.code == code
    assert said in finding.message
    assert finding.severity is (Severity.ERROR if fails else Severity.WARNING)
    assert finding.next_step


@pytest.mark.parametrize(
    ("verdict", "reason", "said"),
    [
        (Verdict.COMMON_SHIFT, "it is the machine", "all 1 cells are: -4.9 %, and so is the accepted engine"),
        (Verdict.COMMON_SHIFT, ENGINE_GONE, "is faster as all 1 cells are: -4.9 %"),
        (Verdict.IMPROVED, "", "accepted: -4.9 %, as all 1 cells are: accept it as the baseline"),
    ],
)  # fmt: skip
def test_cells_that_are_all_faster_are_told(verdict: Verdict, reason: str, said: str) -> None:
    result = Result(cell=CELL, verdict=verdict, change=-0.05, reason=reason)
    found = finding_of(result, Report(results=(result,), common=-0.05))
    assert found is not None
    assert found.message.endswith(said)
    assert found.severity is Severity.WARNING
    assert "baseline accept" in found.next_step


def test_a_pass_is_no_finding() -> None:
    result = Result(cell=CELL, verdict=Verdict.PASS)
    assert finding_of(result, Report(results=(result,))) is None


GONE = Elsewhere(
    environment="old-575", differences=("driver 580, not 575",), problem="its engine is gone"
)
STOOD_IN = Elsewhere(environment="old-570", differences=("driver 580, not 570", "cuda 13, not 12"))
WORDS = (
    "no baseline for this environment (driver 580, not 570; cuda 13, not 12); against the accepted "
    "engine of old-570 in 10 pairs of A/B"
)


@pytest.mark.parametrize(
    ("code", "verdict", "message", "cause"),
    [
        ("FR929", Verdict.PASS, f"net0/online-x0 (batch=1): {WORDS}: +3.1 %", ""),
        ("FR920", Verdict.REGRESSION, f"net0/online-x0 (batch=1) is slower: {WORDS}: +3.1 %", ""),
        ("FR922", Verdict.IMPROVED, f"net0/online-x0 (batch=1) is faster: {WORDS}: +3.1 %", ""),
        ("FR923", Verdict.NOISY, "net0/online-x0 (batch=1) is too noisy to judge", WORDS),
    ],
)
def test_an_engine_of_another_environment_that_stood_in_is_named(
    code: str, verdict: Verdict, message: str, cause: str
) -> None:
    result = Result(
        cell=CELL, verdict=verdict, change=0.0305, by="10 pairs of A/B", elsewhere=(GONE, STOOD_IN),
        fails=verdict is Verdict.REGRESSION,
    )  # fmt: skip
    finding = finding_of(result, Report(results=(result,)))
    assert finding is not None
    assert finding.code == code
    assert finding.message.startswith(message)
    assert cause in finding.cause
    assert "accepted in old-575 (driver 580, not 575): its engine is gone" in finding.cause
    assert finding.severity is (Severity.ERROR if result.fails else Severity.WARNING)


def test_where_no_engine_stood_in_the_other_environments_are_named() -> None:
    report = Report(results=(Result(cell=CELL, verdict=Verdict.NO_BASELINE),))
    result = report.with_elsewhere({CELL: (GONE,)}).of(CELL)
    finding = finding_of(result, report)
    assert finding is not None
    assert finding.code == "FR925"
    assert finding.cause == "accepted in old-575 (driver 580, not 575): its engine is gone"


def test_a_regression_says_what_it_rests_on() -> None:
    text = told(
        Verdict.REGRESSION, fails=True, reason="other kernels: -a; +b", notes=("two modes",)
    ).render()
    for part in ("other kernels: -a; +b", "two modes", "ms, 2026-11-01: first", "30 pairs of A/B",
                 "1e-05", "+5.1 % in common"):  # fmt: skip
        assert part in text
