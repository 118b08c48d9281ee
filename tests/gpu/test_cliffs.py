"""Sizes are scanned on the GPU: a cliff that is in the graph is found, and its layers are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from tests.gpu.networks import padded
from tests.gpu.test_run import matmul

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Item, Project

CONFIG = """
opset: {{version: 19, reason: "as written"}}
cliffs: {{seconds: {seconds}}}
models:
  net:
    profiles: {profiles}
    tolerance: {{rtol: 0.01, atol: 0.1}}
"""
EVEN = (
    "g (float[batch, 8] x) => (float[half, 16] y) <int64[2] shape = {-1, 16}>"
    " { a = Reshape(x, shape)  y = Relu(a) }"
)
"""Runs where the batch is even."""


def scanned(project: Project, profiles: str, seconds: float = 8.0) -> dict[str, Item]:
    project.write("frictionless.yaml", CONFIG.format(seconds=seconds, profiles=profiles))
    return project.run("-k", "cliffs or run or build", "-rA").of("net.onnx")


def warnings(item: Item) -> str:
    return "\n".join(item.values("warning"))


def test_a_cliff_is_found_between_its_neighbours_with_its_layers(project: Project) -> None:
    """FR930, and its measurements; the split is built and measured."""
    padded(project.root / "net.onnx")
    item = scanned(project, "{default: {batch: [1, 16, 64]}}")["cliffs-default"]
    assert item.outcome == "passed", item.text
    said = warnings(item)
    assert "FR930" in said
    assert "from batch 32 to batch 33" in said
    assert "product" in item.text + "\n".join(item.sections.values())
    (jump,) = item.values("jumps")[0]
    assert (jump["below"], jump["above"]) == ({"batch": 32}, {"batch": 33})
    assert 0.5 < jump["change"] < 1.1
    (curve,) = item.values("curves")[0]
    assert curve["symbols"] == ["batch"]
    assert len(curve["sizes"]) == len(curve["ms"]) > 5
    assert min(curve["ms"]) > 0
    split = item.values("split")[0]
    assert {pair["sizes"]["batch"] for pair in split["pairs"]} >= {1, 32, 33, 64}


def test_an_engine_without_a_cliff_says_nothing(project: Project) -> None:
    project.onnx("net.onnx")
    item = scanned(project, "{default: {batch: [1, 2, 3]}}")["cliffs-default"]
    assert item.outcome == "passed", item.text
    assert "FR93" not in warnings(item)
    assert len(item.values("curves")[0][0]["ms"]) == 3


def test_fixed_sizes_are_nothing_to_scan(project: Project) -> None:
    project.onnx("net.onnx")
    item = scanned(project, "{default: {batch: 4}}")["cliffs-default"]
    assert item.outcome == "passed", item.text
    assert item.values("curves") == []


def test_profiles_that_share_sizes_are_compared(project: Project) -> None:
    matmul(project.root / "net.onnx")
    profiles = "{online: {batch: [1, 4, 32]}, offline: {batch: [16, 256, 512]}}"
    items = scanned(project, profiles, seconds=4.0)
    for name, other in (("online", "offline"), ("offline", "online")):
        item = items[f"cliffs-{name}"]
        assert item.outcome == "passed", item.text
        pairs = item.values("other_profiles")[0][other]
        assert [pair["sizes"]["batch"] for pair in pairs] == [16, 23, 32]
        assert all(0 < ms < 10 for pair in pairs for ms in pair["ms"])


def test_a_size_inside_the_profile_that_does_not_run_fails(project: Project) -> None:
    """FR934."""
    project.onnx("net.onnx", EVEN)
    item = scanned(project, "{default: {batch: [2, 4, 8]}}")["cliffs-default"]
    assert (item.outcome, item.code) == ("failed", "FR934")
    assert "does not run at batch" in item.text


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    matmul(project.root / "net.onnx")
    profiles = "{default: {batch: [1, 64, 4096]}}"
    project.write("frictionless.yaml", CONFIG.format(seconds=4.0, profiles=profiles))
    monkeypatch.chdir(project.root)
    return project.root


def test_layers_are_profiled_by_command(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "net", "--point", "max", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sizes"] == {"batch": 4096}
    assert any("product" in node for each in told["layers"] for node in each["nodes"])
    whole = sum(each["ms"] for each in told["layers"])
    assert 0.5 * told["ms"] < whole < 5 * told["ms"]


def test_the_slowest_layers_are_shown_with_what_to_go_on_with(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "net.onnx"]) == 0
    said = capsys.readouterr().out
    assert "net, default-opt (batch=64):" in said
    assert "product" in said
    assert "--shapes=x:64x512 --useProfile=0" in said
    assert "nsys profile --trace=cuda,nvtx" in said
