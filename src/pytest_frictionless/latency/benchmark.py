"""A cell as pytest-benchmark shows it: its name, the machine, and what is told beside the times."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_frictionless.latency.run import DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.key import EnvironmentKey
    from pytest_frictionless.latency.memory import MemoryRun

OF_THE_ENGINE = ("precision", "flags")
"""What of an environment key is not the machine's: the slug in `extra_info` tells these too."""


def leaf(cell: Cell) -> str:
    """The item's name, as `latency-online-opt`."""
    return f"latency-{cell.profile}-{cell.point}"


def machine_info(key: EnvironmentKey, recorded: Mapping[str, str]) -> dict[str, Any]:
    """What a benchmark says of the GPU; `environment` holds the fields of the key, to be compared."""
    environment = {n: v for n, v in asdict(key).items() if n not in OF_THE_ENGINE}
    return {
        "gpu": key.gpu, "driver": recorded.get("driver", key.driver),
        "cuda": recorded.get("cuda_driver", key.cuda), "tensorrt": f"{key.flavour} {key.version}",
        "environment": environment,
    }  # fmt: skip


def extra_info(
    key: EnvironmentKey, cell: Cell, verdict: str, measured: Mapping[str, float]
) -> dict[str, Any]:
    """What a benchmark says of its cell: the gate's verdict, p99, throughput, memory, the key."""
    return {"verdict": verdict, "environment": key.slug, "graph": cell.graph, **measured}


def memory_info(held: MemoryRun) -> dict[str, float]:
    """The device memory of the cell's profile, in MiB; nothing where others were on the GPU."""
    if held.invalid:
        return {}
    told = {"memory_mib": held.told_mib, "peak_mib": held.peak_mib}
    return {name: significant(value, DIGITS) for name, value in told.items()}
