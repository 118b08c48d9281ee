"""`pytest-frictionless simplify`: smaller, the same to every caller, and never unproved."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.codes import CODES

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

    from tests.project import Project

pytestmark = pytest.mark.real
for package in ("onnx", "onnxruntime", "onnxslim", "tensorrt_rtx"):
    pytest.importorskip(package)

HEADER = '<ir_version: 9, opset_import: ["" : 18], producer_name: "acme">\n'
WASTE = HEADER + (
    "g (float[batch, 4] x) => (float[batch, 4] y) <float[4] w = {1, 2, 3, 4}>"
    " { a = Identity(x)  s = Sqrt(w)  b = Add(a, s)  c = Identity(b)  y = Relu(c) }"
)


def parsed(text: str) -> onnx.ModelProto:
    import onnx.parser

    return onnx.parser.parse_model(text)


def simplified(path: Path, model: onnx.ModelProto | None = None) -> onnx.ModelProto:
    """What becomes of a file, with its external data; `model` is written to it first."""
    import onnx

    from pytest_frictionless.backends.onnx.simplify import simplify

    if model is not None:
        path.write_bytes(model.SerializeToString())
    folder = path.parent / "made"
    folder.mkdir(exist_ok=True)
    record = simplify({}, str(folder), path=str(path), location="out.data", without=[])
    return onnx.load(folder / record["files"][0])


def with_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with metadata at every node, as torch's exporter writes it."""
    for node in model.graph.node:
        node.metadata_props.add(key="pkg.torch.onnx.stack_trace", value=f"line of {node.output[0]}")
    return model


def values(entries: Any) -> list[bytes]:
    return [each.SerializeToString() for each in entries]


def test_everything_but_the_waste_is_as_it_was(tmp_path: Path) -> None:
    before = with_traces(parsed(WASTE))
    before.metadata_props.add(key="revision", value="7")
    after = simplified(tmp_path / "net.onnx", before)
    assert [node.op_type for node in after.graph.node] == ["Add", "Relu"]
    traces = {node.op_type: node.metadata_props[0].value for node in after.graph.node}
    assert traces == {"Add": "line of b", "Relu": "line of y"}
    assert (after.ir_version, after.producer_name, after.graph.name) == (9, "acme", "g")
    assert values(after.opset_import) == values(before.opset_import)
    assert values(after.graph.input) == values(before.graph.input)
    assert values(after.graph.output) == values(before.graph.output)
    assert values(after.metadata_props) == values(before.metadata_props)


def test_a_file_of_ir_version_3_lists_its_weights_as_inputs_still(tmp_path: Path) -> None:
    import onnx

    before = parsed(WASTE)
    before.ir_version = 3
    weight = onnx.helper.make_tensor_value_info("w", 1, [4])
    before.graph.input.append(weight)
    after = simplified(tmp_path / "net.onnx", before)
    names = [value.name for value in after.graph.input]
    assert names[0] == "x"
    assert sorted(names[1:]) == sorted(tensor.name for tensor in after.graph.initializer)


def test_external_data_stays_external_under_the_name_of_the_new_file(tmp_path: Path) -> None:
    import numpy as np
    import onnx

    model = parsed(WASTE)
    weight = np.arange(4096, dtype=np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(weight, "table"))
    model.graph.node.append(onnx.helper.make_node("Gather", ["table", "i"], ["z"]))
    model.graph.input.append(onnx.helper.make_tensor_value_info("i", 7, ["batch"]))
    model.graph.output.append(onnx.helper.make_tensor_value_info("z", 1, ["batch"]))
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, location="old.bin", size_threshold=0)  # fmt: skip
    simplified(tmp_path / "net.onnx")
    light = onnx.load(tmp_path / "made" / "model.onnx", load_external_data=False)
    external = {
        t.name: t.external_data[0].value for t in light.graph.initializer if t.external_data
    }
    assert external == {"table": "out.data"}
    assert (tmp_path / "made" / "out.data").stat().st_size == weight.nbytes


MENDED_BY_IT = ("FR403", "FR407", "FR408", "FR409", "FR410", "FR415", "FR417")


