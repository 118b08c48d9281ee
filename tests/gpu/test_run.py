"""Engines run on the GPU, and their numbers are compared at every shape point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.backends.tensorrt.installed import engine_name
from pytest_frictionless.check import Context
from pytest_frictionless.checkpoint.discovery import Checkpoint, identify
from pytest_frictionless.checks.run import CHECK
from pytest_frictionless.knowledge.gpus import flavour_of, runs_on, what_runs_on
from pytest_frictionless.workbench import gpu
from pytest_frictionless.workbench.workbench import Workbench
from tests.gpu.repositories import opened
from tests.project import MLP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_frictionless.finding import Finding
    from tests.project import Project

MATMUL = """
g (float[batch, 512] x) => (float[batch, 512] y) <float[512, 512] w> {{ a = MatMul(x, w)  y = Relu(a) }}
"""
PROFILES = """
models:
  net:
    profiles:
      online: {batch: [1, 2, 4]}
      offline: {batch: [8, 16, 32]}
"""


def matmul(path: Path, *, scale: float = 1.0) -> Path:
    """A product of 512 terms, which TF32 rounds to about 1e-3."""
    import numpy as np
    import onnx.helper as h
    from onnx import TensorProto, numpy_helper, save

    values = np.random.default_rng(0).standard_normal((512, 512)) * scale
    graph = h.make_graph(
        [
            h.make_node("MatMul", ["x", "w"], ["a"], name="product"),
            h.make_node("Relu", ["a"], ["y"]),
        ],
        "net",
        [h.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 512])],
        [h.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 512])],
        [numpy_helper.from_array(values.astype("float32"), "w")],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 19)], ir_version=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)
    return path


@pytest.fixture
def bench(project: Project) -> Iterator[Workbench]:
    project.write("frictionless.yaml", PROFILES)
    with opened(project, matmul(project.root / "net.onnx")) as made:
        yield made


def identified(path: Path) -> Checkpoint:
    found = identify(path)
    assert found is not None
    return found


def findings(bench: Workbench, profile: str = "online", point: str = "opt") -> list[Finding]:
    return list(CHECK.run(Context(workbench=bench, profile_name=profile, point_name=point)))


def test_every_point_of_every_profile_runs_and_says_what_it_saw(project: Project) -> None:
    project.write("frictionless.yaml", PROFILES)
    project.onnx("net.onnx")
    items = project.run("-k", "run or build", "-rA").of("net.onnx")
    names = [
        f"run-{profile}-{at}" for profile in ("online", "offline") for at in ("min", "opt", "max")
    ]
    assert {name: items[name].outcome for name in names} == dict.fromkeys(names, "passed")
    item = items["run-offline-max"]
    assert item.values("max_abs") == [0.0]
    assert "NVIDIA" in item.values("gpu")[0]
    assert item.values("sizes") == [{"batch": 32}]


def test_tf32_is_named_where_it_is_the_cause(bench: Workbench) -> None:
    (finding,) = findings(bench)
    assert finding.code == "FR904"
    assert "because of TF32" in finding.message
    assert dict(finding.evidence)["without TF32"]
    assert str(finding.severity) == "warning"


def test_a_wrong_kernel_fails(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Workbench(
        bench.shop, identified(matmul(tmp_path / "net.onnx", scale=1.5)), "net", bench.spec
    )
    monkeypatch.setattr(bench, "plan", lambda names: other.plan(names))
    (finding,) = findings(bench)
    other.close()
    assert finding.code == "FR901"
    assert "512 values" in finding.message or "1024 values" in finding.message
    assert str(finding.severity) == "error"


def test_an_engine_that_overflows_is_told_as_that(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = matmul(tmp_path / "net.onnx", scale=1e37)
    other = Workbench(bench.shop, identified(path), "net", bench.spec)
    monkeypatch.setattr(bench, "plan", lambda names: other.plan(names))
    (finding,) = findings(bench)
    other.close()
    assert finding.code == "FR902"
    assert "NaN or infinite" in finding.message


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (MLP, [2, 8]),
        ("g (float[batch, 8] x) => (int64[n, 2] y) { z = NonZero(x)  y = Transpose(z) }", None),
        ("g (int64[batch] x) => (int64[batch] y) { y = Neg(x) }", [2]),
        ("g (bool[batch] x) => (bool[batch] y) { y = Not(x) }", [2]),
        ("g (float16[batch, 8] x) => (float16[batch, 8] y) { y = Relu(x) }", [2, 8]),
        ("g (float[batch, 8] x) => (int64[2] y) { y = Shape(x) }", [2]),
    ],
    ids=["float32", "sizes known after the run", "int64", "bool", "float16", "shape on the host"],
)
def test_kinds_of_outputs(project: Project, text: str, shape: Any) -> None:
    project.onnx("net.onnx", text)
    project.write(
        "frictionless.yaml", "models:\n  net:\n    profiles: {default: {batch: [1, 2, 4]}}\n"
    )
    items = project.run("-k", "run or build or operators").of("net.onnx")
    if items["operators"].outcome == "failed":
        assert shape is None
        return
    assert items["run-default-opt"].outcome == "passed", items["run-default-opt"].text


def test_an_engine_for_other_gpus_is_a_skip_that_says_so(project: Project) -> None:
    project.onnx("net.onnx")
    project.write("frictionless.yaml", "target: {compute_capabilities: [8.9]}\n")
    item = project.run("-k", "run and opt").of("net.onnx")["run-default-opt"]
    assert item.outcome == "skipped"
    assert "compute capability 8.9" in item.text


def test_an_unchanged_engine_is_not_run_again(bench: Workbench) -> None:
    point = bench.profiles["online"].at("opt")
    first = gpu.engine_run(bench, "online", point)
    made = bench.shop.store.made
    bench.steps._known.clear()
    assert gpu.engine_run(bench, "online", point) == first
    assert bench.shop.store.made == made


def test_a_gpu_that_this_tensorrt_refuses_is_one_skip_with_what_works(project: Project) -> None:
    """Runs where it can be seen: TensorRT-RTX 1.7 on an H100 or H200."""
    project.write("frictionless.yaml", PROFILES)
    with opened(project, matmul(project.root / "net.onnx")) as bench:
        capability, engine = gpu.gpu_of(bench)["compute_capability"], engine_name()
    if runs_on(*flavour_of(engine), capability) is not False:
        pytest.skip(f"{engine} runs on {capability}, as far as is known")
    items = project.run("-k", "run or latency or memory").of("net.onnx")
    assert {item.outcome for item in items.values()} == {"skipped"}
    (said,) = {item.text for item in items.values()}
    assert f"{engine} does not run on this " in said
    assert f"which has compute capability {capability}, only on " in said
    assert what_runs_on(capability) in said
