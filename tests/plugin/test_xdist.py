"""Several workers: every item once, every artifact once."""

from __future__ import annotations

import pytest
from tests.project import CHECKS, DET, MLP, Project

pytest.importorskip("xdist")


@pytest.mark.parametrize("arguments", [[], ["--dist", "loadfile"]], ids=["load", "loadfile"])
def test_two_workers_run_every_item_and_make_every_artifact_once(
    project: Project, arguments: list[str]
) -> None:
    # Different models: artifacts are kept by content, equal files would share theirs.
    for name, operator in {"a": "Neg", "b": "Abs", "c": "Exp", "d": "Sin"}.items():
        project.onnx(f"models/{name}.onnx", MLP.replace("Neg", operator))
    alone = project.run_isolated("models", "--frictionless-cache-dir", ".other-cache")
    outcome = project.run_isolated("models", "-n", "2", *arguments)
    assert sorted(outcome.ids) == sorted(
        f"models/{name}.onnx::{check}" for name in "abcd" for check in CHECKS
    )
    assert outcome.failed() == []
    assert outcome.artifacts()[0] == alone.artifacts()[0]
    if arguments:
        assert outcome.artifacts() == alone.artifacts()
    again = project.run_isolated("models", "-n", "2", *arguments)
    assert again.artifacts()[0] == 0
    assert again.code == 0


def test_failures_and_numbers_travel_from_the_workers(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.onnx("models/det.onnx", DET)
    outcome = project.run_isolated("models", "-n", "2", "--dist", "loadfile")
    assert outcome.failed() == ["models/det.onnx::operators"]
    failed = outcome["models/det.onnx::operators"]
    assert failed.headline.startswith("FR501 Det is rejected by TensorRT-RTX")
    assert outcome["models/det.onnx::build-default"].text.startswith(
        "Skipped: needs operators: FR501"
    )
    assert outcome["models/a.onnx::build-default"].values("plan_bytes")[0] > 1000
    assert "FAILED models/det.onnx::operators - FR501 Det is rejected" in outcome.stdout
    assert "models/det.onnx   ok     ok    warn    ok      FAIL" in outcome.stdout


def test_without_checkpoints_the_run_fails_with_workers_too(project: Project) -> None:
    project.write("test_own.py", "def test_own(): pass\n")
    outcome = project.run_isolated("-n", "2")
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    assert "no checkpoint was found" in outcome.stdout
    assert project.run_isolated("-n", "2", "--frictionless-allow-empty").code == 0