@pytest.mark.parametrize("code", MENDED_BY_IT)
def test_what_a_record_says_simplify_mends_is_mended(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_frictionless.backends.onnx.examine import examine

    assert "pytest-frictionless simplify" in CODES[code].remedy
    monkeypatch.chdir(tmp_path)
    (tmp_path / "make.py").write_text(CODES[code].example["make.py"])
    runpy.run_path("make.py")
    path = tmp_path / "net.onnx"
    assert code in str(examine({}, "", path=str(path), shapes={}, outputs=[])["findings"])
    simplified(path)
    made = str(tmp_path / "made" / "model.onnx")
    assert examine({}, "", path=made, shapes={}, outputs=[])["findings"] == []


@pytest.fixture
def folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project to run the command in."""
    monkeypatch.chdir(project.root)
    return project.root


def test_the_command_shows_what_changed_and_writes_what_it_proved(
    folder: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnx

    project.write("net.onnx", with_traces(parsed(WASTE)).SerializeToString())
    project.write("frictionless.yaml", "models: {net: {path: net.onnx, profiles: {one: {batch: [1, 2, 4]}, two: {batch: [2, 4, 8]}}}}")  # fmt: skip
    assert main(["simplify", "net", "-o", "small.onnx"]) == 0
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines()]
    assert ["nodes", "5", "2"] in rows
    assert any(row[:3] == ["layers", "of", "TensorRT-RTX"] for row in rows)
    assert "removed: 2 Identity, 1 Sqrt" in said
    assert "at 4 shape points, largest difference 0" in said.replace("\n", " ")
    assert "source lines and layers kept at 2 nodes" in said
    assert len(onnx.load(folder / "small.onnx").graph.node) == 2
    assert sorted(path.name for path in folder.iterdir() if path.name.endswith((".onnx", "data"))) == ["net.onnx", "small.onnx"]  # fmt: skip


def test_nothing_is_written_where_the_model_does_not_run(
    folder: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    baked = (
        "g (float[batch, 4] x) => (float[batch, 4] y) <int64[2] s = {4, 4}> { y = Reshape(x, s) }"
    )
    project.onnx("net.onnx", baked)
    project.write("small.onnx", b"as it was")
    assert main(["simplify", "net.onnx", "-o", "small.onnx"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("FR605 y (Reshape) does not run at min (batch=1)\n")
    assert "were assumed: say the real ones" in said
    assert said.endswith("small.onnx was not written\n")
    assert (folder / "small.onnx").read_bytes() == b"as it was"


def test_an_optimisation_that_changes_the_output_is_left_out_and_named(
    folder: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """onnxslim trusts what a file declares of its output; here two axes, and there are three."""
    import numpy as np

    np.save(folder / "sizes.npy", np.array([2, 2, -1]))
    project.onnx("net.onnx", "g (float[4, 4] x, int64[k] s) => (float[1, n] y) { a = Identity(x)  y = Reshape(a, s) }")  # fmt: skip
    project.write("frictionless.yaml", 'models: {net: {path: net.onnx, inputs: {s: {type: "int64[k]", sample: sizes.npy}}, profiles: {one: {k: 3}}}}')  # fmt: skip
    assert main(["simplify", "net", "-o", "small.onnx"]) == 0
    assert "without onnxslim's dead_node_elimination" in capsys.readouterr().out


def test_sizes_are_not_blamed_where_the_runtime_does_not_know_the_model(
    folder: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "g (float[batch, 4] x) => (float[batch, 4] y) { y = acme.Unheard(x) }"
    project.onnx("net.onnx", text, header='<ir_version: 9, opset_import: ["" : 18, "acme" : 1]>')
    assert main(["simplify", "net.onnx", "-o", "small.onnx"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("FR706")
    assert "were assumed" not in said
    assert not (folder / "small.onnx").exists()


@pytest.mark.parametrize(
    ("output", "words"),
    [("net.onnx", "is the model itself"), ("no/where.onnx", "is no folder"), (".", "is a folder")],
)
def test_an_output_that_cannot_be_is_wrong_usage(
    folder: Path, project: Project, capsys: pytest.CaptureFixture[str], output: str, words: str
) -> None:
    before = project.onnx("net.onnx").read_bytes()
    assert main(["simplify", "net.onnx", "-o", output]) == 2
    assert words in capsys.readouterr().err
    assert (folder / "net.onnx").read_bytes() == before


def test_a_node_that_only_the_simplified_file_has_refused_is_told(project: Project) -> None:
    """FR422 of two real files, as no fold of onnxslim is known that brings one."""
    from pytest_frictionless.backends.tensorrt.parse import parse
    from pytest_frictionless.workbench.simplification import refusals

    squares = "g (float[batch, 4, 4] x) => (float[batch] y) "
    plain = parse(str(project.onnx("a.onnx", squares + "{ y = ReduceSum<keepdims = 0>(x, a) }".replace("x, a", "x"), header='<ir_version: 8, opset_import: ["" : 12]>')))  # fmt: skip
    refused = parse(str(project.onnx("b.onnx", squares + "{ y = Det(x) }")))
    (finding,) = refusals(plain, refused)
    assert finding.code == "FR422"
    assert "refuses Det of the simplified file" in finding.message
    assert list(refusals(refused, refused)) == []
