"""What two runs answered differently, and what is no difference."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.results import Checkpoint, Item, Outcome, Results, Run
from pytest_frictionless.upgrade.compare import Change, Kind, compare, told

RUN = Run(
    written_by="", started=datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC), seconds=1, exit=0,
    complete=True,
)  # fmt: skip
REFUSED = Finding(code="FR501", message="Squeeze is rejected by TensorRT-RTX 1.6.1.120")
BUILDER = Finding(code="FR502", message="GRU is rejected")
WARNING = Finding(code="FR407", message="3 nodes give the same", severity=Severity.WARNING)


def item(
    check: str = "operators", outcome: str = "passed", *findings: Finding, **more: Any
) -> Item:
    return Item(
        id=more.pop("id", f"m.onnx::{check}"), checkpoint="m.onnx", check=check,
        outcome=Outcome(outcome), findings=findings, **more,
    )  # fmt: skip


def results(*items: Item) -> Results:
    return Results(runs=(RUN,), checkpoints=(Checkpoint(path="m.onnx"),), items=items)


def changes(before: Item | None, after: Item | None) -> list[Change]:
    old, new = (results(*([each] if each else [])) for each in (before, after))
    return list(compare(old, new))


def kinds(before: Item | None, after: Item | None) -> list[Kind]:
    return [change.kind for change in changes(before, after)]


def test_a_run_is_no_different_from_itself() -> None:
    one = results(item(), item("build", "failed", REFUSED, measurements={"build_s": 3.0}))
    assert compare(one, one) == ()


def test_what_fails_now_is_told_with_its_finding() -> None:
    (change,) = changes(item(), item("operators", "failed", WARNING, REFUSED))
    assert change.kind is Kind.BROKE
    assert change.is_blamed
    assert change.finding == REFUSED
    assert str(change) == f"m.onnx::operators now fails: {REFUSED.headline}"


def test_what_passes_now_was_mended() -> None:
    (change,) = changes(item("operators", "failed", REFUSED), item())
    assert change.kind is Kind.MENDED
    assert not change.is_blamed
    assert REFUSED.headline in change.text


def test_another_failure_is_told_and_other_words_are_not() -> None:
    old = item("operators", "failed", REFUSED)
    assert kinds(old, item("operators", "failed", BUILDER)) == [Kind.BROKE]
    other = Finding(code="FR501", message="Squeeze is rejected by TensorRT-RTX 1.7.1.116")
    assert kinds(old, item("operators", "failed", other)) == []


def test_a_point_that_failed_as_the_first_did_has_failed_before() -> None:
    first = item("run", "failed", REFUSED, id="m.onnx::run-p-min")
    skip = "fails as run-p-min: FR501"
    alike = item("run", "skipped", id="m.onnx::run-p-max", skip=skip, blocked_by="run-p-min")
    mended, still = replace(first, outcome=Outcome.PASSED, findings=()), replace(first, id=alike.id)
    found = compare(results(first, alike), results(mended, still))
    assert [(each.kind, each.item) for each in found] == [(Kind.MENDED, first.id)]
    found = compare(results(first, alike), results(mended, replace(mended, id=alike.id)))
    assert {each.kind for each in found} == {Kind.MENDED}
    assert len(found) == 2


def test_what_is_not_asked_any_more_counts_and_what_waits_for_another_item_does_not() -> None:
    gone = item("run", "skipped", skip="no kernel for compute capability 9.0")
    (change,) = changes(item("run"), gone)
    assert change.kind is Kind.UNASKED
    assert "compute capability 9.0" in change.text
    assert kinds(item("build"), item("build", "skipped", blocked_by="operators")) == []
    assert kinds(item("run", "skipped", skip="no GPU"), gone) == []


def test_what_is_asked_at_last() -> None:
    unasked = item("parity", "skipped", skip="ONNX Runtime 1.22.1 does not know the model")
    (change,) = changes(unasked, item("parity"))
    assert change.kind is Kind.MENDED
    assert change.text.endswith("ONNX Runtime 1.22.1 does not know the model")
    (change,) = changes(unasked, item("parity", "failed", REFUSED))
    assert change.kind is Kind.BROKE
    assert change.text.startswith("is asked now and fails")
    assert kinds(item("build", "skipped", blocked_by="operators"), item("build")) == []


def test_items_that_come_and_go() -> None:
    assert kinds(item(), None) == [Kind.UNASKED]
    assert kinds(item("run", "skipped", skip="no GPU"), None) == []
    assert kinds(None, item()) == []
    assert kinds(None, item("operators", "failed", REFUSED)) == [Kind.BROKE]


def test_that_the_manifest_names_another_environment_is_meant() -> None:
    assert kinds(item("manifest"), item("manifest", "failed", REFUSED)) == []


def test_a_new_warning_is_told_once() -> None:
    assert kinds(item(), item("operators", "passed", WARNING)) == [Kind.WARNED]
    assert kinds(item("operators", "passed", WARNING), item("operators", "passed", WARNING)) == []


@pytest.mark.parametrize(
    ("check", "name", "before", "after", "kind"),
    [
        ("opset", "opset", 18, 20, Kind.DIFFERS),
        ("export", "nodes", 27, 14, Kind.DIFFERS),
        ("graph", "nodes", 27, 14, None),  # told of export already
        ("build", "plan_bytes", 1_000_000, 1_010_000, None),
        ("build", "plan_bytes", 1_000_000, 1_030_000, Kind.DIFFERS),
        ("build", "build_s", 0.1, 0.9, None),  # nine times, and still nothing
        ("build", "build_s", 10.0, 15.0, None),  # five seconds, and a busy machine
        ("build", "build_s", 1.0, 2.5, Kind.SLOWER),
        ("build", "build_s", 2.5, 1.0, Kind.FASTER),
        ("latency", "latency_ms", 2.0, 2.05, None),
        ("latency", "latency_ms", 2.0, 2.2, Kind.SLOWER),
        ("parity", "max_abs", 1e-9, 1e-7, None),  # rounding of small numbers
        ("parity", "max_abs", 1e-6, 5e-6, None),
        ("parity", "max_abs", 1e-6, 5e-5, Kind.WORSE),
        ("parity", "max_abs", 5e-5, 1e-6, Kind.DIFFERS),
        ("parity", "max_abs", 0.0, "NaN", None),  # an item with NaN fails by itself
    ],
)
def test_measurements(check: str, name: str, before: Any, after: Any, kind: Kind | None) -> None:
    found = changes(
        item(check, measurements={name: before}), item(check, measurements={name: after})
    )
    assert [(each.kind, each.measure) for each in found] == ([(kind, name)] if kind else [])


def test_the_worst_comes_first_and_is_said_once_for_several_points() -> None:
    points = [f"m.onnx::parity-default-{point}" for point in ("min", "opt", "max")]
    old = results(
        item("export", measurements={"nodes": 3}), *(item("parity", id=each) for each in points)
    )
    new = results(
        item("export", measurements={"nodes": 4}),
        *(item("parity", "failed", BUILDER, id=each) for each in points),
    )
    found = compare(old, new)
    assert [change.kind for change in found] == [Kind.BROKE] * 3 + [Kind.DIFFERS]
    assert told(found) == [
        "m.onnx::parity-default-max now fails: FR502 GRU is rejected (and 2 more)",
        "m.onnx::export nodes 3 -> 4",
    ]
