"""`manifest write` and `show`: what is recorded, when, and what is refused."""

from __future__ import annotations

import json

import pytest
from tests.manifests import MODEL, PINNED, Ask, ask, change, file_of
from tests.project import MLP, Project

from pytest_frictionless.cli.project import open_model
from pytest_frictionless.stack.manifest_file import read_manifest
from pytest_frictionless.workbench.stack import manifest_of

__all__ = ["ask"]

for package in ("onnx", "tensorrt_rtx"):
    pytest.importorskip(package)


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


def test_asking_for_a_manifest_makes_nothing(project: Project, ask: Ask) -> None:
    with open_model(MODEL) as bench:
        bare = manifest_of(bench)
    assert project.entries() == {}
    assert set(bare.digests) == {"checkpoint"}
    assert (bare.graph, bare.plan) == (None, None)
    assert bare.components["python"]
    ask("write", MODEL)
    with open_model(MODEL) as bench:
        found = manifest_of(bench)
        assert bench.shop.store.made == 0
    assert found == read_manifest(file_of(project))
