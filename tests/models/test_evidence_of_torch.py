"""Evidence for a model that is exported: its code is part of what was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.workbench.signed import evidence_of
from tests.project import Project
from tests.recorded import RECORDED_GPU

if TYPE_CHECKING:
    from pathlib import Path

for package in ("torch", "onnx", "onnxruntime", "tensorrt_rtx", "securesystemslib"):
    pytest.importorskip(package)
pytestmark = pytest.mark.real

NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)
    def forward(self, x):
        return self.linear(x).relu()
"""
CONFIG = """
latency: {rounds: 2}
models:
  net:
    factory: "shop.net:Net"
    inputs: {x: {type: "float32[batch, 8]", make: "shop.feeds:ones"}}
    profiles: {online: {batch: 2}}
"""
FEEDS = "import numpy\ndef ones(shape, random):\n    return numpy.ones(shape)\n"


def held(project: Project) -> str:
    """What comes of holding the evidence to what is here."""
    shop = open_shop(project.root)
    bench = open_workbench(shop, project.root / "models/net.pt")
    try:
        return str(evidence_of(bench))
    except StepFailed as failed:
        return failed.finding.headline
    finally:
        bench.close()
        shop.zygote.close()


def test_a_change_of_the_models_code_needs_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    project = Project(tmp_path / "repository")
    project.write("shop/__init__.py", "")
    project.write("shop/net.py", NET)
    project.write("shop/feeds.py", FEEDS)
    project.write("frictionless.yaml", CONFIG)
    project.write("conftest.py", RECORDED_GPU)
    (project.root / "models").mkdir()
    weights = {"linear.weight": torch.ones(4, 8), "linear.bias": torch.zeros(4)}
    torch.save(weights, project.root / "models/net.pt")
    monkeypatch.chdir(project.root)
    key = str(tmp_path / "gpu.pem")
    assert main(["ci", "evidence", "keygen", "gpu", "--private", key]) == 0
    project.run_isolated("models")
    assert main(["ci", "evidence", "sign", "--key", key]) == 0
    assert held(project).startswith("signed by gpu, run on ")

    project.write("shop/net.py", NET.replace("relu", "tanh"))
    assert held(project).startswith(
        "FR019 the evidence for models/net.pt does not hold: it is exported to another ONNX file (sha256 "
    )
    project.write("shop/net.py", NET + "# a comment\n")
    assert held(project).startswith("signed by gpu, run on ")
    project.write("shop/feeds.py", FEEDS.replace("ones(shape)\n", "zeros(shape)\n"))
    assert held(project) == (
        "FR019 the evidence for models/net.pt does not hold: files that its run used changed: "
        "shop/feeds.py"
    )


def test_another_build_of_the_same_torch_exports_the_same_file(tmp_path: Path) -> None:
    import onnx.parser

    from pytest_frictionless.backends.onnx.digest import model

    text = '<ir_version: 10, opset_import: ["" : 19], producer_name: "pytorch", producer_version: "{}">'
    text += " g (float[2, 8] x) => (float[2, 8] y) {{ y = {}(x) }}"

    def digest(*words: str) -> object:
        made = onnx.parser.parse_model(text.format(*words))
        onnx.save(made, tmp_path / "net.onnx")
        return model({}, "", path=str(tmp_path / "net.onnx"))["sha256"]

    assert digest("2.13.0+cpu", "Relu") == digest("2.13.0+cu130", "Relu")
    assert digest("2.13.0+cpu", "Relu") != digest("2.13.0+cpu", "Abs")
