"""What user's code reads with safetensors, whose Rust opens it, belongs to what is made with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

FACTORY = """
import torch
from safetensors.torch import load_file
class Net(torch.nn.Linear):
    def __init__(self):
        super().__init__(8, 8)
        self.scale = load_file("assets/scale.safetensors")["scale"]
    def forward(self, x):
        return super().forward(x) * self.scale
"""
MAKE = """
from safetensors import safe_open
def values(shape, random):
    with safe_open("assets/scale.safetensors", framework="numpy") as file:
        assert isinstance(file, safe_open)
        return file.get_tensor("scale") + 0 * random.standard_normal(shape).astype("float32")
"""
ENTRY = "models: {{net: {{path: net.{}, {}profiles: {{one: {{batch: [1, 2, 4]}}}}}}}}\n"


def by_factory(project: Project, torch: Any) -> str:
    torch.save(torch.nn.Linear(8, 8).state_dict(), project.root / "net.pt")
    project.write("own.py", FACTORY)
    signature = "inputs: {x: 'float32[batch, 8]'}, "
    project.write("frictionless.yaml", ENTRY.format("pt", f"factory: 'own:Net', {signature}"))
    return "net.pt"


def by_make(project: Project, _torch: Any) -> str:
    project.onnx("net.onnx")
    project.write("own.py", MAKE)
    inputs = "inputs: {x: {type: 'float32[batch, 8]', make: 'own:values'}}, "
    project.write("frictionless.yaml", ENTRY.format("onnx", inputs))
    return "net.onnx"


def scale(path: Path, value: float) -> None:
    numpy: Any = pytest.importorskip("numpy")
    save_file = pytest.importorskip("safetensors.numpy").save_file
    path.parent.mkdir(exist_ok=True)
    save_file({"scale": numpy.full(8, value, numpy.float32)}, path)


@pytest.mark.real
@pytest.mark.parametrize("written", [by_factory, by_make])
def test_a_changed_file_of_safetensors_rebuilds(
    torch: Any, project: Project, written: Callable[[Project, Any], str]
) -> None:
    model, read = written(project, torch), project.root / "assets/scale.safetensors"
    scale(read, 1)
    only = (model, "-k", "export or parity-one-min")
    assert project.run(*only).failed() == []
    scale(read.with_name("other.safetensors"), 1)
    assert project.run(*only).artifacts()[0] == 0
    scale(read, 2)
    again = project.run(*only)
    assert again.failed() == []
    assert again.artifacts()[0] > 0
