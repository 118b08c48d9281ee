"""Recorded runs in the formats of other tools."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics as plain
from typing import TYPE_CHECKING, Any

from pytest_frictionless.latency.confirm import valid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_frictionless.latency.run import CellRun, Run


def pytest_benchmark(runs: Sequence[Run]) -> str:
    """As `pytest --benchmark-json` writes it, of the newest run: one round a process, in seconds."""
    run = runs[-1]
    job = run.job
    return _json(
        {
            "machine_info": {
                "gpu": run.key.gpu, "driver": run.key.driver,
                "tensorrt": f"{run.key.flavour} {run.key.version}", "environment": run.key.slug,
                **run.recorded,
            },
            "commit_info": {
                "id": job.commit, "branch": job.branch, "time": job.date.isoformat(),
                "dirty": job.dirty,
            },
            "benchmarks": [_benchmark(each, run) for each in run.cells if valid(each.first)],
            "datetime": job.date.isoformat(),
            "version": "5.3.1",
        }
    )  # fmt: skip


def github_action_benchmark(runs: Sequence[Run]) -> str:
    """As github-action-benchmark's tool `customSmallerIsBetter` reads it, of the newest run."""
    run = runs[-1]
    memory = [
        {
            "name": str(each.cell), "unit": "MiB", "value": each.peak_mib, "extra": run.key.slug,
        }
        for each in run.memory
        if not each.invalid
    ]  # fmt: skip
    return _json(
        [
            {
                "name": str(each.cell), "unit": "ms", "value": plain.median(_ms(each)),
                "range": f"± {plain.pstdev(_ms(each)):.2g}",
                "extra": f"{run.key.slug}\n{each.verdict}".strip(),
            }
            for each in run.cells
            if valid(each.first)
        ]
        + memory
    )  # fmt: skip


def comma_separated(runs: Sequence[Run]) -> str:
    """A line for each run and cell, for a spreadsheet, Otava or Bencher."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["time", "commit", "branch", "environment", "cell", "median_ms", "min_ms", "max_ms",
         "rounds", "plan_sha256", "verdict", "memory_mib", "peak_mib"]
    )  # fmt: skip
    for run in runs:
        for each in run.cells:
            if ms := _ms(each):
                memory = _memory(each, run)
                writer.writerow(
                    [run.job.date.isoformat(), run.job.commit, run.job.branch, run.key.slug,
                     each.cell, plain.median(ms), min(ms), max(ms), len(ms),
                     each.built.plan_sha256, each.verdict, memory.get("memory_mib", ""),
                     memory.get("peak_mib", "")]
                )  # fmt: skip
    return text.getvalue()


FORMATS: dict[str, Callable[[Sequence[Run]], str]] = {
    "pytest-benchmark": pytest_benchmark,
    "github-action-benchmark": github_action_benchmark,
    "csv": comma_separated,
}
"""By the name on the command line."""


def _ms(each: CellRun) -> list[float]:
    return [each.median_ms for each in valid(each.first)]


def _memory(each: CellRun, run: Run) -> dict[str, float]:
    """Of the profile that a cell is of, in MiB; nothing where it was not seen."""
    own = (each.cell.model, each.cell.profile)
    for held in run.memory:
        if (held.cell.model, held.cell.profile) == own and not held.invalid:
            return {"memory_mib": held.told_mib, "peak_mib": held.peak_mib}
    return {}


def _benchmark(each: CellRun, run: Run) -> dict[str, Any]:
    seconds = [ms / 1000 for ms in _ms(each)]
    ordered = sorted(seconds)
    q1, median, q3 = _quartiles(ordered)
    mean, low, high = plain.fmean(seconds), ordered[0], ordered[-1]
    spread = plain.stdev(seconds) if len(seconds) > 1 else 0.0
    fence = 1.5 * (q3 - q1)
    inside = [value for value in ordered if q1 - fence <= value <= q3 + fence] or ordered
    far = len(ordered) - len(inside)
    wide = sum(abs(value - mean) > spread for value in seconds)
    return {
        "group": each.cell.model, "name": str(each.cell), "fullname": str(each.cell),
        "params": dict(each.cell.sizes) or None, "param": None,
        "extra_info": {"verdict": each.verdict, "graph": each.cell.graph, **each.measured,
                       **_memory(each, run)},
        "options": {"disable_gc": False, "timer": "cuda_event", "min_rounds": len(seconds),
                    "max_time": 1.0, "min_time": 0.000005, "warmup": True},
        "stats": {
            "min": low, "max": high, "mean": mean, "stddev": spread, "rounds": len(seconds),
            "median": median, "iqr": q3 - q1, "q1": q1, "q3": q3, "iqr_outliers": far,
            "stddev_outliers": wide, "outliers": f"{wide};{far}", "ld15iqr": inside[0],
            "hd15iqr": inside[-1], "ops": 1 / mean, "total": math.fsum(seconds), "data": seconds,
            "iterations": 1,
        },
    }  # fmt: skip


def _quartiles(ordered: Sequence[float]) -> tuple[float, float, float]:
    if len(ordered) < 2:
        return (ordered[0],) * 3
    q1, median, q3 = plain.quantiles(ordered, n=4, method="inclusive")
    return q1, median, q3


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
