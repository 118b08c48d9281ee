"""Numbers that differ: the first node to blame, and a model of it with its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.models.test_reduce_engine import HEADER, show

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real

X = [{"name": "x", "type": "float32[batch, 3, 6, 6]"}]
CANCELLING = """g (float[batch, 3, 6, 6] x) => (float[batch, 4, 6, 6] y) {
    a = Relu(x)  b = Neg(a)
    [conv] c = Conv<pads = [1, 1, 1, 1]>(b, w, million)
    [norm] n = BatchNormalization(c, one, zero, million, one)
    z = Sigmoid(n)  y = Neg(z) }"""
"""Conv adds a million that the next node takes away: folded into one node nothing is lost."""
LOG = "g (float[batch, 8] x) => (float[batch, 8] y) { a = Relu(x)  b = Neg(a)  c = Log(b)  y = Exp(c) }"


def cancelling() -> Any:
    import numpy as np
    import onnx.parser
    from onnx import numpy_helper

    model = onnx.parser.parse_model(HEADER + CANCELLING)
    weights = {
        "w": np.random.default_rng(0).standard_normal((4, 3, 3, 3)), "million": [1e6] * 4,
        "one": [1] * 4, "zero": [0] * 4,
    }  # fmt: skip
    for name, value in weights.items():
        array = np.asarray(value, dtype=np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    return model


def parity(folder: Path, model: Any, **given: Any) -> Any:
    """Write the model into the folder and look for the first node that differs."""
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.reduce import parity as reduce_parity

    if isinstance(model, str):
        model = onnx.parser.parse_model(HEADER + model)
    path = folder / "whole.onnx"
    onnx.save(model, path, **given.pop("saving", {}))
    out = folder / "out"
    out.mkdir()
    unsaid = {"inputs": X, "sizes": {"batch": 2}, "tolerance": {}, "trace": None, "traced": None,
              "finite": False, "seconds": 30}  # fmt: skip
    return reduce_parity.parity({}, str(out), path=str(path), name="net", **{**unsaid, **given})


@pytest.mark.parametrize("external", [False, True], ids=["one file", "external weights"])
def test_what_optimisation_changes_is_two_nodes(tmp_path: Path, external: bool) -> None:
    saving = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    record = parity(tmp_path, cancelling(), saving=saving if external else {})
    assert record["operators"] == ["Conv", "BatchNormalization"]
    assert (record["place"]["node"], record["place"]["operator"]) == ("norm", "BatchNormalization")
    assert record["difference"] > 0.001
    status, words = show(tmp_path / "out")
    assert status == 1
    assert "n differs from the same nodes without optimisation" in words


def test_the_script_succeeds_where_the_numbers_agree(tmp_path: Path) -> None:
    import onnx

    parity(tmp_path, cancelling())
    path = tmp_path / "out/model.onnx"
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.name == "million":
            tensor.CopyFrom(onnx.numpy_helper.from_array(
                onnx.numpy_helper.to_array(tensor) * 0, "million"))  # fmt: skip
    onnx.save(model, path)
    status, words = show(tmp_path / "out")
    assert status == 0, words


def test_the_first_nan_has_its_node(tmp_path: Path) -> None:
    record = parity(tmp_path, LOG, finite=True, inputs=[{"name": "x", "type": "float32[batch, 8]"}])
    assert (record["operators"], record["place"]["node"]) == (["Log"], "c")
    status, words = show(tmp_path / "out")
    assert status == 1
    assert "of 16 values are NaN or infinite" in words


def test_numbers_that_agree_give_no_reproducer(tmp_path: Path) -> None:
    record = parity(
        tmp_path, LOG.replace("Log", "Abs"), inputs=[{"name": "x", "type": "float32[batch, 8]"}]
    )
    assert (record["nodes"], record["place"]) == (0, None)
    assert list((tmp_path / "out").iterdir()) == []


def test_values_that_do_not_fit_in_memory_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_frictionless.backends.onnxruntime import numbers

    monkeypatch.setattr(numbers, "MOST_BYTES", 100)
    record = parity(tmp_path, cancelling())
    assert record["nodes"] == 0
    assert record["why"].startswith("the values inside the model take")


def test_the_time_ends_and_the_best_so_far_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_frictionless.backends.reduce.search import Search

    monkeypatch.setattr(Search, "late", property(lambda self: self.best is not None))
    record = parity(tmp_path, cancelling())
    assert record["nodes"] == 6
    assert not record["complete"]
    assert show(tmp_path / "out")[0] == 1


NETS = """
import torch
from torch import nn
from torch.nn import functional

class Act(nn.Module):
    def forward(self, x):
        if torch.compiler.is_exporting():
            return functional.hardswish(x)
        return functional.silu(x)

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.act = nn.Linear(8, 8), Act()
    def forward(self, x):
        return x + self.act(self.linear(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(2))
    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x.sin()
"""


def test_eager_torch_and_the_export_part_at_a_module(project: Project) -> None:
    torch = pytest.importorskip("torch")
    project.write("nets.py", NETS)
    project.write("frictionless.yaml", """
models:
  net:
    factory: nets:Net
    inputs: {x: "float32[batch, 8]"}
    profiles: {one: {batch: [1, 2, 4]}}
""")  # fmt: skip
    namespace: dict[str, Any] = {}
    exec(NETS, namespace)
    (project.root / "models").mkdir()
    torch.manual_seed(0)
    torch.save(namespace["Net"]().state_dict(), project.root / "models/net.pt")
    outcome = project.run("models", "-k", "parity-one-opt")
    item = outcome["models/net.pt::parity-one-opt"]
    assert item.code == "FR701"
    assert "(HardSwish) in blocks.0.act at nets.py:9\n" in item.text
    assert "return functional.hardswish(x)\n" in item.text
    assert "the export: onnx's reference evaluator gives what ONNX Runtime gives" in item.text
    script = ".frictionless/reproducers/models-net.pt-parity-one-opt/reproduce.py"
    assert f"reproducer: {script} (1 node of 7)" in item.text
    assert show((project.root / script).parent)[0] == 1


def test_eager_values_are_matched_only_where_both_sides_have_as_many() -> None:
    import onnx.parser

    from pytest_frictionless.backends.reduce.provenance import CLASS_HIERARCHY, pairs
    from pytest_frictionless.place import NAME_SCOPES

    model = onnx.parser.parse_model(
        HEADER + "g (float[2] x) => (float[2] d) { a = Relu(x) b = Relu(a) c = Neg(b) d = Sin(c) }"
    )
    scopes = ["['', 'act', 'relu']", "['', 'act', 'relu_1']", "['', 'neg']", "['', 'sin']"]
    kinds = ["relu", "relu", "neg", "sin"]
    for node, scope, kind in zip(model.graph.node, scopes, kinds, strict=True):
        node.metadata_props.add(key=NAME_SCOPES, value=scope)
        node.metadata_props.add(key=CLASS_HIERARCHY, value=f"['Net', 'aten.{kind}.default']")
    trace: Any = {
        "modules": {"act": 0}, "calls": {"act": 1}, "outputs": 1,
        "operators": [["act", "aten.relu.default", 1], ["", "aten.neg.default", 2],
                      ["", "aten.sin.default", 3], ["", "aten.sin.default", 4]],
    }  # fmt: skip
    # Eager torch has one relu and two sines where the graph has two and one.
    assert pairs(model, trace) == {"b": 0, "c": 2}
