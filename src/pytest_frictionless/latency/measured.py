"""What the step on the GPU reports, as the gate takes it."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from pytest_frictionless.latency.cell import Round
from pytest_frictionless.latency.key import FLOATING, EnvironmentKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.artifacts import CellRecord, RoundRecord


def environment_of(
    record: RoundRecord, *, precision: str, flags: Iterable[str] = (), runner: str = ""
) -> EnvironmentKey:
    """The key of the machine that a round was measured on."""
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


def recorded_of(record: RoundRecord) -> dict[str, str]:
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
