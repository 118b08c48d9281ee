"""The step that measures an engine in one fresh process: one round of every cell."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import nvml, require, tensorrt
from pytest_frictionless.backends.cuda import QUEUE
from pytest_frictionless.backends.engine_run import engine_of, gpu_of
from pytest_frictionless.backends.feeds import feeds_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_frictionless.artifacts import CellRecord, CellRequest, InputRecord, RoundRecord
    from pytest_frictionless.backends.cuda import Gpu
    from pytest_frictionless.backends.tensorrt_context import Bound
    from pytest_frictionless.backends.tensorrt_engine import Engine

WARM_UP_S = 0.2
SETTLED = 0.02
"""Two warm-up blocks whose medians agree this well: the kernels compiled for this shape are in."""
BLOCK_MS = 1.0
"""Faster launches are timed in blocks of about this length: an event costs microseconds."""
KEPT = 1000
"""Samples of a round that are kept."""


def measure(
    memory: dict[str, Any], folder: str, *, plan: str, inputs: list[InputRecord],
    cells: list[CellRequest], seconds: float, seed: int, cache: str | None = None,
    plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Measure every cell once, in an order drawn from `seed`.

    Of each cell: GPU time of an inference replayed as a CUDA graph where the engine can be captured,
    and of plain launches, both in milliseconds; host time of a launch; and what NVML saw meanwhile.
    """
    del folder
    gpu = gpu_of(memory)
    engine = engine_of(memory, plan, cache, plugins)
    shuffled = random.Random(seed).sample(cells, len(cells))
    measured = {}
    for cell in shuffled:
        measured[cell["name"]] = _cell(gpu, engine, inputs, cell, seconds)
    engine.keep_cache()
    record: RoundRecord = {
        "engine": tensorrt.engine_name(), "gpu": nvml.facts(gpu.uuid),
        "compute_capability": gpu.compute_capability, "cells": measured,
        "layers": engine.layers(),
    }  # fmt: skip
    return {**record}


def _cell(
    gpu: Gpu, engine: Engine, inputs: list[InputRecord], cell: CellRequest, seconds: float
) -> CellRecord:
    feeds = feeds_at(inputs, cell["sizes"])
    bound = engine.context(cell["profile"], {name: feeds[name] for name in engine.inputs})
    events: list[Any] = []
    started = time.perf_counter()
    _warm_up(gpu, bound.enqueue, events)
    warm_up_s = time.perf_counter() - started
    plain = _rounds(gpu, bound.enqueue, seconds / 3, events)
    host_ms = _host_ms(gpu, bound.enqueue)
    graph, uncaptured = _captured(gpu, bound)
    with nvml.Watch(gpu.uuid) as watch:
        if graph is None:
            samples = _rounds(gpu, bound.enqueue, seconds, events)
        else:
            _warm_up(gpu, lambda: graph.launch(gpu.stream), events, WARM_UP_S / 4)
            samples = _rounds(gpu, lambda: graph.launch(gpu.stream), seconds, events)
    record: CellRecord = {
        "samples_ms": _thinned(samples), "count": len(samples), "captured": graph is not None, "uncaptured": uncaptured,
        "plain_ms": _median(plain), "host_ms": host_ms, "warm_up_s": warm_up_s,
        "workspace_mib": engine.workspace_bytes(cell["profile"]) / 2**20,
        "watch": watch.record(),
    }  # fmt: skip
    return record


def _captured(gpu: Gpu, bound: Bound) -> tuple[Any, str]:
    """The inference as a CUDA graph; None, and why, where the engine cannot be captured.

    TensorRT-RTX 1.6.1 answers False to `is_stream_capturable` for engines that are captured and
    replayed well (measured on an H200): so it is tried, and not asked.
    """
    try:
        return gpu.capture(bound.enqueue), ""
    except Exception as error:  # whatever the engine does that a graph cannot hold
        gpu.stream.sync()
        return None, f"{type(error).__name__}: {error}"


def _warm_up(
    gpu: Gpu, work: Callable[[], None], events: list[Any], seconds: float = WARM_UP_S
) -> None:
    """Repeat for so long and until two blocks agree: kernels are compiled and clocks are up."""
    started, before = time.perf_counter(), float("inf")
    work()
    gpu.stream.sync()
    while True:
        now = _median(gpu.time_ms(work, QUEUE // 4, events))
        spent = time.perf_counter() - started
        if spent > seconds and abs(now - before) <= SETTLED * now:
            return
        if spent > 20 * WARM_UP_S:
            return
        before = now


def _rounds(gpu: Gpu, work: Callable[[], None], seconds: float, events: list[Any]) -> list[float]:
    """Milliseconds of single inferences, for at least this long."""
    once = max(_median(gpu.time_ms(work, 8, events)), 1e-3)
    block = max(1, round(BLOCK_MS / once)) if once < BLOCK_MS / 10 else 1

    def blocked() -> None:
        for _ in range(block):
            work()

    queue = max(2, min(QUEUE, round(50.0 / (once * block))))
    samples: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < seconds or len(samples) < 8:
        samples += [each / block for each in gpu.time_ms(blocked, queue, events)]
    return samples


def _host_ms(gpu: Gpu, work: Callable[[], None], repeats: int = 20) -> float:
    """Milliseconds that the CPU spends on one launch, with the stream empty behind it."""
    times = []
    for _ in range(repeats):
        gpu.stream.sync()
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    gpu.stream.sync()
    return _median(times)


def _median(values: list[float]) -> float:
    np = require("numpy", purpose="measuring")
    return float(np.median(values))


def _thinned(samples: list[float]) -> list[float]:
    """At most KEPT of them, evenly through the round."""
    step = max(1, -(-len(samples) // KEPT))
    return [round(each, 6) for each in samples[::step]]
