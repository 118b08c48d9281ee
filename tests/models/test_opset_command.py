"""`pytest-frictionless opset`: real exports and conversions at several opsets, in one table."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.codes.record import read_record
from tests.project import DET, Project

for package in ("onnx", "onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)
pytestmark = pytest.mark.real

NORM = (
    "g (float[batch, 8] x, float[8] s) => (float[batch] y)"
    " { a = LayerNormalization(x, s)  y = ReduceMean<axes = [1], keepdims = 0>(a) }"
)
AT_17 = '<ir_version: 8, opset_import: ["" : 17]>'
E7 = Path(__file__).parent / "failures" / "E7.md"
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command in a project; its exit status, and all it said."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        status = main(["opset", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def rows(said: str) -> dict[str, list[str]]:
    """Cells of the table by opset."""
    lines = [line.split() for line in said.splitlines()]
    return {cells[0]: cells[1:] for cells in lines if cells and cells[0].isdigit()}


def test_an_onnx_file_is_converted_and_each_opset_has_its_row(project: Project, ask: Ask) -> None:
    project.onnx("net.onnx", NORM, header=AT_17)
    project.write("frictionless.yaml", "target: {tensorrt: '10.1'}\n")
    status, said = ask("net.onnx", "--try", "16,17..18,20..21")
    assert status == 0
    found = rows(said)
    assert list(found) == ["16", "17", "18", "20", "21"]
    assert found["16"][:7] == ["-", "-", "-", "FR305", "-", "-", "-"]
    assert found["17"][:7] == ["17", "8", "2", "ok", "ok", "ok", "ok"]
    assert found["20"][:7] == ["20", "8", "3", "ok", "ok", "ok", "ok"]
    assert float(found["20"][7]) < 1e-5
    assert "The file is at opset 17. The others are made of it by onnx.version_converter" in said
    assert "a (LayerNormalization): onnx.version_converter" in said
    assert "target TensorRT 10.1: TensorRT 10.1 documents opsets up to 20" in said
    assert "FR306 works at 20, breaks at 21: FR302 opset 21 is newer than 20" in said
    assert "Pin 20 (for frictionless.yaml):" in said
    pin = next(line for line in said.splitlines() if line.startswith("  opset:")).strip()

    # What it printed is what frictionless.yaml takes.
    project.write("frictionless.yaml", f"{pin}\n")
    assert "Pin 20 (pinned already):" in ask("net.onnx", "--try", "20")[1]


def test_a_file_that_is_not_at_the_pin_is_told_the_command_that_judges_both(
    project: Project, ask: Ask
) -> None:
    project.onnx("models/net 1.onnx", NORM, header=AT_17)
    project.write("frictionless.yaml", "opset: {version: 20, reason: production}\n")
    outcome = project.run("models", "-k", "opset")
    text = outcome["models/net 1.onnx::opset"].text
    command = next(line for line in text.splitlines() if "pytest-frictionless opset " in line)
    words = shlex.split(command)
    assert words[:2] == ["pytest-frictionless", "opset"]
    status, said = ask(*words[2:])
    assert status == 0
    assert list(rows(said)) == ["17", "20"]
    assert "Pin 20 (pinned already):" in said
    assert "has to be exported, or converted, to that opset" in said


def test_json_holds_every_row_and_the_advice(project: Project, ask: Ask) -> None:
    project.onnx("net.onnx", NORM, header=AT_17)
    status, said = ask("net.onnx", "--try", "16..18", "--json")
    record = json.loads(said)
    assert status == 0
    assert [row["works"] for row in record["rows"]] == [False, True, True]
    assert record["rows"][0]["problems"][0]["place"]["operator"] == "LayerNormalization"
    assert [row["reference"] for row in record["rows"][1:]] == [
        "ONNX Runtime without optimisation", "the original file",
    ]  # fmt: skip
    assert record["recommended"]["version"] == 18
    assert record["breaks"] == []


def test_no_opset_that_works_is_told_by_the_exit_status(project: Project, ask: Ask) -> None:
    project.onnx("net.onnx", DET)
    status, said = ask("net.onnx", "--try", "19,20")
    assert status == 1
    assert [cells[3:6] for cells in rows(said).values()] == [["ok", "FR501", "-"]] * 2
    assert "No opset of these works: nothing to pin." in said


def test_where_no_verdict_is_to_be_had_none_is_given(project: Project, ask: Ask) -> None:
    project.onnx("net.onnx", "g (float[batch, 8] x) => (int64[2, n] y) { y = NonZero(x) }")
    project.write("frictionless.yaml", "target: {tensorrt: '10.15'}\n")
    status, said = ask("net.onnx", "--try", "19")
    assert status == 1
    assert "No opset of these is proved to work: nothing to pin." in said


@pytest.mark.parametrize("text", ["", "17..", "20..17", "5", "17..31", "seventeen", "17,,18"])
def test_wrong_usage_is_told_with_the_form(project: Project, ask: Ask, text: str) -> None:
    project.onnx("net.onnx", DET)
    status, said = ask("net.onnx", "--try", text)
    assert status == 2
    assert "it takes opsets from 7 to 30, as 17..23 or 17,20" in said


def test_a_conversion_keeps_weights_beside_the_file_and_the_source_lines(
    project: Project, ask: Ask
) -> None:
    import numpy as np
    import onnx
    import onnx.parser
    from onnx import numpy_helper

    text = "g (float[batch, 64] x) => (float[batch, 64] y) { a = MatMul(x, w)  y = Neg(a) }"
    model = onnx.parser.parse_model(f"{AT_17}\n{text}")
    weights = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weights, "w"))
    for node in model.graph.node:
        trace = node.metadata_props.add()
        trace.key, trace.value = "pkg.torch.onnx.stack_trace", f"line of {node.op_type}"
    path = project.root / "net.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    status, said = ask("net.onnx", "--try", "18")
    assert status == 0, said
    [made] = (project.root / ".frictionless/cache/onnx.convert-convert").glob("*/model.onnx")
    converted = onnx.load(made)
    traces = [[entry.value for entry in node.metadata_props] for node in converted.graph.node]
    assert traces == [["line of MatMul"], ["line of Neg"]]
    assert numpy_helper.to_array(converted.graph.initializer[0]).tolist() == weights.tolist()


def test_a_model_that_breaks_at_a_newer_opset_is_told_with_node_and_line(
    project: Project, ask: Ask
) -> None:
    pytest.importorskip("torch")
    import runpy
    import sys

    record = read_record(E7.read_text())
    for name, text in record.example.items():
        project.write(name, text)
    sys.path.insert(0, str(project.root))
    try:
        runpy.run_path(str(project.root / "make.py"))
    finally:
        sys.path.remove(str(project.root))
        sys.modules.pop("nets", None)
    status, said = ask("net", "--try", "22,23")
    assert status == 0, said
    found = rows(said)
    assert found["22"][3:7] == ["ok"] * 4
    assert found["23"][3:7] == ["ok", "ok", "FR502", "ok"]
    node = "node_scaled_dot_product_attention (Attention) at nets.py:13"
    assert f"FR306 works at 22, breaks at 23: FR502 {node}: Attention is rejected" in said
    assert "Pin 22 (for frictionless.yaml):" in said
    assert "23 breaks: FR502 Attention" in said
