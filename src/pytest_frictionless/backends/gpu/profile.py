"""The step that tells how long each layer of an engine takes at one shape, and by which kernel."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu.run import engine_of, gpu_of
from pytest_frictionless.backends.gpu.timing import Timed, median
from pytest_frictionless.backends.tensorrt import installed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.backends.gpu.cuda import Gpu
    from pytest_frictionless.backends.tensorrt.context import Bound
    from pytest_frictionless.cliffs.record import LayerRecord, ProfiledRecord

RUNS = 20
MEASURED_S = 0.1
BUSY_BYTES = 1 << 26
STUBS = ("__myelin_CASK_STUB",)
"""What TensorRT-RTX 1.6.1 writes where the kernel is chosen on the device."""
_NODE = re.compile(r"\[ONNX Layer: (?P<node>[^\]]*)\]")


def profile(
    memory: dict[str, Any], folder: str, *, plan: str, profile: int, inputs: list[InputRecord],
    sizes: dict[str, int], cache: str | None = None, plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Time every layer at these sizes; the arguments are as for `gpu.run:run`."""
    del folder
    gpu = gpu_of(memory)
    engine = engine_of(memory, plan, cache, plugins)
    timed = Timed(engine, profile, feeds_at(inputs, sizes))
    whole = timed.ms(MEASURED_S)
    times = _layer_times(gpu, timed.bound)
    told = {each["Name"]: each for each in engine.inspected(timed.bound.context)}
    engine.keep_cache()
    record: ProfiledRecord = {
        "engine": installed.engine_name(), "gpu": gpu.name, "sizes": sizes, "ms": whole,
        "layers": [_layer(name, median(ms), told.get(name, {})) for name, ms in times.items()],
    }  # fmt: skip
    return {**record}


def _layer(name: str, ms: float, told: dict[str, Any]) -> LayerRecord:
    kernel = str(told.get("TacticName") or "")
    return {
        "name": name, "ms": ms, "kind": str(told.get("LayerType") or ""),
        "kernel": "" if kernel in STUBS else kernel,
        "nodes": _NODE.findall(str(told.get("Metadata") or "")),
    }  # fmt: skip


def _layer_times(gpu: Gpu, bound: Bound) -> dict[str, list[float]]:
    """Milliseconds of every layer in every run, in the order they run.

    The GPU is kept busy while the CPU launches: else a small layer is told as long as its launch takes.
    """
    profiler = _profiler()
    bound.context.profiler = profiler
    bound.context.enqueue_emits_profile = False
    busy = gpu.allocate(BUSY_BYTES)
    bound.enqueue()  # the first run makes the events
    gpu.stream.sync()
    bound.context.report_to_profiler()
    fills = _fills(gpu, bound, busy)
    profiler.runs.clear()
    for _ in range(RUNS):
        for _ in range(fills):
            gpu.fill(busy, 0)
        bound.enqueue()
        gpu.stream.sync()
        profiler.runs.append(defaultdict(float))
        if not bound.context.report_to_profiler():
            raise bound.engine.failed("tells no layer times")
    times: dict[str, list[float]] = defaultdict(list)
    for run in profiler.runs:
        for name, ms in run.items():
            times[name].append(ms)
    return dict(times)


def _fills(gpu: Gpu, bound: Bound, busy: Any) -> int:
    """How often a buffer is filled to keep the GPU busy while an inference is launched."""
    started = time.perf_counter()
    bound.enqueue()
    host_ms = (time.perf_counter() - started) * 1e3
    gpu.stream.sync()
    bound.context.report_to_profiler()
    fill_ms = median(gpu.time_ms(lambda: gpu.fill(busy, 0), 16, []))
    return min(1 + round(2 * host_ms / max(fill_ms, 1e-3)), 1000)


def _profiler() -> Any:
    """A profiler that adds up the times of each layer, run by run."""
    base: Any = installed.load().IProfiler

    class LayerTimes(base):  # type: ignore[misc]
        def __init__(self) -> None:
            base.__init__(self)
            self.runs: list[dict[str, float]] = [defaultdict(float)]

        def report_layer_time(self, layer_name: str, ms: float) -> None:
            self.runs[-1][layer_name] += ms

    return LayerTimes()
