"""What is measured: two checkpoints with seeded random weights, and a folder of a thousand."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
SEED = 20261124


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One checkpoint, and everything that both ways of testing it have to know."""

    name: str
    network: str
    """Class in networks.py, called without arguments."""
    inputs: Mapping[str, str]
    """Signature of every input, as frictionless.yaml writes it."""
    high: Mapping[str, int]
    """Values of an integer input stay below this."""
    ranges: Mapping[str, tuple[int, int, int]]
    """[min, opt, max] of every symbol."""

    def sizes(self, point: int) -> dict[str, int]:
        """Size of every symbol at min (0), opt (1) or max (2)."""
        return {symbol: span[point] for symbol, span in self.ranges.items()}

    def axes(self, name: str) -> list[str]:
        """Axes of an input, sizes and symbols, as text."""
        return [axis.strip() for axis in self.inputs[name].partition("[")[2][:-1].split(",")]

    def shape(self, name: str, point: int) -> tuple[int, ...]:
        """Shape of an input at min, opt or max."""
        sizes = self.sizes(point)
        return tuple(sizes[axis] if axis in sizes else int(axis) for axis in self.axes(name))


SUBJECTS = (
    Subject(
        name="resnet", network="ResNet", inputs={"image": "float32[batch, 3, height, width]"},
        high={}, ranges={"batch": (1, 2, 4), "height": (128, 224, 256), "width": (128, 224, 256)},
    ),
    Subject(
        name="encoder", network="Encoder",
        inputs={"input_ids": "int64[batch, seq]", "attention_mask": "int64[batch, seq]"},
        high={"input_ids": 8000, "attention_mask": 2},
        ranges={"batch": (1, 4, 8), "seq": (8, 64, 128)},
    ),
)  # fmt: skip


def write_project(subject: Subject, folder: Path) -> Path:
    """Make a repository with one checkpoint and its frictionless.yaml; the checkpoint's path."""
    import networks
    import torch

    folder.mkdir(parents=True)
    torch.manual_seed(SEED)
    checkpoint = folder / f"{subject.name}.pt"
    torch.save(getattr(networks, subject.network)().eval().state_dict(), checkpoint)
    shutil.copy(HERE / "networks.py", folder)
    inputs: dict[str, object] = {}
    for name, signature in subject.inputs.items():
        given = {"type": signature, "low": 0, "high": subject.high.get(name)}
        inputs[name] = given if name in subject.high else signature
    model = {
        "path": checkpoint.name,
        "factory": f"networks:{subject.network}",
        "inputs": inputs,
        "profiles": {"online": {symbol: list(span) for symbol, span in subject.ranges.items()}},
    }
    # JSON is YAML too, and needs no library to be written.
    text = json.dumps({"models": {subject.name: model}}, indent=2)
    (folder / "frictionless.yaml").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return checkpoint


def write_thousand(folder: Path, *, count: int = 1000) -> None:
    """Fill a folder with small checkpoints in three formats, a hundred to a folder."""
    import onnx
    import torch
    from onnx import TensorProto, helper
    from safetensors.torch import save

    shape = ["batch", 4]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [helper.make_tensor("w", TensorProto.FLOAT, [4, 4], [0.5] * 16)],
    )  # fmt: skip
    tiny = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    onnx.checker.check_model(tiny)
    state = {"first.weight": torch.ones(4, 4), "first.bias": torch.ones(4)}
    source = folder.parent / "tiny.pt"
    torch.save(state, source)
    content = {
        "onnx": tiny.SerializeToString(), "pt": source.read_bytes(), "safetensors": save(state)
    }  # fmt: skip
    source.unlink()
    for number in range(count):
        suffix = list(content)[number % len(content)]
        below = folder / f"group_{number // 100:02}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"model_{number:04}.{suffix}").write_bytes(content[suffix])
    (folder / "pytest.ini").write_text("[pytest]\n")
