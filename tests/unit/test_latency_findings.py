"""What is told of a verdict: FR920 to FR926, and FR912."""

from __future__ import annotations

import pytest
from tests.measured import CELL_CENTRE, cells

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.latency.findings import finding_of
from pytest_frictionless.latency.verdict import Report, Result, Verdict

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
        ("FR922", Verdict.IMPROVED, False, "re-anchor?"),
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


def test_a_pass_is_no_finding() -> None:
    result = Result(cell=CELL, verdict=Verdict.PASS)
    assert finding_of(result, Report(results=(result,))) is None


def test_a_regression_says_what_it_rests_on() -> None:
    text = told(
        Verdict.REGRESSION, fails=True, reason="other kernels: -a; +b", notes=("two modes",)
    ).render()
    for part in ("other kernels: -a; +b", "two modes", "ms, 2026-11-01: first", "30 pairs of A/B",
                 "1e-05", "+5.1 % in common"):  # fmt: skip
        assert part in text
