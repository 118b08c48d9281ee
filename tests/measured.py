"""Jobs made of numbers, to try the gate on."""

from __future__ import annotations

import datetime
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.latency.anchor import (
    Acceptance,
    AcceptedCell,
    AcceptedJob,
    Anchor,
    common_modes,
    fit,
)
from pytest_frictionless.latency.cell import Built, Cell, Pairs, Round
from pytest_frictionless.latency.key import EnvironmentKey
from pytest_frictionless.latency.statistics import trimmed_means
from pytest_frictionless.latency.verdict import Ask, Evidence, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = EnvironmentKey(
    gpu="NVIDIA H200", compute_capability="9.0", memory_gib=141, power_limit_w=700, driver="580",
    flavour="tensorrt_rtx", version="1.6.1.120", cuda="13", precision="fp32",
)  # fmt: skip
DAY = datetime.date(2026, 11, 1)
ACCEPTED = Acceptance(by="ada", reason="first", commit="c0ffee", date=DAY, new_ms=1.0)


def cells(models: int = 3, of_each: int = 4) -> list[Cell]:
    return [
        Cell(model=f"net{m}", profile="online", point=f"x{i}", sizes=(("batch", i + 1),))
        for m in range(models)
        for i in range(of_each)
    ]


@dataclass
class Machine:
    """Measures what it is asked for: 1 ms a cell, times what was planted."""

    cells: Sequence[Cell]
    noise: float = 0.002
    """Between processes."""
    job_noise: float = 0.001
    slower: Mapping[Cell, float] = field(default_factory=dict)
    """Of the candidate, as a share."""
    common: float = 0.0
    """Of this job, for candidate and accepted engine alike, as a share."""
    built: Mapping[Cell, Built] = field(default_factory=dict)
    spoiled: Mapping[Cell, str] = field(default_factory=dict)
    sm_mhz: float = 1980.0
    seed: int = 0
    asked: list[Ask] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.offset = {cell: self.draw.gauss(0, self.job_noise) for cell in self.cells}

    def measure(self, ask: Ask, evidence: Evidence) -> Evidence:
        self.asked.append(ask)
        evidence = Evidence(
            first=evidence.first, again=evidence.again, pairs=evidence.pairs, built=self.built
        )
        new = {cell: self.rounds(cell, ask.count, self.slower.get(cell, 0.0)) for cell in ask.cells}
        if ask.need is not Need.PAIRS:
            return evidence.with_rounds(ask.need, new)
        old = {cell: self.rounds(cell, ask.count, 0.0) for cell in ask.cells}
        return evidence.with_pairs(
            {cell: Pairs(candidate=new[cell], baseline=old[cell]) for cell in ask.cells}
        )

    def rounds(self, cell: Cell, count: int, slower: float) -> tuple[Round, ...]:
        level = (1 + slower) * (1 + self.common) * (1 + self.offset[cell])
        return tuple(
            Round(
                median_ms=level * (1 + self.draw.gauss(0, self.noise)), samples=100,
                invalid=self.spoiled.get(cell, ""), sm_mhz=self.sm_mhz,
            )
            for _ in range(count)
        )  # fmt: skip


def accepted(
    of: Sequence[Cell], *, jobs: int = 8, built: Mapping[Cell, Built] | None = None,
    expires: datetime.date | None = None, noise: float = 0.002,
) -> list[AcceptedCell]:  # fmt: skip
    """What these cells were accepted with."""
    machines = {f"job{i}": Machine(of, noise=noise, seed=1000 + i) for i in range(jobs)}
    ms = {
        job: {cell: [each.median_ms for each in machine.rounds(cell, 10, 0.0)] for cell in of}
        for job, machine in machines.items()
    }
    levels = {
        job: dict(zip(of, trimmed_means([_logs(each[cell]) for cell in of]), strict=True))
        for job, each in ms.items()
    }
    common = common_modes(levels, {})
    return [
        AcceptedCell(
            cell=cell, accepted=ACCEPTED, built=(built or {}).get(cell, Built()), expires=expires,
            sm_mhz=1980.0,
            jobs=tuple(
                AcceptedJob(job=job, common=common[job], ms=tuple(ms[job][cell])) for job in ms
            ),
        )
        for cell in of
    ]  # fmt: skip


def anchor(of: Sequence[Cell], *, jobs: int = 8) -> Anchor:
    return fit(accepted(of, jobs=jobs))


def _logs(values: Sequence[float]) -> list[float]:
    return [math.log(value) for value in values]


CELL_CENTRE = anchor(cells()).centres[cells()[0]]
