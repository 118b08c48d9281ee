"""One engine at several shape points: which differ, by how much, and whether TF32 makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.project import MLP

from pytest_frictionless.check import Context
from pytest_frictionless.checks import run as run_check
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.workbench import points
from pytest_frictionless.workbench.points import APART, NOTABLE, apart, elsewhere, output_of, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.project import Project

    from pytest_frictionless.artifacts.run import ComparisonRecord, EngineRunRecord
    from pytest_frictionless.finding import Finding
    from pytest_frictionless.workbench.workbench import Workbench

pytest.importorskip("onnx")

CONFIG = "models: {net: {profiles: {online: {batch: [1, 16, 64]}, same: {batch: [4, 8, 8]}}}}\n"


def ran(error: float, *, atol: float = 1e-3, **changes: Any) -> EngineRunRecord:
    """A run of ResNet-50's kind: one output of magnitude 1 that is off by `error`."""
    output: ComparisonRecord = {
        "name": "y", "dtype": "float32", "shape": [1, 8], "reference_shape": [1, 8],
        "max_abs": error, "max_rel": error, "worst_index": [0, 3], "worst_value": 1 + error,
        "worst_reference": 1.0, "violations": 5 if error > atol else 0, "elements": 8,
        "not_finite": 0, "reference_not_finite": 0, "rtol": 0.0, "atol": atol, "scale": 1.0,
        **changes,  # type: ignore[typeddict-item]
    }  # fmt: skip
    return {
        "engine": "TensorRT-RTX 1.6.1.120", "gpu": "NVIDIA H200", "sizes": {}, "workspace_mib": 1.0,
        "comparisons": [output], "unwritten": {}, "unsteady": {}, "absent": [],
    }  # fmt: skip


@pytest.fixture
def bench(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A model whose engine ran somewhere else: what is kept of the runs is what is asked."""
    project.write("frictionless.yaml", CONFIG)
    shop = open_shop(project.root)
    shop.store.prepare()
    made = open_workbench(shop, project.onnx("net.onnx", MLP))
    for module in (run_check, points):
        monkeypatch.setattr(module, "engine_run", kept)
    yield made
    made.close()
    shop.zygote.close()


def kept(bench: Workbench, profile: str, point: Any) -> EngineRunRecord:
    return bench.engine_runs[profile, point.name]


def fill(bench: Workbench, errors: Mapping[str, float], precise: float = 3e-7) -> None:
    for at, error in errors.items():
        bench.engine_runs["online", at] = ran(error)
        bench.precise_runs["online", at] = ran(precise)


def asked(bench: Workbench, at: str) -> tuple[list[Finding], list[str]]:
    context = Context(workbench=bench, profile_name="online", point_name=at)
    return list(run_check.CHECK.run(context)), context.notes


def test_a_point_that_is_wrong_is_told_with_those_that_are_right(bench: Workbench) -> None:
    fill(bench, {"min": 1.2e-2, "opt": 6e-4, "max": 5e-4})
    ((finding,), notes) = asked(bench, "min")
    assert finding.code == "FR904"
    assert finding.message.endswith(
        "because of TF32; right to 0.0006 at opt and right to 0.0005 at max, off by 0.012 at min"
    )
    assert dict(finding.evidence)["share at opt"] == "0.0006, within the tolerance"
    assert notes == []


def test_another_cause_than_tf32_is_not_called_that(bench: Workbench) -> None:
    fill(bench, {"min": 1.2e-2, "opt": 6e-4, "max": 2e-3}, precise=1.1e-2)
    ((finding,), _) = asked(bench, "min")
    assert finding.code == "FR901"
    assert "TF32" not in finding.message
    assert "right to 0.0006 at opt, off by 0.012 at min" in finding.message
    assert dict(finding.evidence)["share at max"] == "0.002, outside the tolerance"


def test_points_that_are_all_wrong_are_told_where_one_is_far_worse(bench: Workbench) -> None:
    fill(bench, {"min": 5e-2, "opt": 2e-3, "max": 2e-2})
    ((finding,), _) = asked(bench, "min")
    assert finding.message.endswith("; off by only 0.002 at opt, off by 0.05 at min")
    ((finding,), _) = asked(bench, "max")
    assert finding.message.endswith("; off by only 0.002 at opt, off by 0.02 at max")


def test_a_difference_within_the_tolerance_is_a_note_with_its_cause(bench: Workbench) -> None:
    fill(bench, {"min": 9e-4, "opt": 4e-5})
    findings, notes = asked(bench, "opt")
    assert findings == []
    assert notes == [
        "output y is right to 4e-05 of its magnitude at opt, and off by 0.0009 at min because of "
        "TF32 (3e-07 without it)"
    ]
    bench.precise_runs["online", "min"] = ran(8e-4)
    assert not asked(bench, "opt")[1][0].endswith("without it)")


@pytest.mark.parametrize(
    "errors",
    [
        {"min": 9e-4, "opt": 9e-4 / APART * 1.1},
        {"min": NOTABLE * 0.9, "opt": NOTABLE * 1e-3},
        {"min": 9e-4, "max": 4e-5, "opt": 2e-4},
    ],
    ids=["about alike", "all of them rounding", "told at min and max"],
)
def test_points_that_are_alike_are_not_told(bench: Workbench, errors: dict[str, float]) -> None:
    fill(bench, errors)
    assert asked(bench, "opt") == ([], [])


def test_points_of_equal_sizes_are_one(bench: Workbench) -> None:
    for at in ("min", "opt", "max"):
        bench.engine_runs["same", at] = ran(1e-3)
    profile = bench.profiles["same"]
    assert list(elsewhere(bench, "same", profile.at("min"), ask=False)) == ["opt"]
    assert list(elsewhere(bench, "same", profile.at("max"), ask=False)) == ["min"]
    assert elsewhere(bench, "online", bench.profiles["online"].at("min"), ask=False) == {}


def test_an_output_without_numbers_is_not_compared(bench: Workbench) -> None:
    assert output_of(ran(1.0, not_finite=3), "y") is None
    assert output_of(ran(1.0, shape=[2, 8]), "y") is None
    runs = {"min": ran(1.0, not_finite=3), "opt": ran(1e-6)}
    assert list(apart(bench, "online", "opt", runs)) == []
    assert share(ran(0.5, scale=0.0)["comparisons"][0]) == 0.5
