"""What the step on the GPU reports, as the gate takes it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.latency.cell import Round
from pytest_frictionless.latency.key import FLOATING, EnvironmentKey
from pytest_frictionless.latency.run import DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_frictionless.artifacts.latency import CellRecord, MachineRecord, RoundRecord


def environment_of(
    record: RoundRecord | MachineRecord, *, precision: str = "", flags: Iterable[str] = (),
    runner: str = "",
) -> EnvironmentKey:  # fmt: skip
    """The key of the machine that a round was measured on; of the machine alone without precision."""
    gpu = record["gpu"]
    title, _, version = record["engine"].rpartition(" ")
    mhz, most = gpu.get("sm_clock_application_mhz"), gpu.get("sm_clock_max_mhz")
    return EnvironmentKey(
        gpu=gpu["gpu"], compute_capability=record["compute_capability"],
        memory_gib=round(gpu["memory_mib"] / 1024), mig="enabled" if gpu["mig"] else "",
        clocks=FLOATING if not mhz or mhz == most else f"applications {mhz} MHz",
        power_limit_w=gpu["power_limit_w"] or 0, driver=gpu["driver"],
        flavour=title.lower().replace("-", "_"), version=version, cuda=gpu["cuda_driver"],
        precision=precision, flags=tuple(flags), runner=runner,
    )  # fmt: skip


def recorded_of(record: RoundRecord | MachineRecord) -> dict[str, str]:
    """What is kept beside the key."""
    gpu = record["gpu"]
    return {"gpu_uuid": gpu["uuid"], "driver": gpu["driver"], "cuda_driver": gpu["cuda_driver"]}


def round_of(record: CellRecord, *, invalid: str = "") -> Round:
    """The round of one cell; `invalid` says why it does not count."""
    samples, watch = record["samples_ms"], record["watch"]
    quartiles = statistics.quantiles(samples, n=4, method="inclusive")
    return Round(
        median_ms=statistics.median(samples), samples=record["count"], invalid=invalid,
        p25_ms=quartiles[0], p75_ms=quartiles[2], sm_mhz=watch["sm_mhz"],
        throttled=dict(watch["slowed"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The latency of one cell over all its rounds."""

    p50_ms: float
    """Median of the rounds' medians."""
    p95_ms: float
    p99_ms: float
    """Of all samples, as p95."""
    samples: int
    spread: float
    """Of the rounds' medians, as a share."""

    @classmethod
    def of(cls, records: Sequence[CellRecord]) -> Figures:
        """Those of two rounds or more."""
        medians = [statistics.median(each["samples_ms"]) for each in records]
        samples = [value for each in records for value in each["samples_ms"]]
        quantiles = statistics.quantiles(samples, n=100, method="inclusive")
        p50 = statistics.median(medians)
        return cls(
            p50_ms=p50, p95_ms=quantiles[94], p99_ms=quantiles[98],
            samples=sum(each["count"] for each in records),
            spread=(max(medians) - min(medians)) / p50,
        )  # fmt: skip

    @property
    def throughput(self) -> float:
        """Inferences a second."""
        return 1000 / self.p50_ms

    def kept(self) -> dict[str, float]:
        """What a recorded run keeps beside the rounds."""
        told = {"p99_ms": self.p99_ms, "throughput": self.throughput, "samples": self.samples}
        return {name: significant(value, DIGITS) for name, value in told.items()}
