"""An upgrade as steps: what moves together, in which order, and what the two sides may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.upgrade.components import ORDER, REST, component_of
from pytest_frictionless.upgrade.pins import read_pins
from pytest_frictionless.upgrade.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

RTX = ("tensorrt-rtx-cu13", "tensorrt-rtx-cu13-bindings", "tensorrt-rtx-cu13-libs")
OLD = {"torch": "2.12.0", "onnx": "1.19.1", "onnxruntime": "1.22.1", "opset": "18",
       "onnxscript": "0.5.7", **dict.fromkeys(RTX, "1.6.1.120")}  # fmt: skip
NEW = {"opset": "20", "onnx": "1.23.2", "torch": "2.13.0", **dict.fromkeys(RTX, "1.7.1.116"),
       "onnxscript": "0.7.2", "onnxruntime": "1.32.0"}  # fmt: skip
MANIFEST = """\
manifest: 1
checkpoint: models/net.pt
written: 2026-11-26
written_by: pytest-frictionless 0.1.0
components:
  python: 3.11.7
  torch: 2.13.0
  exporter: torch.onnx.export(dynamo=True) 2.13.0
  simplifier: onnxslim 0.1.98
  tensorrt_rtx: 1.7.1.116
  cuda_runtime: 13.0.1
  nvidia_driver: 580.159.04
graph: {opset: 18, ir_version: 10}
"""


def titles(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [step.component.title for step in plan(before, after)]


def test_on_the_way_up_readers_go_before_writers_and_the_opset_last() -> None:
    assert titles(OLD, NEW) == ["ONNX Runtime", "TensorRT-RTX", "onnx", "torch", "opset"]


def test_on_the_way_down_it_is_the_other_way_round() -> None:
    assert titles(NEW, OLD) == ["opset", "torch", "onnx", "TensorRT-RTX", "ONNX Runtime"]


def test_what_goes_back_moves_before_what_goes_up() -> None:
    assert titles(OLD, {"onnxruntime": "1.32.0", "onnx": "1.18.0"}) == ["onnx", "ONNX Runtime"]


def test_versions_are_compared_as_numbers() -> None:
    assert not plan({"onnx": "1.9.0"}, {"onnx": "1.19.0"})[0].is_down
    assert plan({"onnx": "1.19.0"}, {"onnx": "1.9.0"})[0].is_down
    assert plan({"onnx": "1.19"}, {"onnx": "1.19.0"}) == ()
    (other_build,) = plan({"torch": "2.13.0+cpu"}, {"torch": "2.13.0"})
    assert not other_build.is_down


def test_packages_that_want_each_other_move_as_one() -> None:
    (step,) = plan(OLD, dict.fromkeys(RTX, "1.7.1.116"))
    assert [move.name for move in step.moves] == list(RTX)
    assert step.title == "tensorrt-rtx-cu13 1.6.1.120 -> 1.7.1.116 (and 2 with it)"
    assert "own version" in step.to_json()["together"]


def test_torch_moves_with_what_its_exporter_calls() -> None:
    (step,) = plan(OLD, {"torch": "2.13.0", "onnxscript": "0.7.2"})
    assert [move.name for move in step.moves] == ["torch", "onnxscript"]


def test_what_is_left_out_stays_and_what_is_new_comes_in() -> None:
    (step,) = plan({"onnx": "1.19.1", "torch": "2.13.0"}, {"onnx": "1.19.1", "onnxslim": "0.1.98"})
    assert str(step.moves[0]) == "onnxslim (none) -> 0.1.98"
    assert plan(OLD, OLD) == ()


def test_packages_outside_of_the_stack_are_one_step_before_the_opset() -> None:
    old = {"moto": "5.0", "opset": "18", "attrs": "25.1"}
    steps = plan(old, {"opset": "20", "attrs": "26.1", "moto": "5.2"})
    assert [step.title for step in steps] == ["everything else (2 packages)", "opset 18 -> 20"]


def test_a_driver_is_a_step_that_no_environment_shows() -> None:
    steps = plan(
        {"nvidia_driver": "570.1", "onnx": "1.19.1"}, {"onnx": "1.23.2", "nvidia_driver": "580.2"}
    )
    assert [step.component.is_package for step in steps] == [False, True]


def test_every_component_of_a_manifest_has_its_place() -> None:
    assert [name for name in COMPONENTS if component_of(name) is REST] == []


def test_no_name_belongs_to_two_components() -> None:
    names = [
        *OLD,
        "nvidia_driver",
        "onnx_parser",
        "tensorrt",
        "tensorrt-cu12-libs",
        "onnxruntime-gpu",
    ]
    for name in names:
        owners = [each for each in ORDER if each.owns(name) and each.members != ("*",)]
        assert owners == [component_of(name)], name


def test_a_side_is_files_and_pins_of_which_the_last_wins(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text(
        "Jinja2==3.1.6 ; python_version >= '3'\nnever==1 ; python_version < '3'\n"
    )
    (tmp_path / "constraints.txt").write_text(
        "# pins\n-r more.txt\nonnx==1.19.1  # read by all\ntorch>=2\nnumpy==2.*\n"
        "tensorrt_rtx_cu13==1.6.1.120 \\\n  --hash=sha256:00\n-e ./here\n"
    )
    assert read_pins("constraints.txt onnx==1.23.2 opset==20", tmp_path) == {
        "jinja2": "3.1.6", "onnx": "1.23.2", "tensorrt-rtx-cu13": "1.6.1.120", "opset": "20",
    }  # fmt: skip


def test_a_manifest_names_the_packages_its_components_are(tmp_path: Path) -> None:
    (tmp_path / "net.pt.manifest.yaml").write_text(MANIFEST)
    pins = read_pins("net.pt.manifest.yaml", tmp_path)
    assert pins["tensorrt-rtx-cu13"] == "1.7.1.116"
    assert pins["onnxslim"] == "0.1.98"
    assert pins["nvidia_driver"] == "580.159.04"
    assert pins["opset"] == "18"
    assert titles(
        pins, {"torch": "2.14.0", "exporter": "torch.onnx.export(dynamo=True) 2.14.0"}
    ) == ["torch"]


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("onnx>=1.2", "onnx>=1.2 is no file, and no exact version"),
        ("missing.txt", "missing.txt is no file"),
        ("empty.txt", "names no exact version"),
        ("uv.lock", "uv.lock is a lock file: give the requirements that `uv export`"),
        ("other.yaml", "other.yaml:1: the key 'checkpoint' is missing"),
        ("broken.yaml", "broken.yaml:2"),
        ("includes.txt", "includes.txt:1: there is no"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, side: str, words: str) -> None:
    (tmp_path / "empty.txt").write_text("torch>=2\n")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "onnx"\nversion = "1.23.2"\n')
    (tmp_path / "other.yaml").write_text("manifest: 1\n")
    (tmp_path / "broken.yaml").write_text("a: [\n")
    (tmp_path / "includes.txt").write_text("-c nowhere.txt\n")
    with pytest.raises((ConfigError, StepFailed), match=words.replace("[", r"\[")):
        read_pins(side, tmp_path)
