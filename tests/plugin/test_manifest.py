"""The manifest of a checkpoint, written by the command and held to by the item."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.project import MLP, Item, Project

from pytest_frictionless.cli import main
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.stack.manifest import manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest
from pytest_frictionless.stack.plan_header import read_header
from pytest_frictionless.workbench.stack import manifest_of

if TYPE_CHECKING:
    from pathlib import Path

for package in ("onnx", "tensorrt_rtx"):
    pytest.importorskip(package)
Ask = Callable[..., tuple[int, str]]
MODEL = "models/a.onnx"
PINNED = 'opset: {version: 19, reason: "validated to 19"}\n'


@pytest.fixture
def ask(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Run `manifest`; its exit status, and all it said."""
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project.root)
    project.onnx(MODEL)
    project.write("frictionless.yaml", PINNED)

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main(["manifest", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def file_of(project: Project) -> Path:
    return manifest_path(project.root / MODEL)


def change(project: Project, pattern: str, new: str) -> None:
    """Change the manifest by hand."""
    text, count = re.subn(pattern, new, file_of(project).read_text(), flags=re.MULTILINE)
    assert count == 1, pattern
    file_of(project).write_text(text)


def item(project: Project) -> Item:
    return project.run(MODEL, "-k", "manifest")[f"{MODEL}::manifest"]


def test_what_is_written_tells_file_graph_engine_and_stack(project: Project, ask: Ask) -> None:
    status, said = ask("write", MODEL)
    assert (status, said) == (0, f"{MODEL}: a.onnx.manifest.yaml written\n")
    found = read_manifest(file_of(project))
    assert found.checkpoint == MODEL
    assert set(found.digests) == {"checkpoint", "onnx", "plan"}
    assert found.digests["checkpoint"] == found.digests["onnx"]
    assert found.graph is not None
    assert (found.graph.opset, found.graph.ir_version, found.graph.nodes) == (19, 10, 2)
    assert found.plan is not None
    assert found.plan.tensorrt_rtx == found.components["tensorrt_rtx"]
    assert found.plan.profiles["default"]["batch"] == (1, 4, 8)
    assert "tf32" in found.plan.flags
    assert found.components["onnx_parser"].count(".") == 2
    assert "exporter" not in found.components
    assert found.opset_reason == "validated to 19"


def test_it_is_written_once_and_then_true(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    before = file_of(project).read_bytes()
    change(project, r"^written: .*$", "written: 2020-01-01")
    old = file_of(project).read_bytes()
    assert ask("write", MODEL) == (0, f"{MODEL}: a.onnx.manifest.yaml is still true\n")
    assert file_of(project).read_bytes() == old != before


def test_all_writes_one_for_every_checkpoint_below_the_roots(project: Project, ask: Ask) -> None:
    project.onnx("models/b.onnx", MLP.replace("Neg", "Abs"))
    project.onnx("scratch/c.onnx")
    project.write("models/bad.onnx", b"\0" * 100)
    project.write("frictionless.yaml", f"roots: [models]\n{PINNED}")
    status, said = ask("write", "--all")
    assert status == 1
    assert "models/bad.onnx" in said
    written = sorted(path.name for path in project.root.rglob("*.manifest.yaml"))
    assert written == ["a.onnx.manifest.yaml", "b.onnx.manifest.yaml"]
    assert ask("write")[0] == ask("write", MODEL, "--all")[0] == 2


def test_the_item_is_skipped_without_a_manifest_unless_one_is_required(
    project: Project, ask: Ask
) -> None:
    del ask
    assert item(project).outcome == "skipped"
    assert "pytest-frictionless manifest write" in item(project).text
    project.write("frictionless.yaml", f"{PINNED}manifest: {{require: true}}\n")
    assert (item(project).outcome, item(project).code) == ("failed", "FR050")


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


def test_a_plan_beside_the_checkpoint_is_held_to_its_header(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    plan = project.root / "models/a.plan"
    shutil.copy(next(project.root.glob(".frictionless/cache/tensorrt.steps-build/*/*.plan")), plan)
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
    shutil.copy(
        next(project.root.glob(".frictionless/cache/tensorrt.steps-build/*/*.plan")), engine
    )
    for arguments in (["--plan", "deploy/v7.trt"], []):
        assert ask("write", MODEL, *arguments)[0] == 0
        plan = read_manifest(file_of(project)).plan
        assert plan is not None
        assert plan.file == "../deploy/v7.trt"
    engine.write_bytes(b"")
    status, said = ask("write", MODEL)
    assert status == 1
    assert "FR053" in said


def test_a_breaking_change_needs_a_reason_that_is_kept(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    change(project, r"^  tensorrt_rtx: .*\n  compute", "  tensorrt_rtx: 1.2.3.4\n  compute")
    before = file_of(project).read_bytes()
    status, said = ask("write", MODEL)
    assert status == 2
    assert "TensorRT-RTX 1.2.3.4 is recorded and " in said
    assert "--reason" in said
    assert file_of(project).read_bytes() == before
    assert ask("write", MODEL, "--reason", "production moves on Monday")[0] == 0
    assert read_manifest(file_of(project)).reason == "production moves on Monday"
    change(project, r"^  opset: 19$", "  opset: 18")
    status, said = ask("write", MODEL)
    assert (status, "opset 19 is delivered now" in said) == (2, True)


def test_nothing_is_written_in_ci(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    status, said = ask("write", MODEL)
    assert status == 2
    assert "manifest write does not work in CI" in said
    assert not file_of(project).exists()


def test_show_and_export_print_what_is_recorded(project: Project, ask: Ask) -> None:
    for action in ("show", "check", "export"):
        status, said = ask(action, MODEL)
        assert status == 1
        assert f"FR050 no manifest beside {MODEL}" in said
    now = ask("show", MODEL, "--now")
    assert (now[0], "python:" in now[1], "graph:" in now[1]) == (0, True, False)
    ask("write", MODEL)
    assert ask("show", MODEL, "--now") == ask("show", MODEL)
    assert ask("show", MODEL) == (0, file_of(project).read_text())
    assert json.loads(ask("show", MODEL, "--json")[1])["checkpoint"] == MODEL
    pytest.importorskip("cyclonedx")
    assert json.loads(ask("export", MODEL)[1])["bomFormat"] == "CycloneDX"
    assert ask("export", MODEL, "--output", "bom.json") == (0, "")
    assert json.loads((project.root / "bom.json").read_text())["specVersion"] == "1.6"


def test_a_place_that_cannot_be_written_is_told(project: Project, ask: Ask) -> None:
    ask("write", MODEL)
    pytest.importorskip("cyclonedx")
    assert ask("export", MODEL, "--output", "nowhere/bom.json") == (
        2, "pytest-frictionless: nowhere/bom.json: No such file or directory\n",
    )  # fmt: skip
    file_of(project).unlink()
    file_of(project).mkdir()
    status, said = ask("write", MODEL)
    assert (status, said) == (2, f"pytest-frictionless: {file_of(project)}: Is a directory\n")


@pytest.mark.parametrize("plan", ["/dev/zero", "missing.plan"])
def test_a_plan_that_is_no_file_is_not_read(ask: Ask, plan: str) -> None:
    status, said = ask("write", MODEL, "--plan", plan)
    assert status == 1
    assert "FR053" in said
    assert f"{plan} is no file" in said


def test_asking_for_a_manifest_makes_nothing_and_takes_milliseconds(
    project: Project, ask: Ask
) -> None:
    with open_model(MODEL) as bench:
        bare = manifest_of(bench)
    assert project.entries() == {}
    assert set(bare.digests) == {"checkpoint"}
    assert (bare.graph, bare.plan) == (None, None)
    assert bare.components["python"]
    ask("write", MODEL)
    with open_model(MODEL) as bench:
        start = time.perf_counter()
        found = manifest_of(bench)
        assert time.perf_counter() - start < 0.3
        assert bench.shop.store.made == 0
    assert found == read_manifest(file_of(project))


def test_a_plan_is_of_no_matter_where_nothing_builds_one(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_FRICTIONLESS_TENSORRT", "tensorrt")  # that is not installed
    assert ask("write", MODEL)[0] == 0
    found = read_manifest(file_of(project))
    assert found.plan is None
    assert set(found.digests) == {"checkpoint", "onnx"}
    assert item(project).outcome == "passed"
