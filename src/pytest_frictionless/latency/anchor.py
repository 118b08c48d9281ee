"""The accepted baseline: raw rounds of several jobs, kept as they were, and what follows from them."""

from __future__ import annotations

import datetime  # noqa: TC003  pydantic reads the annotations
import math
import statistics as plain
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

from pytest_frictionless.latency.cell import Built, Cell
from pytest_frictionless.latency.statistics import TRIM_FACTOR, squares, trimmed_means

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENOUGH_CELLS = 5
"""Fewer cells have no common mode: the median of two cells is what one of them did."""
JOB_GUARD = 1.5
"""On the variance between jobs, which few jobs estimate badly."""
OWN_SHARE = 0.5
"""How much of its own variance between jobs a cell keeps that scatters more than the others."""
DF_SHARE = 0.5
"""Degrees of freedom that are believed: the rounds of one process are no independent draws."""
SD_FLOOR = 0.0015
"""No job is known better than to 0.15 %, however alike its rounds are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedJob:
    """The rounds of one job."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    job: str
    common: float
    """What all cells of the job had in common, as a logarithm: temperature, clocks."""
    ms: tuple[float, ...]
    """Median of each round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who took a change for good, and why."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    by: str
    reason: str
    commit: str
    date: datetime.date
    old_ms: float | None = None
    new_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCell:
    """One line of a baseline file."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    cell: Cell
    jobs: tuple[AcceptedJob, ...]
    built: Built = field(default_factory=Built)
    sm_mhz: float | None = None
    power_cap: float = 0.0
    accepted: Acceptance
    expires: datetime.date | None = None

    def __post_init__(self) -> None:
        if not self.jobs or any(len(job.ms) < 2 or min(job.ms) <= 0 for job in self.jobs):
            raise ValueError(f"{self.cell}: a baseline takes jobs of at least two rounds each")

    def is_expired(self, today: datetime.date) -> bool:
        """Whether it is too old to judge by."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """What the accepted rounds of one cell say, on the log scale."""

    source: AcceptedCell
    centre: float
    process_variance: float
    """Between fresh processes of one job, of a trimmed mean's kind."""
    job_variance: float
    """Between jobs, without what is common to all cells and without the processes' share."""
    df: float
    jobs: int
    rounds: float
    """A job, on average."""

    @property
    def ms(self) -> float:
        """Accepted latency."""
        return math.exp(self.centre)

    def variance(self, rounds: float) -> float:
        """Of the distance between a new job of so many rounds and the centre."""
        new = self.job_variance + self.process_variance / rounds
        return new + (self.job_variance + self.process_variance / self.rounds) / self.jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The accepted cells of one environment. It never slides: small losses add up against it."""

    centres: Mapping[Cell, Centre] = field(default_factory=dict)
    common_sd: float = 0.0
    """Between jobs, of what all cells have in common."""
    common_jobs: int = 1

    @property
    def common_variance(self) -> float:
        """Of a new job's common mode, seen from the accepted ones."""
        return self.common_sd**2 * (1 + 1 / self.common_jobs)


def fit(cells: Iterable[AcceptedCell]) -> Anchor:
    """The anchor that these accepted cells are."""
    lines = list(cells)
    if not lines:
        return Anchor()
    logs = [[[math.log(ms) for ms in job.ms] for job in line.jobs] for line in lines]
    levels = iter(trimmed_means([rounds for jobs in logs for rounds in jobs]))
    fitted = []
    for line, jobs in zip(lines, logs, strict=True):
        levelled = [next(levels) - job.common for job in line.jobs]
        freedom = sum(len(rounds) - 1 for rounds in jobs)
        process = TRIM_FACTOR * sum(map(squares, jobs)) / freedom
        count = sum(map(len, jobs)) / len(jobs)
        # One job says nothing of how jobs differ: it takes what the other cells say.
        excess = plain.variance(levelled) - process / count if len(jobs) > 1 else math.nan
        fitted.append((line, plain.fmean(levelled), process, excess, DF_SHARE * freedom, count))
    known = [each[3] for each in fitted if not math.isnan(each[3])]
    pooled = max(JOB_GUARD * plain.fmean(known) if known else 0.0, SD_FLOOR**2)
    centres = {
        line.cell: Centre(
            source=line, centre=centre, process_variance=process,
            job_variance=max(pooled, OWN_SHARE * excess) if excess == excess else pooled,
            df=df, jobs=len(line.jobs), rounds=count,
        )
        for line, centre, process, excess, df, count in fitted
    }  # fmt: skip
    common = {job.job: job.common for line in lines for job in line.jobs}
    spread = plain.stdev(common.values()) if len(common) > 1 else 0.0
    return Anchor(centres=centres, common_sd=spread, common_jobs=len(common))


def common_modes(
    levels: Mapping[str, Mapping[Cell, float]], held: Mapping[Cell, float]
) -> dict[str, float]:
    """What all cells of each job have in common.

    Args:
        levels: By job, the level of each cell: the trimmed mean of its rounds' logarithms.
        held: Centres of cells whose baseline stays. Where there are enough of them, a job is seen
            from these, so that cells accepted later stand on the same ground.
    """
    jobs = list(levels)
    shared = [
        cell for cell in next(iter(levels.values()), {}) if all(cell in levels[j] for j in jobs)
    ]
    stays = [cell for cell in shared if cell in held]
    if len(shared) < ENOUGH_CELLS:
        return dict.fromkeys(jobs, 0.0)
    if len(stays) >= ENOUGH_CELLS:
        middle = {cell: held[cell] for cell in stays}
    else:
        middle = {cell: plain.median(levels[job][cell] for job in jobs) for cell in shared}
    return {
        job: plain.median(levels[job][cell] - level for cell, level in middle.items())
        for job in jobs
    }
