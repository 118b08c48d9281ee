"""The examiner: asks once, blocks what a failure makes moot, ignores and skips with reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.questions import ERROR, SKIP, WARNING, check, examiner

from pytest_frictionless.check import Check, Context, Scope, Verdict, slug
from pytest_frictionless.checks import CHECKS
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [(Scope.CHECKPOINT, "a"), (Scope.PROFILE, "a-online"), (Scope.POINT, "a-online-min")],
)
def test_a_slug_names_what_the_check_is_asked_for(scope: Scope, wanted: str) -> None:
    assert slug(check("a", scope=scope), "online", "min") == wanted


def test_no_finding_is_a_pass_and_is_asked_once() -> None:
    asked: list[str] = []

    def run(ctx: Context) -> Iterator[Finding]:
        asked.append(ctx.profile_name)
        yield from ()

    one = Check(name="one", scope=Scope.PROFILE, run=run)
    subject = examiner(one)
    first = subject.verdict(one, "a")
    assert subject.verdict(one, "a") is first
    subject.verdict(one, "b")
    assert asked == ["a", "b"]
    assert first == Verdict()


def test_severities_fail_warn_and_skip() -> None:
    verdict = examiner(one := check("one", WARNING, ERROR)).verdict(one)
    assert verdict.failed
    assert verdict.errors == (ERROR,)
    assert verdict.findings == (WARNING, ERROR)
    verdict = examiner(one := check("one", WARNING)).verdict(one)
    assert not verdict.failed
    assert not verdict.skip
    verdict = examiner(one := check("one", SKIP)).verdict(one)
    assert verdict.skip == "FR706 no kernel"
    assert verdict.findings == ()
    verdict = examiner(one := check("one", SKIP, WARNING)).verdict(one)
    assert verdict.skip == "FR706 no kernel"
    assert verdict.findings == (WARNING,)
    verdict = examiner(one := check("one", SKIP, ERROR)).verdict(one)
    assert not verdict.skip
    assert verdict.findings == (ERROR,)


def test_a_failed_step_is_the_finding_and_a_missing_package_a_skip() -> None:
    verdict = examiner(one := check("one", WARNING, StepFailed(ERROR))).verdict(one)
    assert verdict.findings == (WARNING, ERROR)
    assert verdict.failed
    missing = MissingDependency("torch", purpose="this", extra="torch")
    verdict = examiner(one := check("one", missing)).verdict(one)
    assert not verdict.failed
    assert "pip install 'pytest-frictionless[torch]'" in verdict.skip


def test_any_other_error_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        examiner(one := check("one", ZeroDivisionError())).verdict(one)


def test_a_failure_blocks_what_comes_after_and_names_the_first_cause() -> None:
    first = check("first", ERROR)
    second = check("second", after=("first",))
    third = check("third", after=("second", "unheard_of"), scope=Scope.POINT)
    subject = examiner(first, second, third)
    verdict = subject.verdict(third, "p", "min")
    assert verdict.blocked_by == "first"
    assert verdict.findings == (ERROR,)
    assert verdict.measurements == {}  # it was not asked
    assert subject.verdict(second).blocked_by == "first"
    assert subject.verdict(first).blocked_by == ""


def test_a_profile_blocks_its_own_points_only() -> None:
    def run(ctx: Context) -> Iterator[Finding]:
        if ctx.profile_name == "bad":
            yield ERROR

    dynamic = Check(name="dynamic", scope=Scope.PROFILE, run=run)
    parity = check("parity", after=("dynamic",), scope=Scope.POINT)
    subject = examiner(dynamic, parity)
    assert subject.verdict(parity, "bad", "opt").blocked_by == "dynamic-bad"
    assert subject.verdict(parity, "good", "opt").blocked_by == ""


def test_a_check_of_a_profile_waits_for_every_point_of_what_comes_before() -> None:
    def run(ctx: Context) -> Iterator[Finding]:
        asked.append(ctx.point_name)
        if ctx.point_name == "max":
            yield ERROR

    asked: list[str] = []
    one = Check(name="one", scope=Scope.POINT, run=run)
    two = check("two", scope=Scope.PROFILE, after=("one",))
    verdict = examiner(one, two).verdict(two, "default")
    assert asked == ["min", "opt", "max"]
    assert verdict.blocked_by == "one-default-max"


def test_a_skip_and_a_warning_of_what_comes_before() -> None:
    skipping = check("skipping", MissingDependency("onnx", purpose="this", extra="onnx"))
    after = check("after", after=("skipping",))
    assert "onnx is not installed" in examiner(skipping, after).verdict(after).skip
    warned = check("warned", WARNING)
    after = check("after", after=("warned",))
    assert examiner(warned, after).verdict(after).measurements == {"asked": 1}


def test_a_check_that_yields_tells_nothing_where_the_cause_is_told() -> None:
    dynamic = check("dynamic", ERROR)
    build = check("build", Finding(code="FR801", message="gives no engine"), yields_to=("dynamic",))
    verdict = examiner(dynamic, build).verdict(build)
    assert verdict.blocked_by == "dynamic"
    assert verdict.findings == (ERROR,)
    fine = check("dynamic")
    assert examiner(fine, build).verdict(build).findings[0].code == "FR801"
    passing = check("build", yields_to=("dynamic",))
    assert not examiner(dynamic, passing).verdict(passing).blocked_by


def test_what_the_user_ignores_is_kept_apart_with_its_reason() -> None:
    one = check("one", ERROR, WARNING)
    verdict = examiner(one, ignore={"FR201": "known"}).verdict(one)
    assert not verdict.failed
    assert verdict.findings == (WARNING,)
    assert verdict.ignored == ((ERROR, "known"),)


def test_an_ignored_failure_of_a_step_skips_what_needs_the_step() -> None:
    first = check("first", StepFailed(ERROR))
    second = check("second", after=("first",))
    subject = examiner(first, second, ignore={"FR201": "known"})
    assert subject.verdict(first).skip == "FR201 no way (ignored: known)"
    assert subject.verdict(second).skip == "FR201 no way (ignored: known)"
    assert not subject.verdict(second).failed


def test_a_finding_about_sizes_says_that_they_were_assumed() -> None:
    size = Finding(code="FR605", message="does not run")
    one = check("one", size, scope=Scope.PROFILE)
    remedy = examiner(one).verdict(one, "default").findings[0].next_step
    assert "These sizes were assumed" in remedy
    assert "default: {n: [1, 4, 8]}" in remedy
    assert "path: models/net.onnx" in remedy
    said = examiner(one, profiles={"default": {"n": [1, 4, 8]}}).verdict(one, "default")
    assert said.findings == (size,)


def test_checks_of_ours_are_ordered_and_well_formed() -> None:
    names = [each.name for each in CHECKS]
    assert names == [
        "load", "export", "opset", "graph", "operators", "dynamic", "parity", "build", "run", "latency", "memory",
        "cliffs", "manifest",
    ]  # fmt: skip
    for index, each in enumerate(CHECKS):
        assert each.name.islower()
        assert each.title.endswith("?")
        assert set(each.after) <= set(names[:index])
        assert set(each.yields_to) <= set(names)


def test_a_step_that_the_machine_ended_is_told_once() -> None:
    ended = StepFailed(Finding(code="FR005", message="engine cannot be loaded"))
    operators, dynamic = check("operators", ended), check("dynamic", ended)
    subject = examiner(operators, dynamic)
    assert subject.verdict(operators).blocked_by == ""
    assert subject.verdict(dynamic).blocked_by == "operators"
    # A model at fault is told by every check that finds it so.
    other = StepFailed(Finding(code="FR605", message="does not run"))
    one, two = check("one", other), check("two", other)
    subject = examiner(one, two)
    assert [subject.verdict(each).blocked_by for each in (one, two)] == ["", ""]


AT_MIN = Finding(
    code="FR701", message="output y_1 is off at min (n=1): 3 of 8 values, by up to 0.2"
)


@pytest.mark.parametrize(
    ("at_opt", "blocked"),
    [
        ({"message": "output y_1 is off at opt (n=4): 12 of 32 values, by up to 1e-05"}, True),
        ({"place": Place(node="a")}, True),  # where the other is, is not known
        ({"message": AT_MIN.message.replace("y_1", "y_2")}, False),
        ({"message": AT_MIN.message.replace("y_1", "495")}, False),
        ({"code": "FR702"}, False),
        ({"severity": Severity.WARNING}, True),  # a warning fails nothing
    ],
)
def test_points_that_fail_alike_are_told_by_the_first(
    at_opt: dict[str, Any], blocked: bool
) -> None:
    answers = {"min": AT_MIN, "opt": replace(AT_MIN, **at_opt), "max": AT_MIN}

    def run(ctx: Context) -> Iterator[Finding]:
        ctx.measurements["at"] = ctx.point_name
        yield answers[ctx.point_name]

    one = Check(name="one", scope=Scope.POINT, run=run, one_fault=True)
    subject = examiner(one)
    first, other, last = (subject.verdict(one, "p", point) for point in answers)
    assert not first.blocked_by
    assert last.blocked_by == "one-p-min"
    assert last.measurements == {"at": "max"}
    assert bool(other.blocked_by) == (blocked and other.failed)
    each = replace(one, one_fault=False)
    subject = examiner(each)
    assert not any(subject.verdict(each, "p", point).blocked_by for point in answers)


@pytest.mark.parametrize(
    ("one", "other"), [("495", "496"), ("Identity:0", "Identity:1"), ("y-1", "y-2")]
)
def test_a_number_in_the_name_of_an_output_is_kept(one: str, other: str) -> None:
    """Names of outputs, as torch's older exporter and tf2onnx give them."""
    first, second = (
        replace(AT_MIN, message=AT_MIN.message.replace("y_1", n)) for n in (one, other)
    )
    assert first.is_like(first)
    assert not first.is_like(second)


def test_a_fault_at_another_node_is_another_fault() -> None:
    one, other = (replace(AT_MIN, place=Place(node=node)) for node in "ab")
    assert one.is_like(replace(one, message=one.message.replace("min (n=1)", "max (n=9)")))
    assert not one.is_like(other)


def test_a_point_with_a_warning_of_its_own_is_told() -> None:
    def run(ctx: Context) -> Iterator[Finding]:
        yield ERROR
        if ctx.point_name == "opt":
            yield WARNING

    one = Check(name="one", scope=Scope.POINT, run=run, one_fault=True)
    subject = examiner(one)
    points = {at: subject.verdict(one, "p", at).blocked_by for at in ("min", "opt", "max")}
    assert points == {"min": "", "opt": "", "max": "one-p-min"}
