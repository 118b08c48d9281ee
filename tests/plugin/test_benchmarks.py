"""Latency items as benchmarks of pytest-benchmark, and FR928.

The GPU is a recorded one, all else is real: the build, the gate, pytest and pytest-benchmark.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest
from tests.project import DET, Outcome, Project
from tests.recorded import POINTS, PROCESSES, RECORDED_GPU

pytest.importorskip("pytest_benchmark")

LATENCIES = [f"latency-default-{point}" for point in POINTS]
OTHER_VERSION = """
import pytest_benchmark.fixture
class BenchmarkFixture:
    def __init__(self, node):
        pass
pytest_benchmark.fixture.BenchmarkFixture = BenchmarkFixture
"""
SPY = """
import sys
from importlib.util import find_spec
def pytest_unconfigure(config):
    names = ("pytest_benchmark", "pytest_frictionless._glue.benchmarks")
    print("imported:", [name for name in names if name in sys.modules])
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model whose build is kept: each run measures anew."""
    project = Project(tmp_path_factory.mktemp("shop"))
    project.write("conftest.py", RECORDED_GPU)
    project.write("frictionless.yaml", "latency: {rounds: 7}\n")
    project.onnx("models/net.onnx")
    return project


def run(shop: Project, *arguments: str, **environment: str) -> Outcome:
    return shop.run_isolated("models/net.onnx", *arguments, environment=environment)


def latencies(outcome: Outcome) -> dict[str, str]:
    return {name: outcome.of("models/net.onnx")[name].outcome for name in LATENCIES}


def written(shop: Project, name: str = "out.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shop.root / name).read_text())
    return content


def test_every_latency_item_is_a_benchmark_of_all_its_samples(shop: Project) -> None:
    outcome = run(shop, "--benchmark-json", "out.json")
    assert outcome.failed() == [], outcome.stdout
    content = written(shop)
    assert [each["name"] for each in content["benchmarks"]] == LATENCIES
    for each, point in zip(content["benchmarks"], POINTS, strict=True):
        seconds = [ms / 1000 for process in PROCESSES for ms in process[point]]
        assert each["stats"]["data"] == seconds
        assert each["stats"]["rounds"] == len(seconds) == 350
        assert each["group"] == "models/net.onnx"
        assert each["fullname"] == f"models/net.onnx::latency-default-{point}"
        assert each["options"]["timer"] == "cuda_event"
        item = outcome[each["fullname"]]
        told = each["extra_info"]
        assert told["verdict"] == "no baseline"
        assert told["graph"] is True
        assert told["environment"] == item.values("environment")[0]
        assert told["p99_ms"] == pytest.approx(item.values("p99_ms")[0], rel=1e-4)
        assert told["throughput"] == pytest.approx(item.values("throughput")[0], rel=1e-4)
    machine = content["machine_info"]
    assert (machine["gpu"], machine["driver"]) == ("NVIDIA H200", "580.159.04")
    assert machine["tensorrt"] == "tensorrt_rtx 1.6.1.120"
    assert machine["environment"]["driver"] == "580"


def test_an_exported_run_has_the_same_names_and_the_same_machine(shop: Project) -> None:
    run(shop, "--benchmark-json", "live.json")
    command = [sys.executable, "-m", "pytest_frictionless", "baseline", "export"]
    done = subprocess.run(
        [*command, "--output", "exported.json"], cwd=shop.root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    live, exported = written(shop, "live.json"), written(shop, "exported.json")
    for name in ("gpu", "driver", "cuda", "tensorrt", "environment"):
        assert exported["machine_info"][name] == live["machine_info"][name]
    by_id = {each["fullname"]: each for each in exported["benchmarks"]}
    for each in live["benchmarks"]:
        same = by_id[each["fullname"]]
        for field in ("name", "group", "params", "extra_info"):
            assert same[field] == each[field]


def test_a_stored_run_is_compared_with_and_a_loss_fails(shop: Project) -> None:
    assert run(shop, "--benchmark-save", "first").code == 0
    again = run(shop, "--benchmark-compare", "--benchmark-compare-fail", "median:5%")
    assert again.code == 0, again.stdout
    assert "latency-default-opt (NOW)" in again.stdout
    assert "latency-default-opt (0001_first)" in again.stdout
    slower = run(shop, "--benchmark-compare", "--benchmark-compare-fail=median:5%", SLOWER="1.1")
    assert slower.code != 0
    assert "Performance has regressed" in slower.stdout + slower.stderr
    assert set(latencies(slower).values()) == {"passed"}


def test_another_environment_is_named_where_runs_are_compared(shop: Project) -> None:
    run(shop, "--benchmark-save", "first")
    said = "The compared latencies are of another environment: "
    assert said not in run(shop, "--benchmark-compare").stderr
    other = run(shop, "--benchmark-compare", DRIVER="575.57.08")
    assert f"{said}driver 575, not 580" in other.stderr
    assert other.failed() == []


def test_the_histogram_is_drawn(shop: Project) -> None:
    if find_spec("pygal") is None:  # it spoils the imports of the process that has it imported
        pytest.skip("needs pytest-benchmark[histogram]")
    outcome = run(shop, "--benchmark-histogram", "drawn/h")
    assert outcome.failed() == []
    assert [path.suffix for path in (shop.root / "drawn").iterdir()] == [".svg"]


def test_switched_off_it_changes_no_item(shop: Project) -> None:
    outcome = run(shop, "--benchmark-disable", "--benchmark-json", "off.json")
    assert set(latencies(outcome).values()) == {"passed"}
    assert not (shop.root / "off.json").exists()


def test_latencies_are_what_benchmark_skip_skips(shop: Project) -> None:
    outcome = run(shop, "--benchmark-skip")
    assert set(latencies(outcome).values()) == {"skipped"}
    assert outcome.of("models/net.onnx")["build-default"].outcome == "passed"


def test_latencies_are_all_that_benchmark_only_leaves(shop: Project) -> None:
    outcome = run(shop, "--benchmark-only", "--benchmark-json", "only.json")
    assert set(latencies(outcome).values()) == {"passed"}
    assert outcome.count("passed") == len(LATENCIES)
    assert len(written(shop, "only.json")["benchmarks"]) == len(LATENCIES)


def test_what_failed_before_fails_them_where_its_own_item_is_skipped(shop: Project) -> None:
    shop.onnx("other/det.onnx", DET)
    outcome = shop.run_isolated("other/det.onnx", "--benchmark-only")
    assert {item.code for item in outcome.items.values() if item.outcome == "failed"} == {"FR501"}
    assert sorted(outcome.failed()) == sorted(f"other/det.onnx::{name}" for name in LATENCIES)


def test_with_workers_it_is_off_and_nothing_fails(shop: Project) -> None:
    pytest.importorskip("xdist")
    workers = ("-n", "2", "--dist", "loadfile")
    outcome = run(shop, *workers)
    assert outcome.code == 0, outcome.stdout
    assert set(latencies(outcome).values()) == {"passed"}
    assert "Benchmark" not in outcome.stdout + outcome.stderr
    asked = run(shop, *workers, "--benchmark-json", "workers.json")
    assert asked.code == 0
    assert "Benchmarks are automatically disabled" in asked.stdout + asked.stderr
    assert not (shop.root / "workers.json").exists()


def test_another_version_is_a_warning_and_loses_nothing(shop: Project) -> None:
    shop.write("frictionless_other_version.py", OTHER_VERSION)
    outcome = run(shop, "-p", "frictionless_other_version", "--benchmark-json", "none.json")
    assert set(latencies(outcome).values()) == {"passed"}
    item = outcome["models/net.onnx::latency-default-opt"]
    assert item.values("verdict") == ["no baseline"]
    assert any(
        each.startswith("FR928 latency-default-opt is not") for each in item.values("warning")
    )
    assert "TypeError" in item.sections["Captured warning call"]


def test_without_pytest_benchmark_nothing_of_it_is_imported(shop: Project) -> None:
    shop.write("frictionless_spy.py", SPY)
    outcome = run(shop, "-p", "frictionless_spy", "-p", "no:benchmark", "-s")
    assert "imported: []" in outcome.stdout
    assert set(latencies(outcome).values()) == {"passed"}
    with_it = run(shop, "-p", "frictionless_spy", "-s")
    assert (
        "imported: ['pytest_benchmark', 'pytest_frictionless._glue.benchmarks']" in with_it.stdout
    )
