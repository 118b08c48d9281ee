"""The steps that look at an engine's device memory, and at what switching its profiles costs.

Each wants a process of its own: what another engine or context held would be counted, or hidden.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu import nvml
from pytest_frictionless.backends.gpu.run import engine_of, gpu_of
from pytest_frictionless.backends.tensorrt import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.artifacts.latency import CellRequest
    from pytest_frictionless.artifacts.memory import MemoryRecord, SwitchingRecord, SwitchRecord
    from pytest_frictionless.backends.gpu.cuda import Gpu
    from pytest_frictionless.backends.tensorrt.context import Bound, Setting

RUNS = 5
SWITCHES = 30
"""Of which the median is taken, for each pair of profiles."""
SWITCHING_S = 2.0
"""After so long fewer switches have to do."""
MIB = 2**20


def measure(
    memory: dict[str, Any], folder: str, *, plan: str, inputs: list[InputRecord], cell: CellRequest,
    cache: str | None = None, plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Device memory of an engine with one context, from before it is loaded until it has run.

    CUDA's own context is there before, and not counted. TensorRT tells the weights and, for each
    profile, activations and scratch in one figure; no call tells these two apart, or what its
    kernels take: that is part of the peak alone.

    Args:
        memory: What this process keeps.
        folder: Where files of the artifact go; none are written.
        plan: Path of the serialised engine.
        inputs: How the values are made.
        cell: Profile and sizes that are run.
        cache: File of the runtime cache.
        plugins: Files that register TensorRT plugins.
    """
    del folder
    gpu = gpu_of(memory)
    with nvml.MemoryWatch(gpu.uuid) as watch:
        before = watch.now_mib()
        engine = engine_of(memory, plan, cache, plugins)
        loaded = watch.now_mib()
        feeds = feeds_at(inputs, cell["sizes"])
        bound = engine.context(cell["profile"], {name: feeds[name] for name in engine.inputs})
        for _ in range(RUNS):
            bound.enqueue()
        gpu.stream.sync()
        watch.now_mib()
    engine.keep_cache()
    weights = engine.weights_bytes()
    record: MemoryRecord = {
        "engine": installed.engine_name(), "gpu": gpu.name, "sizes": cell["sizes"],
        "weights_mib": None if weights is None else weights / MIB,
        "workspace_mib": engine.workspace_bytes(cell["profile"]) / MIB,
        "context_mib": engine.context_bytes / MIB, "buffers_mib": bound.buffer_bytes / MIB,
        "loaded_mib": loaded - before, "peak_mib": watch.peak_mib - before,
        "neighbours": watch.neighbours,
    }  # fmt: skip
    return {**record}


def switch(
    memory: dict[str, Any], folder: str, *, plan: str, inputs: list[InputRecord],
    cells: list[CellRequest], cache: str | None = None, plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """What it costs to move one context from profile to profile, and to have one context for each.

    Args:
        memory: What this process keeps.
        folder: Where files of the artifact go; none are written.
        plan: Path of the serialised engine.
        inputs: How the values are made.
        cells: Each profile with its sizes; every one is switched to from the one before it.
        cache: File of the runtime cache.
        plugins: Files that register TensorRT plugins.
    """
    del folder
    gpu = gpu_of(memory)
    engine = engine_of(memory, plan, cache, plugins)
    bound = engine.unbound()
    settings = {}
    for cell in cells:
        feeds = feeds_at(inputs, cell["sizes"])
        bound.bind(cell["profile"], {name: feeds[name] for name in engine.inputs})
        settings[cell["name"]] = bound.setting()
        for _ in range(RUNS):  # kernels are compiled for a shape when it first runs
            bound.enqueue()
    gpu.stream.sync()
    names = list(settings)
    switches = [
        _switch(gpu, bound, settings, origin, target)
        for origin, target in zip([names[-1], *names], names, strict=False)
    ]
    engine.keep_cache()
    bound.set(settings[names[0]])  # no two contexts in one profile: older TensorRTs refuse that
    with nvml.MemoryWatch(gpu.uuid) as watch:
        before = watch.now_mib()
        others = [engine.unbound() for _ in names[1:]]
        for name, other in zip(names[1:], others, strict=True):
            other.set(settings[name])
            other.enqueue()
        gpu.stream.sync()
        contexts = watch.now_mib() - before
    record: SwitchingRecord = {
        "engine": installed.engine_name(), "gpu": gpu.name, "switches": switches,
        "contexts_mib": contexts, "context_mib": engine.context_bytes / MIB,
        "neighbours": watch.neighbours,
    }  # fmt: skip
    return {**record}


def _switch(
    gpu: Gpu, bound: Bound, settings: dict[str, Setting], origin: str, target: str
) -> SwitchRecord:
    """Host time until the first inference after a switch is done, against one more inference."""

    def switched() -> None:
        bound.set(settings[target])
        bound.enqueue()

    first: list[float] = []
    second: list[float] = []
    started = time.perf_counter()
    while len(first) < SWITCHES and (time.perf_counter() - started < SWITCHING_S or not first):
        bound.set(settings[origin])
        bound.enqueue()
        first.append(_ms(gpu, switched))
        second.append(_ms(gpu, bound.enqueue))
    return {
        "origin": origin, "target": target, "switched_ms": median(first),
        "steady_ms": median(second), "count": len(first),
    }  # fmt: skip


def _ms(gpu: Gpu, work: Callable[[], None]) -> float:
    """Milliseconds from an idle stream to an idle stream."""
    gpu.stream.sync()
    started = time.perf_counter()
    work()
    gpu.stream.sync()
    return (time.perf_counter() - started) * 1e3
