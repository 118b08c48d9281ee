"""Latency is judged against accepted baselines, in turns with the accepted engine."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.latency.baselines import read_baseline, write_baseline
from tests.gpu.repositories import committed
from tests.gpu.test_run import matmul

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Item, Project

CONFIG = """
opset: {version: 19, reason: "as written"}
latency: {rounds: 4, seconds: 0.05}
models:
  net:
    profiles: {default: {batch: [1024, 4096, 16384]}}
    tolerance: {rtol: 0.01, atol: 0.1}
"""


def deep(path: Path, layers: int) -> Path:
    """A chain of products, whose time grows with the layers."""
    import numpy as np
    import onnx.helper as h
    from onnx import TensorProto, numpy_helper, save

    weights = np.random.default_rng(0).standard_normal((512, 512)).astype("float32") / 23
    nodes = [h.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(layers)]
    graph = h.make_graph(
        nodes, "net",
        [h.make_tensor_value_info("x0", TensorProto.FLOAT, ["batch", 512])],
        [h.make_tensor_value_info(f"x{layers}", TensorProto.FLOAT, ["batch", 512])],
        [numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    save(h.make_model(graph, opset_imports=[h.make_opsetid("", 19)], ir_version=10), path)
    return path


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository in git, outside CI, where a model of 20 layers was accepted after three jobs."""
    project.write("frictionless.yaml", CONFIG)
    deep(project.root / "net.onnx", 20)
    committed(project, monkeypatch)
    for _ in range(3):
        assert measure(project)["latency-default-opt"].values("verdict") == ["no baseline"]
    monkeypatch.chdir(project.root)
    assert main(["baseline", "accept", "--jobs", "3", "--reason", "the first"]) == 0
    assert list((project.root / "baselines").glob("*/net.json"))
    return project


def measure(project: Project) -> dict[str, Item]:
    return project.run("-k", "latency", "-rA").of("net.onnx")


def test_an_unchanged_engine_passes(shop: Project) -> None:
    items = measure(shop)
    assert {item.outcome for item in items.values()} == {"passed"}, [i.text for i in items.values()]
    assert {item.values("verdict")[0] for item in items.values()} <= {"pass", "noisy", "improved"}


def test_added_work_is_confirmed_in_turns_with_the_accepted_engine(shop: Project) -> None:
    deep(shop.root / "net.onnx", 22)
    items = measure(shop)
    texts = "\n".join(item.text for item in items.values())
    assert "failed" in {item.outcome for item in items.values()}, texts
    assert "pairs of A/B" in texts
    assert any(code in texts for code in ("FR920", "FR921"))
    assert os.listdir(shop.root / ".frictionless" / "runs" / "plans")


def moved(shop: Project) -> None:
    """As if it had been accepted with an older driver."""
    (path,) = (shop.root / "baselines").glob("*/net.json")
    baseline = read_baseline(path)
    shutil.rmtree(path.parent)
    write_baseline(
        shop.root / "baselines", replace(baseline, key=replace(baseline.key, driver="1"))
    )


def test_the_engine_accepted_in_another_environment_stands_in(shop: Project) -> None:
    moved(shop)
    for item in measure(shop).values():
        assert item.outcome == "passed", item.text
        assert "against the accepted engine of" in "".join(item.sections.values())
    deep(shop.root / "net.onnx", 22)
    items = measure(shop)
    texts = "\n".join(item.text for item in items.values())
    assert items["latency-default-max"].code == "FR920", texts
    assert "no baseline for this environment (driver " in items["latency-default-max"].headline


def test_without_that_engine_nothing_is_compared(shop: Project) -> None:
    moved(shop)
    shutil.rmtree(shop.root / ".frictionless" / "runs" / "plans")
    deep(shop.root / "net.onnx", 22)
    for item in measure(shop).values():
        assert (item.outcome, item.values("verdict")) == ("passed", ["no baseline"])
        assert "not 1): its engine is not kept in" in "".join(item.sections.values())


def test_a_run_can_be_judged_again_from_what_was_recorded(
    shop: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(shop)
    capsys.readouterr()
    assert main(["baseline", "compare", "--all"]) in (0, 1)
    assert "net/default-opt" in capsys.readouterr().out


def test_the_first_job_has_no_baseline_and_says_so(project: Project) -> None:
    matmul(project.root / "net.onnx")
    project.write("frictionless.yaml", CONFIG)
    item = measure(project)["latency-default-min"]
    assert item.outcome == "passed"
    assert any("FR925" in warning for warning in item.values("warning"))
