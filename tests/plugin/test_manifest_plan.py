"""The engine that a manifest describes: beside the model, of another name, gone, or of another model."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.manifests import MODEL, PINNED, Ask, ask, change, file_of, item
from tests.project import MLP

from pytest_frictionless.cli.project import open_model
from pytest_frictionless.stack.manifest import manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest
from pytest_frictionless.stack.plan_header import read_header

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project


__all__ = ["ask"]

for package in ("onnx", "tensorrt_rtx"):
    pytest.importorskip(package)

OTHER = "models/a.ONNX"


def built(project: Project) -> Path:
    """The engine that was built of the model."""
    return next(project.root.glob(".frictionless/cache/tensorrt.steps-build/*/*.plan"))


def test_a_plan_beside_the_checkpoint_is_held_to_its_header(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    plan = project.root / "models/a.plan"
    shutil.copy(built(project), plan)
    assert ask("write", MODEL)[1].endswith("written\n")
    found = read_manifest(file_of(project))
    assert found.plan is not None
    assert found.plan.file == "a.plan"
    assert found.plan.profiles  # it is the one that was built here
    assert item(project).outcome == "passed"
    raw = bytearray(plan.read_bytes())
    raw[-1] ^= 1
    plan.write_bytes(raw)
    assert "another file" in item(project).headline
    raw[25] = 6
    plan.write_bytes(raw)
    assert f"was built by {read_header(plan).title}" in item(project).headline
    plan.write_bytes(raw[:1000])
    assert "its header says" in item(project).headline
    plan.unlink()
    assert (item(project).code, "is no file" in item(project).headline) == ("FR053", True)


def test_a_plan_of_another_name_is_named_once(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    engine = project.write("deploy/v7.trt", b"")
    shutil.copy(built(project), engine)
    for arguments in (["--plan", "deploy/v7.trt"], []):
        assert ask("write", MODEL, *arguments)[0] == 0
        plan = read_manifest(file_of(project)).plan
        assert plan is not None
        assert plan.file == "../deploy/v7.trt"
    engine.write_bytes(b"")
    status, said = ask("write", MODEL)
    assert status == 1
    assert "FR053" in said


@pytest.mark.parametrize("plan", ["/dev/zero", "missing.plan"])
def test_a_plan_that_is_no_file_is_not_read(ask: Ask, plan: str) -> None:
    status, said = ask("write", MODEL, "--plan", plan)
    assert status == 1
    assert "FR053" in said
    assert f"{plan} is no file" in said


def test_a_plan_is_of_no_matter_where_nothing_builds_one(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_FRICTIONLESS_TENSORRT", "tensorrt")  # that is not installed
    assert ask("write", MODEL)[0] == 0
    found = read_manifest(file_of(project))
    assert found.plan is None
    assert set(found.digests) == {"checkpoint", "onnx"}
    assert item(project).outcome == "passed"


def test_a_plan_that_was_removed_is_dropped_and_told(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    plan = project.root / "models/a.plan"
    shutil.copy(built(project), plan)
    ask("write", MODEL)
    old = read_manifest(file_of(project))
    change(project, r"^  tensorrt_rtx: .*\n  compute", "  tensorrt_rtx: 1.2.3.4\n  compute")
    plan.unlink()
    status, said = ask("write", MODEL)
    assert status == 0
    assert said.startswith(f"{MODEL}: a.onnx.manifest.yaml written; a.plan is gone: dropped is ")
    for lost in (
        "TensorRT-RTX 1.2.3.4",
        f"sha256 {old.digests['plan']}",
        "flags tf32",
        "profiles default",
    ):
        assert lost in said
    assert said.endswith("; described is the engine that was built here\n")
    found = read_manifest(file_of(project))
    assert found.plan is not None
    assert found.plan.file == ""
    assert item(project).outcome == "passed"
    assert ask("write", MODEL) == (0, f"{MODEL}: a.onnx.manifest.yaml is still true\n")


@pytest.mark.parametrize("keeps", ["link", "DVC"])
def test_a_plan_that_is_kept_elsewhere_is_no_removed_plan(
    project: Project, ask: Ask, keeps: str
) -> None:
    ask("write", MODEL)
    plan = project.root / "models/a.plan"
    shutil.copy(built(project), plan)
    ask("write", MODEL)
    before = file_of(project).read_bytes()
    plan.unlink()
    if keeps == "DVC":
        project.write("models/a.plan.dvc", "outs: [{md5: 0, path: a.plan}]\n")
    else:
        plan.symlink_to("../.store/a.plan")
    status, said = ask("write", MODEL)
    assert (status, "FR053" in said) == (1, True)
    assert file_of(project).read_bytes() == before


@pytest.fixture
def two(project: Project, ask: Ask) -> Project:
    """Two models of one name, and an engine of that name beside them."""
    project.onnx("models/other.onnx", MLP.replace("Neg", "Abs"))
    (project.root / "models/other.onnx").rename(project.root / OTHER)
    ask("write", "--all")
    shutil.copy(built(project), project.root / "models/a.plan")
    for manifest in project.root.rglob("*.manifest.yaml"):
        manifest.unlink()
    return project


def break_copy(project: Project) -> None:
    """Make the plan another file than any that was built here, with its header whole."""
    plan = project.root / "models/a.plan"
    plan.write_bytes(plan.read_bytes()[:-1] + b"?")


def described(project: Project, model: str) -> str:
    """File of the engine that the manifest of a model describes."""
    plan = read_manifest(manifest_path(project.root / model)).plan
    return plan.file if plan else "none"


def test_whose_plan_it_is_the_engine_in_the_cache_tells(two: Project, ask: Ask) -> None:
    with open_model(MODEL) as bench:
        engine = bench.plan(list(bench.profiles))
        shutil.copy(engine.folder / engine.record["plan"], two.root / "models/a.plan")
    assert ask("write", "--all")[0] == 0
    assert (described(two, MODEL), described(two, OTHER)) == ("a.plan", "")


def test_whose_plan_it_is_nothing_tells_until_it_is_named(two: Project, ask: Ask) -> None:
    break_copy(two)
    status, said = ask("write", "--all")
    assert status == 1
    assert said.count("FR077") == 2
    line = (
        f"FR077 models/a.plan may be the engine of {MODEL} or of {OTHER}: "
        f"pytest-frictionless manifest write {MODEL} --plan models/a.plan"
    )
    assert line in said
    assert not list(two.root.rglob("*.manifest.yaml"))
    run = two.run(MODEL, "-k", "manifest")
    assert run[f"{MODEL}::manifest"].outcome == "skipped"
    assert f"not asked: manifest: {line}" in run.stdout
    assert ask("write", MODEL, "--plan", "models/a.plan")[0] == 0
    assert ask("write", "--all")[0] == 0
    assert (described(two, MODEL), described(two, OTHER)) == ("a.plan", "")


@pytest.mark.parametrize(
    "settings",
    [
        "exclude: [a.ONNX]",
        "models: {a: {path: models/a.onnx}}",
        "models: {x: {path: models/a.ONNX, skip: old}}",
    ],
)
def test_whose_plan_it_is_the_settings_tell(two: Project, ask: Ask, settings: str) -> None:
    break_copy(two)
    two.write("frictionless.yaml", f"{PINNED}{settings}\n")
    assert ask("write", MODEL)[0] == 0
    assert described(two, MODEL) == "a.plan"
