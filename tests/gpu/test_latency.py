"""Latency and memory on the GPU, measured in fresh processes and held against the budget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.gpu.test_run import matmul

if TYPE_CHECKING:
    from tests.project import Item, Project

CONFIG = """
latency: {{rounds: 3, seconds: 0.3}}
models:
  net:
    profiles: {{default: {{batch: [1, 64, 4096]}}}}
    tolerance: {{rtol: 0.01, atol: 0.1}}
    budget: {budget}
"""


def measured(project: Project, budget: str) -> dict[str, Item]:
    matmul(project.root / "net.onnx")
    project.write("frictionless.yaml", CONFIG.format(budget=budget))
    return project.run("-k", "latency or memory or run or build", "-rA").of("net.onnx")


@pytest.fixture
def items(project: Project) -> dict[str, Item]:
    return measured(project, "{memory_mib: 900, points: {default-max: {latency_ms: 50}}}")


def test_every_point_is_measured(items: dict[str, Item]) -> None:
    for point in ("min", "opt", "max"):
        item = items[f"latency-default-{point}"]
        assert item.outcome == "passed", item.text
        p50, p95, p99 = (item.values(name)[0] for name in ("latency_ms", "p95_ms", "p99_ms"))
        assert 0 < p50 <= p95 <= p99
        assert item.values("rounds") == [3]
        assert item.values("samples")[0] >= 24
        assert item.values("cuda_graph") == [True]
        assert item.values("spread")[0] < 0.5  # a launch of 10 us is nearly all noise
    assert items["latency-default-min"].values("latency_ms") < items["latency-default-max"].values(
        "latency_ms"
    )


def test_a_small_engine_is_held_up_by_the_cpu(items: dict[str, Item]) -> None:
    warnings = items["latency-default-min"].values("warning")
    assert any("FR913" in warning and "held up by the CPU" in warning for warning in warnings)


def test_memory_is_told(items: dict[str, Item]) -> None:
    item = items["memory-default"]
    assert item.outcome == "passed", item.text
    assert item.values("weights_mib")[0] >= 1.0  # 512 x 512 float32
    assert item.values("peak_mib")[0] >= item.values("buffers_mib")[0] > 0


@pytest.mark.parametrize(
    ("budget", "name", "code"),
    [
        ("{points: {default-max: {latency_ms: 0.0001}}}", "latency-default-max", "FR911"),
        ("{points: {default-opt: {throughput: 1e9}}}", "latency-default-opt", "FR911"),
        ("{points: {default-min: {p99_ms: 0.0001}}}", "latency-default-min", "FR911"),
        ("{memory_mib: 1}", "memory-default", "FR914"),
    ],
)
def test_over_the_budget_fails(project: Project, budget: str, name: str, code: str) -> None:
    item = measured(project, budget)[name]
    assert (item.outcome, item.code) == ("failed", code)


def test_every_point_is_a_benchmark_of_pytest_benchmark(project: Project) -> None:
    pytest.importorskip("pytest_benchmark")
    matmul(project.root / "net.onnx")
    project.write("frictionless.yaml", CONFIG.format(budget="{memory_mib: 900}"))
    arguments = ("net.onnx", "--benchmark-json", "out.json", "--benchmark-save", "gpu")
    items = project.run_isolated(*arguments).of("net.onnx")
    content = json.loads((project.root / "out.json").read_text())
    machine = content["machine_info"]
    assert [each["name"] for each in content["benchmarks"]] == [
        f"latency-default-{point}" for point in ("min", "opt", "max")
    ]
    for each in content["benchmarks"]:
        item = items[each["name"]]
        assert each["stats"]["rounds"] == len(each["stats"]["data"]) >= 24
        assert each["stats"]["median"] * 1000 == pytest.approx(
            item.values("latency_ms")[0], rel=0.1
        )  # of blocks, not of launches: 0.0094 and 0.0100 ms were seen on an H100
        assert each["extra_info"]["environment"] == item.values("environment")[0]
        assert machine["gpu"] == item.values("gpu")[0]
    assert machine["driver"].split(".")[0] == machine["environment"]["driver"]
    compared = project.run_isolated("net.onnx", "--benchmark-compare", "-k", "latency")
    assert "(0001_gpu)" in compared.stdout
    assert "another environment" not in compared.stderr


def test_a_shared_gpu_is_invalid_and_not_slow(project: Project) -> None:
    """FR912, of which `disturbed` gives the reason: nobody can be made to share this GPU on demand."""
    from pytest_frictionless.workbench import gpu

    watch = {"hard_slowdown": 0.0, "slowed": {}, "neighbours": [4711]}
    assert "4711" in gpu.disturbed({"watch": watch})  # type: ignore[typeddict-item]
    assert gpu.disturbed({"watch": {**watch, "neighbours": []}}) == ""  # type: ignore[typeddict-item]
