"""The step that runs an engine at one shape point and compares what it gives with the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu import nvml
from pytest_frictionless.backends.gpu.cuda import POISONS, Gpu
from pytest_frictionless.backends.onnxruntime.run import compare, load_reference
from pytest_frictionless.backends.tensorrt import installed, steps
from pytest_frictionless.backends.tensorrt import plugins as tensorrt_plugins
from pytest_frictionless.backends.tensorrt.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.artifacts.run import EngineRunRecord
    from pytest_frictionless.backends.tensorrt.context import Bound

    Array = np.ndarray[Any, Any]


def gpu_of(memory: dict[str, Any]) -> Gpu:
    """The GPU of this process; raises MissingDevice where there is none."""
    if "gpu" not in memory:
        memory["gpu"] = Gpu()
    return memory["gpu"]


def engine_of(
    memory: dict[str, Any], plan: str, cache: str | None, plugins: Sequence[str] = ()
) -> Engine:
    """The plan as an engine, loaded once in a process, after the plugins that it holds."""
    key = f"engine {plan}"
    if key not in memory:
        tensorrt_plugins.load(plugins)
        memory[key] = Engine(gpu_of(memory), Path(plan), cache=Path(cache) if cache else None)
    return memory[key]


def describe(memory: dict[str, Any], folder: str) -> dict[str, Any]:
    """The GPU of this machine and the engine for it, as an environment key needs them."""
    del folder
    for package in ("cuda.core", "pynvml"):  # before a GPU is looked for: one thing to install
        require(package, purpose="running engines on a GPU")
    gpu = gpu_of(memory)
    return {
        **nvml.facts(gpu.uuid), "compute_capability": gpu.compute_capability,
        "engine": installed.engine_name(),
    }  # fmt: skip


def run(
    memory: dict[str, Any], folder: str, *, plan: str, profile: int, inputs: list[InputRecord],
    sizes: dict[str, int], reference: str, outputs: list[str], tolerance: dict[str, Any],
    cache: str | None = None, plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Run the engine once at these sizes.

    Args:
        memory: What this process keeps.
        folder: Where files of the artifact go; none are written.
        plan: Path of the serialised engine.
        profile: Index of the optimization profile.
        inputs: How the values are made.
        sizes: Size of each symbol.
        reference: Path of an .npz with the outputs to compare with, in the order of `outputs`.
        outputs: Names of the outputs in the ONNX file.
        tolerance: As for `ort.compare`.
        cache: File of the runtime cache.
        plugins: Files that register TensorRT plugins.
    """
    del folder
    loaded = engine_of(memory, plan, cache, plugins)
    feeds = feeds_at(inputs, sizes)
    bound = loaded.context(profile, {name: feeds[name] for name in loaded.inputs})
    given = [_run(bound, poison) for poison in POISONS]
    loaded.keep_cache()
    expected = dict(zip(outputs, load_reference(Path(reference)), strict=False))
    record: EngineRunRecord = {
        "engine": installed.engine_name(), "gpu": loaded.gpu.name, "sizes": sizes,
        "workspace_mib": loaded.workspace_bytes(profile) / 2**20,
        "comparisons": [
            compare(name, given[0][name], expected[name], tolerance)
            for name in loaded.outputs if name in expected
        ],
        "unwritten": {
            name: count for name in loaded.outputs
            if (count := _unwritten([each[name] for each in given]))
        },
        "unsteady": {
            name: spread for name in loaded.outputs
            if (spread := _spread(given[0][name], given[1][name]))
        },
        "absent": [name for name in outputs if name not in loaded.outputs],
    }  # fmt: skip
    return {**record}


def build_and_run(
    memory: dict[str, Any], folder: str, *, path: str, build: dict[str, Any], **arguments: Any
) -> dict[str, Any]:
    """Build an engine and run it in one process, for one whose environment makes it another engine."""
    record = steps.build(memory, folder, path=path, **build)
    return run(memory, folder, plan=str(Path(folder) / record["plan"]), **arguments)


def _run(bound: Bound, poison: int) -> Mapping[str, Array]:
    bound.poison(poison)
    bound.enqueue()
    return bound.read()


def _unwritten(runs: list[Array]) -> int:
    """How many elements still hold the poison of their run: nothing wrote them."""
    np = require("numpy", purpose="comparing outputs")
    held = [
        (run.reshape(-1).view(np.uint8).reshape(run.size, -1) == poison).all(axis=1)
        for run, poison in zip(runs, POISONS, strict=True)
        if run.size
    ]
    if len(held) != len(runs) or held[0].shape != held[1].shape:
        return 0
    return int(np.logical_and(*held).sum())


def _spread(first: Array, second: Array) -> float:
    """Largest difference of two runs on the same input."""
    np = require("numpy", purpose="comparing outputs")
    if first.shape != second.shape or not first.size:
        return 0.0
    a, b = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(all="ignore"):
        different = np.abs(a - b)
    return float(np.nanmax(np.where(np.isfinite(different), different, 0.0)))
