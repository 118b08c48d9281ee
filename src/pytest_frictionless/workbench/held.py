"""Device memory of each profile of an engine, and what switching between them costs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.latency.baselines import read_memory
from pytest_frictionless.latency.memory import Growth, MemoryRun, growth, memory_cell
from pytest_frictionless.workbench.gpu import measured_by, plan_path, shared

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.latency import CellRequest
    from pytest_frictionless.artifacts.memory import MemoryRecord, SwitchingRecord, SwitchRecord
    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.key import EnvironmentKey
    from pytest_frictionless.latency.memory import AcceptedMemory
    from pytest_frictionless.workbench.workbench import Workbench

TRIES = 3
"""Processes, while others compute on the GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one profile takes, and what was accepted."""

    record: MemoryRecord
    run: MemoryRun
    accepted: AcceptedMemory | None
    grown: Growth | None


def memory_of(bench: Workbench, plan: Path, key: EnvironmentKey) -> dict[str, Held]:
    """The device memory of each profile, in processes of their own.

    What grew is looked at once more: of two processes the smaller figures count.
    """
    settings = bench.shop.settings.baselines
    known = read_memory(bench.shop.root / settings.folder, key)
    found = {}
    for index, (name, profile) in enumerate(bench.profiles.items()):
        largest = profile.at("max")
        cell = memory_cell(bench.name, name, largest)
        request: CellRequest = {"name": name, "profile": index, "sizes": dict(largest.sizes)}
        record, accepted = _record(bench, plan, request), known.get(cell)
        run, grown = _run(cell, plan, record), None
        if accepted and growth(run, accepted, settings.memory_growth):
            run = run.least(_run(cell, plan, _record(bench, plan, request)))
            grown = growth(run, accepted, settings.memory_growth)
        found[name] = Held(record=record, run=run, accepted=accepted, grown=grown)
    return found


def _run(cell: Cell, plan: Path, record: MemoryRecord) -> MemoryRun:
    return MemoryRun(
        cell=cell, plan_sha256=hashlib.sha256(plan.read_bytes()).hexdigest(),
        told_mib=told_mib(record), peak_mib=record["peak_mib"],
        invalid=shared(record["neighbours"]),
    )  # fmt: skip


def told_mib(record: MemoryRecord) -> float:
    """Weights and workspace; what loading took where TensorRT does not tell the weights."""
    weights = record["weights_mib"]
    return (record["loaded_mib"] if weights is None else weights) + record["workspace_mib"]


def switching_of(bench: Workbench) -> SwitchingRecord | None:
    """What switching costs, measured when first asked for; None for a single profile."""
    if len(bench.profiles) < 2:
        return None
    if bench.switching is None:
        cells: list[CellRequest] = [
            {"name": name, "profile": index, "sizes": dict(profile.at("opt").sizes)}
            for index, (name, profile) in enumerate(bench.profiles.items())
        ]
        record = _alone(bench, "gpu.memory:switch", plan_path(bench), cells=cells)
        bench.switching = cast("SwitchingRecord", record)
    return bench.switching


def switch_to(bench: Workbench, profile: str) -> SwitchRecord | None:
    """The switch that ends in a profile."""
    record = switching_of(bench)
    return next((s for s in record["switches"] if s["target"] == profile), None) if record else None


def _record(bench: Workbench, plan: Path, request: CellRequest) -> MemoryRecord:
    return cast("MemoryRecord", _alone(bench, "gpu.memory:measure", plan, cell=request))


def _alone(bench: Workbench, step: str, plan: Path, **arguments: Any) -> dict[str, Any]:
    """What a step says; asked again while others compute on the GPU, and the last one says so."""
    for _ in range(TRIES):
        record = measured_by(bench, step, plan, **arguments)
        if not record["neighbours"]:
            break
    return record
