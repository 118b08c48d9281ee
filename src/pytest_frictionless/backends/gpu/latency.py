"""The step that measures an engine in one fresh process: one round of every cell."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu import nvml
from pytest_frictionless.backends.gpu.run import engine_of, gpu_of
from pytest_frictionless.backends.gpu.timing import WARM_UP_S, captured, median, rounds, warm_up
from pytest_frictionless.backends.tensorrt import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.artifacts.latency import CellRecord, CellRequest, RoundRecord
    from pytest_frictionless.backends.gpu.cuda import Gpu
    from pytest_frictionless.backends.tensorrt.engine import Engine

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
        "engine": installed.engine_name(), "gpu": nvml.facts(gpu.uuid),
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
    warm_up(gpu, bound.enqueue, events)
    warm_up_s = time.perf_counter() - started
    plain = rounds(gpu, bound.enqueue, seconds / 3, events)
    host_ms = _host_ms(gpu, bound.enqueue)
    graph, uncaptured = captured(gpu, bound)
    with nvml.Watch(gpu.uuid) as watch:
        if graph is None:
            samples = rounds(gpu, bound.enqueue, seconds, events)
        else:
            warm_up(gpu, lambda: graph.launch(gpu.stream), events, WARM_UP_S / 4)
            samples = rounds(gpu, lambda: graph.launch(gpu.stream), seconds, events)
    record: CellRecord = {
        "samples_ms": _thinned(samples), "count": len(samples), "captured": graph is not None, "uncaptured": uncaptured,
        "plain_ms": median(plain), "host_ms": host_ms, "warm_up_s": warm_up_s,
        "workspace_mib": engine.workspace_bytes(cell["profile"]) / 2**20,
        "watch": watch.record(),
    }  # fmt: skip
    return record


def _host_ms(gpu: Gpu, work: Callable[[], None], repeats: int = 20) -> float:
    """Milliseconds that the CPU spends on one launch, with the stream empty behind it."""
    times = []
    for _ in range(repeats):
        gpu.stream.sync()
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    gpu.stream.sync()
    return median(times)


def _thinned(samples: list[float]) -> list[float]:
    """At most KEPT of them, evenly through the round."""
    step = max(1, -(-len(samples) // KEPT))
    return [round(each, 6) for each in samples[::step]]
