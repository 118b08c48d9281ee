"""Stand-ins: who answers a question that this machine cannot be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.questions import ERROR, SKIP, WARNING, check, examiner, giving

from pytest_frictionless.check import Check, Examiner, Scope
from pytest_frictionless.errors import MissingDependency, MissingDevice, StepFailed
from pytest_frictionless.finding import Finding, Severity

NO_GPU = MissingDevice("no GPU here")
UNTRUSTED = Finding(code="FR018", message="it was changed")


def with_stand_in(check: Check, *answers: Finding | Exception, **spec: Any) -> Examiner:
    """An examiner that has someone else to ask."""
    made = examiner(check, **spec)
    stand_in = replace(check, run=giving(*answers))
    return Examiner(made.workbench, made.checks, {check.name: stand_in})


@pytest.mark.parametrize(
    ("answers", "outcome"), [((), ("", False)), ((WARNING,), ("", False)), ((ERROR,), ("", True))]
)
def test_a_stand_in_answers_what_cannot_be_asked_here(
    answers: tuple[Finding, ...], outcome: tuple[str, bool]
) -> None:
    one = check("run", NO_GPU)
    verdict = with_stand_in(one, *answers).verdict(one)
    assert (verdict.skip, verdict.failed) == outcome
    assert verdict.findings == answers
    assert not verdict.missing


@pytest.mark.parametrize("answer", [ERROR, SKIP, StepFailed(ERROR)])
def test_a_stand_in_is_not_asked_where_there_is_an_answer(answer: Finding | StepFailed) -> None:
    one = check("run", answer)
    subject = with_stand_in(one, AssertionError("was asked"))
    assert subject.verdict(one) == examiner(one).verdict(one)


def test_a_stand_in_without_an_answer_adds_its_reason_once() -> None:
    first, second = check("run", NO_GPU), check("latency", NO_GPU, after=("run",))
    skip = replace(UNTRUSTED, severity=Severity.SKIP)
    made = examiner(first, second)
    others = {each.name: replace(each, run=giving(skip)) for each in (first, second)}
    subject = Examiner(made.workbench, made.checks, others)
    for each in (first, second):
        assert subject.verdict(each).skip == "no GPU here; FR018 it was changed"


def test_a_stand_in_answers_a_question_that_comes_after_a_missing_one() -> None:
    first = check("build", MissingDependency("tensorrt-rtx", purpose="the builder", extra="rtx"))
    second = check("run", after=("build",))
    made = examiner(first, second)
    subject = Examiner(made.workbench, made.checks, {"run": replace(second, run=giving(ERROR))})
    assert subject.verdict(first).skip
    assert subject.verdict(second).findings == (ERROR,)


def test_evidence_that_is_not_trusted_is_one_red_line() -> None:
    one = check("run", NO_GPU, scope=Scope.POINT)
    subject = with_stand_in(one, StepFailed(UNTRUSTED))
    assert subject.verdict(one, "default", "min").blocked_by == ""
    assert subject.verdict(one, "default", "opt").blocked_by == "run-default-min"


def test_a_suppressed_code_of_a_stand_in_does_not_make_it_pass() -> None:
    one = check("run", NO_GPU)
    verdict = with_stand_in(one, StepFailed(UNTRUSTED), ignore={"FR018": "why"}).verdict(one)
    assert verdict.skip == "no GPU here; FR018 it was changed (ignored: why)"
    assert [finding.code for finding, _ in verdict.ignored] == ["FR018"]
