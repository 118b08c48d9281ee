"""`pytest-frictionless stack`: with manifests and without, as a table and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.stack.manifest import manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest, write_manifest

if TYPE_CHECKING:
    from tests.project import Project

for package in ("onnx", "onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)

IMAGE = "nvcr.io/nvidia/tensorrt:25.10-py3"
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Run a subcommand; its exit status and what it printed."""
    for name in ("CI", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project.root)

    def ask(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main(arguments)
        return status, capsys.readouterr().out

    return ask


def asked(ask: Ask) -> tuple[int, dict[str, Any], list[str]]:
    status, text = ask("stack", "--json")
    answer = json.loads(text)
    return status, answer, [finding["code"] for finding in answer["findings"]]


def test_without_target_and_manifests_nothing_contradicts(ask: Ask) -> None:
    status, text = ask("stack")
    assert status == 0
    assert re.search(r"TensorRT-RTX +│ 1\.\d", text)
    assert text.endswith("no contradiction found\n")


def test_a_container_with_another_tensorrt_is_a_red_line(project: Project, ask: Ask) -> None:
    project.write("frictionless.yaml", f'target: {{tensorrt: "10.15", container: "{IMAGE}"}}\n')
    status, text = ask("stack")
    assert status == 1
    assert f"error: FR067 {IMAGE} holds TensorRT 10.13.3, and target.tensorrt is 10.15" in text
    assert re.search(r"TensorRT +│ +│ 10\.15 +│ 10\.13\.3 ", text)
    project.write("frictionless.yaml", f'target: {{tensorrt: "10.13", container: "{IMAGE}"}}\n')
    assert asked(ask)[0] == 0


def test_a_manifest_of_this_machine_differs_in_nothing(project: Project, ask: Ask) -> None:
    project.onnx("models/a.onnx")
    assert ask("manifest", "write", "models/a.onnx")[0] == 0
    status, answer, codes = asked(ask)
    assert (status, codes) == (0, [])
    kinds = {each["kind"] for each in answer["manifests"]["models/a.onnx"]}
    assert kinds == {"identical"}
    assert answer["running"]["onnx"]


def test_a_manifest_of_another_machine_is_told_once_for_all_checkpoints(
    project: Project, ask: Ask
) -> None:
    for name in ("a", "b"):
        path = project.onnx(f"models/{name}.onnx")
        assert ask("manifest", "write", f"models/{name}.onnx")[0] == 0
        recorded = read_manifest(manifest_path(path))
        plan = recorded.plan
        assert plan is not None
        other = plan.model_copy(update={"tensorrt_rtx": "1.4.0.76"})
        write_manifest(manifest_path(path), recorded.model_copy(update={"plan": other}))
    status, answer, codes = asked(ask)
    assert (status, codes) == (1, ["FR055"])
    (finding,) = answer["findings"]
    assert finding["place"]["file"] == "models/a.onnx.manifest.yaml"
    assert ["also in", "models/b.onnx"] in finding["evidence"]


def test_tf32_that_was_switched_off_since_is_a_red_line(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.onnx("models/a.onnx")
    assert ask("manifest", "write", "models/a.onnx")[0] == 0
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    status, _, codes = asked(ask)
    assert (status, codes) == (1, ["FR061"])


def test_a_manifest_that_cannot_be_read_is_a_finding(project: Project, ask: Ask) -> None:
    path = project.onnx("models/a.onnx")
    manifest_path(path).write_text("manifest: [\n")
    status, answer, codes = asked(ask)
    assert (status, codes) == (1, ["FR051"])
    assert answer["manifests"] == {}
