"""The manifest of a checkpoint, as the item holds to it."""

from __future__ import annotations

import pytest
from tests.manifests import MODEL, PINNED, Ask, ask, change, item
from tests.project import MLP, Project

__all__ = ["ask"]

for package in ("onnx", "tensorrt_rtx"):
    pytest.importorskip(package)


def test_the_item_is_skipped_without_a_manifest_unless_one_is_required(
    project: Project, ask: Ask
) -> None:
    del ask
    assert item(project).outcome == "skipped"
    assert "pytest-frictionless manifest write" in item(project).text
    project.write("frictionless.yaml", f"{PINNED}manifest: {{require: true}}\n")
    assert (item(project).outcome, item(project).code) == ("failed", "FR050")


def test_a_run_says_nothing_of_manifests_where_nobody_keeps_them(
    project: Project, ask: Ask
) -> None:
    del ask
    run = project.run(MODEL, "-k", "load or manifest")
    assert "manifest" not in run.stdout.partition(" frictionless ====")[2]
    assert (
        f"pytest-frictionless manifest write {MODEL}" in project.run("-k", "manifest", "-rs").stdout
    )


def test_an_engine_without_a_manifest_is_told(project: Project, ask: Ask) -> None:
    del ask
    project.write("models/a.plan", b"ftrt")
    run = project.run(MODEL, "-k", "load or manifest")
    assert (run.code, run[f"{MODEL}::manifest"].outcome) == (0, "skipped")
    assert "not asked: manifest: FR078 a.plan is deployed, and no manifest says" in run.stdout


def test_the_item_passes_where_nothing_changed(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    passed = item(project)
    assert passed.outcome == "passed"
    assert passed.values("differences")[0]["identical"] >= 8
    status, said = ask("check", MODEL)
    assert status == 0, said
    assert "identical" in said


@pytest.mark.parametrize(
    ("pattern", "new", "code", "said"),
    [
        (r"^  opset: 19$", "  opset: 18", "FR052", "opset 19 is delivered and 18 recorded"),
        (r"^  ir_version: 10$", "  ir_version: 9", "FR052", "IR version 10"),
        (r"^  checkpoint: \w+$", f"  checkpoint: {'a' * 64}", "FR052", "another file"),
        (r"batch: \[1, 4, 8\]", "batch: [1, 4, 9]", "FR052", "profiles are others"),
        (r"^graph:\n(  .*\n)+", "", "FR052", "nothing of the ONNX file"),
        (r"^written: .*$", "written: then", "FR051", "a.onnx.manifest.yaml:5:"),
        (r"^  tensorrt_rtx: .*\n  compute", "  tensorrt_rtx: 1.2.3.4\n  compute", "FR055", "1.2.3.4"),
    ],
)  # fmt: skip
def test_what_is_no_longer_so_is_one_red_line(
    project: Project, ask: Ask, pattern: str, new: str, code: str, said: str
) -> None:
    ask("write", MODEL)
    change(project, pattern, new)
    failed = item(project)
    assert (failed.outcome, failed.code) == ("failed", code)
    assert said in failed.headline
    assert failed.text.count(f"{code} ") == 1
    status, told = ask("check", MODEL)
    assert status == 1
    assert code in told


def test_a_checkpoint_that_was_trained_again_is_stale_until_it_is_written_again(
    project: Project, ask: Ask
) -> None:
    ask("write", MODEL)
    project.onnx(MODEL, MLP.replace("Neg", "Abs"))
    failed = item(project)
    assert failed.code == "FR052"
    assert f"pytest-frictionless manifest write {MODEL}" in failed.text
    assert ask("write", MODEL)[0] == 0
    assert item(project).outcome == "passed"
