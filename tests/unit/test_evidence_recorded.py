"""What of a record is signed: the latest run on a GPU, and nothing that was not asked there."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.evidence.recorded import gpu_run
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.results import (
    Checkpoint,
    Commit,
    Ignored,
    Item,
    Outcome,
    Results,
    Run,
)

if TYPE_CHECKING:
    from pytest_frictionless.evidence.statement import GpuRun

PATH = "models/net.onnx"
ON_H200 = {"gpu": "NVIDIA H200", "engine": "TensorRT-RTX 1.6.1.120"}
ERROR = Finding(code="FR901", message="numbers differ", cause="a kernel")
WARNING = Finding(code="FR925", message="no baseline", severity=Severity.WARNING)


def run(day: int, **more: Any) -> Run:
    started = datetime.datetime(2026, 3, day, tzinfo=datetime.UTC)
    return Run(written_by="w", started=started, seconds=1, exit=0, complete=True, **more)


def item(
    name: str = "run-default-min", outcome: str = "passed", index: int = 0, **more: Any
) -> Item:
    more.setdefault("measurements", ON_H200)
    return Item(
        id=f"{PATH}::{name}", checkpoint=PATH, check=name.partition("-")[0], run=index,
        outcome=Outcome(outcome), **more,
    )  # fmt: skip


def signed(*items: Item, runs: tuple[Run, ...] = (run(1),)) -> GpuRun | None:
    checkpoint = Checkpoint(path=PATH, settings={"budget": "a"})
    return gpu_run(Results.of(runs, [checkpoint], items), checkpoint, {"run", "latency"})


def only(*items: Item) -> Any:
    found = signed(*items)
    assert found is not None
    (verdict,) = found.verdicts
    return verdict


def test_items_that_need_a_gpu_are_signed_and_no_others() -> None:
    found = signed(item(), item("load"), item("latency-default-min"))
    assert found is not None
    assert [each.item for each in found.verdicts] == ["latency-default-min", "run-default-min"]
    assert (found.gpu, found.engine, found.settings) == (*ON_H200.values(), {"budget": "a"})


@pytest.mark.parametrize(
    "left_out",
    [
        item(outcome="skipped", skip="no GPU here", measurements={}),
        item(measurements={**ON_H200, "evidence": "signed by gpu"}),
        item(measurements={}),
        item("load"),
    ],
)
def test_without_an_answer_from_a_gpu_there_is_nothing_to_sign(left_out: Item) -> None:
    assert signed(left_out) is None


def test_the_machine_of_the_run_stands_for_items_that_measured_nothing() -> None:
    failed = item(outcome="failed", findings=(ERROR,), measurements={})
    machine = {"gpu": "NVIDIA H200", "tensorrt_rtx": "1.6.1.120"}
    found = signed(failed, runs=(run(1, environment=machine),))
    assert found is not None
    assert (found.gpu, found.engine) == tuple(ON_H200.values())
    assert signed(failed, runs=(run(1, environment={**machine, "tensorrt": "10.15"}),)) is None


def test_the_latest_run_counts_alone() -> None:
    runs = run(1), run(2, commit=Commit(sha="c0ffee", dirty=True)), run(3)
    found = signed(
        item(outcome="failed", findings=(ERROR,)), item("latency-default-min"),
        item(index=1), item(index=2, outcome="skipped", measurements={}), runs=runs,
    )  # fmt: skip
    assert found is not None
    assert [(each.item, each.outcome) for each in found.verdicts] == [("run-default-min", "passed")]
    assert (found.run_at.day, found.commit, found.modified) == (2, "c0ffee", True)


def test_findings_are_signed_whether_or_not_they_count_here() -> None:
    verdict = only(item(findings=(WARNING,), ignored=(Ignored(finding=ERROR, reason="known"),)))
    assert verdict.outcome == "passed"
    assert [(each.code, each.severity) for each in verdict.findings] == [
        ("FR925", "warning"), ("FR901", "error"),
    ]  # fmt: skip
    assert verdict.findings[1].cause == "a kernel"


@pytest.mark.parametrize("outcome", ["failed", "error", "xfailed"])
def test_a_failure_is_signed_as_one(outcome: str) -> None:
    verdict = only(item(outcome=outcome, findings=(ERROR,)))
    assert (verdict.outcome, [each.code for each in verdict.errors]) == ("failed", ["FR901"])


def test_a_warning_that_failed_a_strict_run_fails_elsewhere_too() -> None:
    verdict = only(item(outcome="failed", findings=(WARNING,)))
    assert [each.code for each in verdict.errors] == ["FR925"]


def test_a_failure_without_a_finding_stays_one() -> None:
    (error,) = only(item(outcome="failed")).errors
    assert (error.code, error.message) == (
        "FR010",
        "run-default-min failed, and no finding says why",
    )


def test_measurements_are_numbers_and_words() -> None:
    told = {
        **ON_H200,
        "max_abs": 0.5,
        "rounds": 7,
        "cuda_graph": True,
        "sizes": {"n": 1},
        "curves": [1],
    }
    assert set(only(item(measurements=told)).measurements) == {
        *ON_H200,
        "max_abs",
        "rounds",
        "cuda_graph",
    }


def test_one_run_is_of_one_gpu() -> None:
    other = item("latency-default-min", measurements={**ON_H200, "gpu": "NVIDIA L4"})
    with pytest.raises(ConfigError, match="one run names several of gpu: NVIDIA H200, NVIDIA L4"):
        signed(item(), other)


def test_an_item_that_failed_as_another_did_is_signed_as_failed() -> None:
    first = item(outcome="failed", findings=(ERROR,))
    alike = item(
        "run-default-max", "skipped", skip="fails as run-default-min", blocked_by="run-default-min"
    )
    moot = item(
        "latency-default-max", "skipped", skip="needs run-default-min", blocked_by="run-default-min"
    )
    found = signed(moot, first, alike)
    assert found is not None
    outcomes = {each.item: (each.outcome, bool(each.skip)) for each in found.verdicts}
    assert outcomes == {
        "run-default-min": ("failed", False), "run-default-max": ("failed", False),
        "latency-default-max": ("skipped", True),
    }  # fmt: skip
    codes = {each.item: [f.code for f in each.findings] for each in found.verdicts}
    assert codes["run-default-max"] == codes["run-default-min"] == ["FR901"]
