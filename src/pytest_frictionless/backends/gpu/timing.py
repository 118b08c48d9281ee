"""How one inference is timed on the GPU: warm, as a CUDA graph where it can be one, between events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.gpu.cuda import QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from pytest_frictionless.backends.gpu.cuda import Gpu
    from pytest_frictionless.backends.tensorrt.context import Bound
    from pytest_frictionless.backends.tensorrt.engine import Engine

WARM_UP_S = 0.2
SETTLED = 0.02
"""Two warm-up blocks whose medians agree this well: the kernels compiled for this shape are in."""
BLOCK_MS = 1.0
"""Faster launches are timed in blocks of about this length: an event costs microseconds."""


class Timed:
    """An engine at one shape, warm and ready to be timed again and again."""

    def __init__(
        self, engine: Engine, profile: int, feeds: Mapping[str, np.ndarray[Any, Any]],
        *, warm_up_s: float = WARM_UP_S,
    ) -> None:  # fmt: skip
        self._gpu = engine.gpu
        self._events: list[Any] = []
        self.bound = engine.context(profile, {name: feeds[name] for name in engine.inputs})
        warm_up(self._gpu, self.bound.enqueue, self._events, warm_up_s)
        self._graph, self.uncaptured = captured(self._gpu, self.bound)
        if self._graph is not None:
            warm_up(self._gpu, self._work, self._events, warm_up_s / 4)

    def _work(self) -> None:
        self._graph.launch(self._gpu.stream)

    def ms(self, seconds: float) -> float:
        """Median GPU milliseconds of one inference, over at least this long."""
        work = self.bound.enqueue if self._graph is None else self._work
        return median(rounds(self._gpu, work, seconds, self._events))


def captured(gpu: Gpu, bound: Bound) -> tuple[Any, str]:
    """The inference as a CUDA graph; None, and why, where the engine cannot be captured.

    TensorRT-RTX 1.6.1 answers False to `is_stream_capturable` for engines that are captured and
    replayed well (measured on an H200): so it is tried, and not asked.
    """
    try:
        return gpu.capture(bound.enqueue), ""
    except Exception as error:  # whatever the engine does that a graph cannot hold
        gpu.stream.sync()
        return None, f"{type(error).__name__}: {error}"


def warm_up(
    gpu: Gpu, work: Callable[[], None], events: list[Any], seconds: float = WARM_UP_S
) -> None:
    """Repeat for so long and until two blocks agree: kernels are compiled and clocks are up."""
    started, before = time.perf_counter(), float("inf")
    work()
    gpu.stream.sync()
    while True:
        now = median(gpu.time_ms(work, QUEUE // 4, events))
        spent = time.perf_counter() - started
        if spent > seconds and abs(now - before) <= SETTLED * now:
            return
        if spent > 20 * WARM_UP_S:
            return
        before = now


def rounds(gpu: Gpu, work: Callable[[], None], seconds: float, events: list[Any]) -> list[float]:
    """Milliseconds of single inferences, for at least this long."""
    once = max(median(gpu.time_ms(work, 8, events)), 1e-3)
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


def median(values: list[float]) -> float:
    """The median, of any number of values above none."""
    np = require("numpy", purpose="measuring")
    return float(np.median(values))
