"""What the checks measure, as the formats name it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.reports.results import Item

MIB = 2.0**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number among the measurements of a check."""

    check: str
    key: str
    """In `measurements`; of a list its length counts."""
    title: str
    """For people."""
    metric: str
    """For OpenMetrics; ends with the unit where it has one."""
    unit: str = ""
    """Base unit for OpenMetrics: seconds or bytes."""
    factor: float = 1.0
    """What a number is multiplied with to be in that unit."""
    tracked: str = ""
    """The unit it is tracked in over commits, where it is steady enough for that, and less is better."""

    def of(self, item: Item) -> float | None:
        """The number as it was measured; None where it was not."""
        return number(item.measurements.get(self.key)) if item.check == self.check else None


QUANTITIES = (
    Quantity(check="load", key="parameters", title="parameters", metric="frictionless_parameters"),
    Quantity(check="export", key="export_s", title="export", metric="frictionless_export_seconds", unit="seconds"),
    Quantity(check="opset", key="opset", title="opset", metric="frictionless_opset"),
    Quantity(check="graph", key="nodes", title="nodes", metric="frictionless_graph_nodes", tracked="nodes"),
    Quantity(check="graph", key="weight_bytes", title="weights", metric="frictionless_weights_bytes", unit="bytes"),
    Quantity(check="operators", key="layers", title="layers", metric="frictionless_engine_layers"),
    Quantity(check="parity", key="max_abs", title="largest difference of the ONNX file", metric="frictionless_parity_error"),
    Quantity(check="build", key="plan_bytes", title="plan", metric="frictionless_plan_bytes", unit="bytes", tracked="bytes"),
    Quantity(check="build", key="build_s", title="build", metric="frictionless_build_seconds", unit="seconds"),
    Quantity(check="run", key="max_abs", title="largest difference of the engine", metric="frictionless_run_error"),
    Quantity(check="latency", key="latency_ms", title="p50", metric="frictionless_latency_p50_seconds", unit="seconds", factor=1e-3, tracked="ms"),
    Quantity(check="latency", key="p95_ms", title="p95", metric="frictionless_latency_p95_seconds", unit="seconds", factor=1e-3, tracked="ms"),
    Quantity(check="latency", key="p99_ms", title="p99", metric="frictionless_latency_p99_seconds", unit="seconds", factor=1e-3),
    Quantity(check="latency", key="throughput", title="inferences per second", metric="frictionless_throughput"),
    Quantity(check="memory", key="memory_mib", title="memory", metric="frictionless_memory_bytes", unit="bytes", factor=MIB, tracked="MiB"),
    Quantity(check="memory", key="peak_mib", title="peak memory", metric="frictionless_memory_peak_bytes", unit="bytes", factor=MIB, tracked="MiB"),
    Quantity(check="cliffs", key="jumps", title="jumps of latency", metric="frictionless_latency_jumps"),
)  # fmt: skip
"""Every number that is told; OpenMetrics has one family for each."""


def number(value: object) -> float | None:
    """A finite number, or how many a list holds; None for anything else."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return value
    return None


def values_of(answers: Iterable[Item], quantity: Quantity) -> Iterator[tuple[Item, float]]:
    """Each item that measured it, with the number."""
    for item in answers:
        value = quantity.of(item)
        if value is not None:
            yield item, value
