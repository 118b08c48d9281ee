"""Device memory: what TensorRT tells, what the device held, and growth over what was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.latency.memory import LEAST_MIB
from pytest_frictionless.workbench.gpu import measured_by, plan_path
from tests.gpu.repositories import committed, opened

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.memory import MemoryRecord
    from pytest_frictionless.workbench.workbench import Workbench
    from tests.project import Item, Project

CONFIG = """
opset: {version: 19, reason: "as written"}
latency: {rounds: 2, seconds: 0.05}
models:
  net:
    profiles: {small: {batch: [1, 2, 4]}, large: {batch: [8, 64, 4096]}}
    tolerance: {rtol: 0.01, atol: 0.1}
"""
WIDTH = 2048
WEIGHTS_MIB = 2 * WIDTH * WIDTH * 4 / 2**20
"""Two matrices of float32."""


def deep(path: Path, layers: int, width: int = WIDTH) -> Path:
    """Products with weights of their own: no two of them can be one."""
    import numpy as np
    import onnx.helper as h
    from onnx import TensorProto, numpy_helper, save

    draw = np.random.default_rng(0)
    names = [f"w{i}" for i in range(layers)]
    weights = [draw.standard_normal((width, width)).astype("float32") / width**0.5 for _ in names]
    nodes = [h.make_node("MatMul", [f"x{i}", n], [f"x{i + 1}"]) for i, n in enumerate(names)]
    graph = h.make_graph(
        nodes, "net",
        [h.make_tensor_value_info("x0", TensorProto.FLOAT, ["batch", width])],
        [h.make_tensor_value_info(f"x{layers}", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(w, n) for n, w in zip(names, weights, strict=True)],
    )  # fmt: skip
    save(h.make_model(graph, opset_imports=[h.make_opsetid("", 19)], ir_version=10), path)
    return path


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository in git, outside CI."""
    project.write("frictionless.yaml", CONFIG)
    deep(project.root / "net.onnx", 2)
    committed(project, monkeypatch)
    monkeypatch.chdir(project.root)
    return project


def seen(bench: Workbench, profile: str) -> MemoryRecord:
    index = list(bench.profiles).index(profile)
    sizes = dict(bench.profiles[profile].at("max").sizes)
    cell = {"name": profile, "profile": index, "sizes": sizes}
    record = measured_by(bench, "gpu.memory:measure", plan_path(bench), cell=cell)
    return cast("MemoryRecord", record)


def test_figures_add_up_and_fresh_processes_agree(shop: Project) -> None:
    with opened(shop, shop.root / "net.onnx") as bench:
        small, *large = [seen(bench, name) for name in ("small", "large", "large", "large")]
    for each in (small, *large):
        assert each["neighbours"] == []
        assert each["weights_mib"] is None or each["weights_mib"] >= 0.99 * WEIGHTS_MIB
        assert each["peak_mib"] >= each["loaded_mib"] >= 0
        assert each["peak_mib"] >= WEIGHTS_MIB + each["buffers_mib"] - LEAST_MIB, each
        # A context is made for the profile that needs most, whichever it is set to.
        assert each["context_mib"] == pytest.approx(
            max(small["workspace_mib"], large[0]["workspace_mib"]), rel=0.01, abs=0.01
        )
    assert large[0]["buffers_mib"] == pytest.approx(2 * 4096 * WIDTH * 4 / 2**20, rel=0.01)
    assert len({(each["weights_mib"], each["workspace_mib"]) for each in large}) == 1
    peaks = [each["peak_mib"] for each in large]
    assert max(peaks) - min(peaks) < LEAST_MIB, peaks


def memory(shop: Project) -> dict[str, Item]:
    items = shop.run("-k", "memory-small or memory-large", "-rA").of("net.onnx")
    return {name: items[f"memory-{name}"] for name in ("small", "large")}


def test_a_model_that_grows_is_told_by_both_figures(shop: Project) -> None:
    first = memory(shop)
    assert {item.outcome for item in first.values()} == {"passed"}, [i.text for i in first.values()]
    said = "\n".join(first["large"].sections.values())
    assert "no accepted memory for this environment" in said
    assert "one execution context for each of 2 profiles holds" in said
    assert main(["baseline", "accept", "--cells", "*-memory", "--reason", "the first"]) == 0

    again = memory(shop)
    assert {item.outcome for item in again.values()} == {"passed"}, [i.text for i in again.values()]
    (accepted,), (peak,) = (again["large"].values(n) for n in ("accepted_peak_mib", "peak_mib"))
    assert abs(peak - accepted) < LEAST_MIB

    deep(shop.root / "net.onnx", 8)
    grown = memory(shop)["large"]
    assert (grown.outcome, grown.code) == ("failed", "FR915"), grown.text
    assert "times the accepted memory" in grown.headline
    assert "weights and workspace" in grown.text
    assert "peak of the device" in grown.text
