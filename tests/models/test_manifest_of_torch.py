"""The manifest of a model that is exported: the same wherever it is exported, until its code changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.stack.manifest_file import read_manifest
from pytest_frictionless.workbench.stack import manifest_of
from tests.project import Item, Project

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.stack.manifest import Manifest

for package in ("torch", "onnx", "onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)
pytestmark = pytest.mark.real

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)
    def forward(self, x):
        return torch.relu(self.linear(x))
def net():
    return Net()
"""
CONFIG = """
opset: {version: 20, reason: "validated to 20"}
models:
  net: {factory: shop.net:net, inputs: {x: "float32[batch, 8]"}, profiles: {online: {batch: [1, 2, 4]}}}
"""


def shop_at(root: Path) -> Project:
    """A repository with one model; its weights are the same wherever it lies."""
    import torch

    project = Project(root)
    project.write("shop/__init__.py", "")
    project.write("shop/net.py", NET)
    project.write("frictionless.yaml", CONFIG)
    weights = torch.arange(32, dtype=torch.float32).reshape(4, 8) / 32
    (root / "models").mkdir()
    torch.save({"linear.weight": weights, "linear.bias": weights[:, 0]}, root / "models/net.pt")
    return project


def manifest_at(project: Project) -> Manifest:
    shop = open_shop(project.root)
    bench = open_workbench(shop, project.root / "models/net.pt")
    try:
        return manifest_of(bench, make=True)
    finally:
        bench.close()
        shop.zygote.close()


def item(project: Project) -> Item:
    outcome = project.run_isolated("models", "-k", "manifest")
    return outcome["models/net.pt::manifest"]


def test_two_folders_give_one_manifest(tmp_path: Path) -> None:
    here, there = (manifest_at(shop_at(tmp_path / name)) for name in ("here", "a/longer/way/there"))
    assert here == there
    assert here.components["exporter"].startswith("torch.onnx.export(dynamo=True) 2.")
    assert here.graph is not None
    assert here.graph.opset == 20
    assert here.plan is not None
    assert here.plan.precision == "fp32"
    assert here.plan.profiles == {"online": {"batch": (1, 2, 4)}}


def test_code_that_changed_under_the_same_weights_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    project = shop_at(tmp_path / "repo")
    monkeypatch.chdir(project.root)
    assert main(["manifest", "write", "net"]) == 0
    before = read_manifest(project.root / "models/net.pt.manifest.yaml")
    same = item(project)
    assert same.outcome == "passed"
    assert not [text for text in same.values("warning") if "FR052" in text]
    project.write("shop/net.py", NET.replace("torch.relu", "torch.sigmoid"))
    changed = item(project)
    assert changed.outcome == "passed"
    assert any("FR052 the model's code changed" in text for text in changed.values("warning"))
    assert main(["manifest", "write", "net"]) == 0
    after = read_manifest(project.root / "models/net.pt.manifest.yaml")
    assert after.digests["onnx"] != before.digests["onnx"]
    assert after.digests["checkpoint"] == before.digests["checkpoint"]
