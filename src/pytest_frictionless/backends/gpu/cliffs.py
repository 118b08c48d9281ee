"""The steps that measure an engine at many sizes: along a profile, and against another profile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu import nvml
from pytest_frictionless.backends.gpu.run import engine_of, gpu_of
from pytest_frictionless.backends.gpu.timing import Timed, median
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.cliffs.line import lines_of
from pytest_frictionless.cliffs.record import record_of
from pytest_frictionless.cliffs.scan import scan as scan_line
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.backends.tensorrt.engine import Engine
    from pytest_frictionless.cliffs.record import (
        ComparedRecord,
        PairRecord,
        ScanRecord,
        SideRequest,
    )

WARM_UP_S = 0.03
MEASURED_S = 0.03
"""Of one size; kernels of one engine are timed to about 1 % in it (measured on an H200)."""
TURNS = 5


def scan(
    memory: dict[str, Any], folder: str, *, plan: str, profile: int, inputs: list[InputRecord],
    ranges: dict[str, list[int]], seconds: float, jump: float, cache: str | None = None,
    plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Measure a profile along every symbol, then along all of them together.

    Args:
        memory: What this process keeps.
        folder: Where files of the artifact go; none are written.
        plan: Path of the serialised engine.
        profile: Index of the optimization profile.
        inputs: How the values are made.
        ranges: [min, opt, max] of each symbol.
        seconds: Time for all lines; what one leaves is for the next.
        jump: The smallest jump that counts: 0.25 for 25 %.
        cache: File of the runtime cache.
        plugins: Files that register TensorRT plugins.

    Raises:
        StepFailed: FR934, where the engine does not run any more after it did not run at a size.
    """
    del folder
    gpu = gpu_of(memory)
    engine = engine_of(memory, plan, cache, plugins)
    lines = lines_of(Profile("", {symbol: Range(*span) for symbol, span in ranges.items()}))
    opt = {symbol: span[1] for symbol, span in ranges.items()}
    attempts = _Attempts(engine, profile, inputs, opt)
    started = time.monotonic()
    curves = []
    with nvml.Watch(gpu.uuid) as watch:
        for done, line in enumerate(lines):
            left = max(started + seconds - time.monotonic(), 0.0) / (len(lines) - done)
            curves.append(scan_line(line, attempts.ms, jump=jump, time_left=_countdown(left)))
    engine.keep_cache()
    record: ScanRecord = {
        "engine": installed.engine_name(), "gpu": gpu.name, "seconds": time.monotonic() - started,
        "lines": [record_of(curve) for curve in curves], "refused": attempts.refused,
        "uncaptured": attempts.uncaptured, "watch": watch.record(),
    }  # fmt: skip
    return {**record}


def _countdown(seconds: float) -> Callable[[], float]:
    """Seconds that are left of these."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


class _Attempts:
    """Measures one size after the other, and notes those at which the engine does not run."""

    def __init__(
        self, engine: Engine, profile: int, inputs: list[InputRecord], opt: Mapping[str, int]
    ) -> None:
        self._engine, self._profile, self._inputs, self._opt = engine, profile, inputs, opt
        self.refused: list[dict[str, Any]] = []
        self.uncaptured = ""

    def ms(self, sizes: Mapping[str, int]) -> float | None:
        """Milliseconds of an inference; None where it does not run, and does at opt."""
        try:
            return self._measured(sizes)
        except MemoryError:
            raise
        except Exception as error:  # what CUDA raises is of many classes
            text = _words(error)
        self.refused.append({"sizes": dict(sizes), "reason": text})
        try:
            self._measured(self._opt)
        except Exception as error:
            where = ", ".join(f"{symbol}={size}" for symbol, size in sizes.items())
            stops = f"the engine does not run at {where}, nor at any size after that"
            message, cause = quoted(stops, text)
            raise StepFailed(Finding(code="FR934", message=message, cause=cause)) from error
        return None

    def _measured(self, sizes: Mapping[str, int]) -> float:
        feeds = feeds_at(self._inputs, sizes)
        timed = Timed(self._engine, self._profile, feeds, warm_up_s=WARM_UP_S)
        self.uncaptured = timed.uncaptured
        return timed.ms(MEASURED_S)


def _words(error: Exception) -> str:
    if isinstance(error, StepFailed):
        return error.finding.message
    return f"{type(error).__name__}: {error}"


def compare(
    memory: dict[str, Any], folder: str, *, sides: list[SideRequest], inputs: list[InputRecord],
    points: list[dict[str, int]], plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Measure two profiles, of one engine or of two, at the same sizes and in turns."""
    del folder
    gpu = gpu_of(memory)
    engines = [engine_of(memory, side["plan"], side["cache"], plugins) for side in sides]
    rows: list[PairRecord] = []
    with nvml.Watch(gpu.uuid) as watch:
        for sizes in points:
            feeds = feeds_at(inputs, sizes)
            timed = [
                Timed(engine, side["profile"], feeds, warm_up_s=WARM_UP_S)
                for engine, side in zip(engines, sides, strict=True)
            ]
            turns = [[each.ms(MEASURED_S) for each in timed] for _ in range(TURNS)]
            ms = [median(list(side)) for side in zip(*turns, strict=True)]
            rows.append({"sizes": sizes, "ms": ms, "turns": turns})
    for engine in engines:
        engine.keep_cache()
    record: ComparedRecord = {"points": rows, "watch": watch.record()}
    return {**record}
