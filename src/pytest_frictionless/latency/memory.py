"""Device memory of one profile, and whether it is more than was accepted.

It needs no statistics: TensorRT tells the same figures of one engine in every process, and the peak is
counted in pages of 2 MiB.
"""

from __future__ import annotations

import datetime  # noqa: TC003  pydantic reads the annotations
import statistics as plain
from collections import defaultdict
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.acceptance import mixed
from pytest_frictionless.latency.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.latency.run import Run
    from pytest_frictionless.shapes import ShapePoint

POINT = "memory"
"""In the place of a shape point: `--cells "resnet50/online-memory"`."""
LEAST_MIB = 16.0
"""Growth below this is none: eight pages of 2 MiB, in which a few kernels more come and go."""
GROWTH = 0.1
"""Share that is growth where the settings say nothing: other kernels of one network move the
workspace by less, and what doubles the memory by more."""
FIGURES = {"told_mib": "weights and workspace", "peak_mib": "peak of the device"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRun:
    """What a job saw of one profile, in MiB."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    cell: Cell
    """With the sizes of max."""
    plan_sha256: str = ""
    told_mib: float
    """Weights and workspace, as TensorRT tells them."""
    peak_mib: float
    """The most that the device held more than before the engine was loaded, as NVML tells it."""
    invalid: str = ""
    """Why these figures do not count."""

    def least(self, other: MemoryRun) -> MemoryRun:
        """The smaller of each figure: what two processes agree on."""
        return replace(
            self,
            told_mib=min(self.told_mib, other.told_mib),
            peak_mib=min(self.peak_mib, other.peak_mib),
            invalid=self.invalid and other.invalid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAcceptance:
    """Who took this memory for good, and why; the peak before and now."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    by: str
    reason: str
    commit: str
    date: datetime.date
    old_mib: float | None = None
    new_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMemory:
    """One line of a baseline file."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    cell: Cell
    told_mib: float
    peak_mib: float
    jobs: tuple[str, ...]
    plan_sha256: str = ""
    accepted: MemoryAcceptance


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The figure that grew most."""

    figure: str
    """As `FIGURES` names it."""
    accepted_mib: float
    now_mib: float

    @property
    def times(self) -> float:
        """How many times the accepted."""
        return self.now_mib / max(self.accepted_mib, 1e-9)


def memory_cell(model: str, profile: str, largest: ShapePoint) -> Cell:
    """The name of a profile's memory, at the sizes of its max."""
    sizes = tuple(sorted(largest.sizes.items()))
    return Cell(model=model, profile=profile, point=POINT, sizes=sizes)


def growth(now: MemoryRun, accepted: AcceptedMemory, share: float) -> Growth | None:
    """What grew by more than a share of the accepted, and by more than LEAST_MIB; None for nothing."""
    grown = [
        Growth(figure=words, accepted_mib=before, now_mib=after)
        for name, words in FIGURES.items()
        if _is_more(after := getattr(now, name), before := getattr(accepted, name), share)
    ]
    return max(grown, key=lambda each: each.times, default=None)


def is_less(now: MemoryRun, accepted: AcceptedMemory, share: float) -> bool:
    """Whether the peak fell by as much as would be growth the other way."""
    return _is_more(accepted.peak_mib, now.peak_mib, share)


def accept_memory(
    runs: Sequence[tuple[str, Run]], pattern: str, held: Mapping[Cell, AcceptedMemory], *,
    reason: str, by: str, today: datetime.date, jobs: int, share: float = GROWTH,
) -> dict[str, list[AcceptedMemory]]:  # fmt: skip
    """The lines to write, by model; none where nothing has a name like the pattern.

    Args:
        runs: Recorded runs with the ids of their jobs, oldest first.
        pattern: Glob of names, as `resnet50/online-memory`.
        held: What is accepted now.
        reason: Why the memory of these runs is right.
        by: Who says so.
        today: Day of the acceptance.
        jobs: How many of the newest jobs are taken.
        share: What is growth: jobs that differ by more are no baseline.

    Raises:
        ConfigError: With every reason to refuse.
    """
    by_cell: dict[Cell, dict[str, MemoryRun]] = defaultdict(dict)
    for job, run in runs:
        for each in run.memory:
            if fnmatchcase(each.cell.name, pattern):
                by_cell[each.cell][job] = each
    newest = {cell: dict(list(of_jobs.items())[-jobs:]) for cell, of_jobs in by_cell.items()}
    problems = [] if reason.strip() or not newest else ["a reason is needed: --reason TEXT"]
    if newest and len({run.key for _, run in runs}) > 1:
        problems.append(mixed([run for _, run in runs]))
    for cell, of_jobs in newest.items():
        problems += _refusals(cell, of_jobs, share)
    if problems:
        raise ConfigError(problems)
    commits = {job: run.job.commit for job, run in runs}
    lines: dict[str, list[AcceptedMemory]] = defaultdict(list)
    for cell, of_jobs in newest.items():
        peak = plain.median(each.peak_mib for each in of_jobs.values())
        last = list(of_jobs)[-1]
        acceptance = MemoryAcceptance(
            by=by, reason=reason.strip(), commit=commits[last], date=today,
            old_mib=held[cell].peak_mib if cell in held else None, new_mib=peak,
        )  # fmt: skip
        lines[cell.model].append(
            AcceptedMemory(
                cell=cell, peak_mib=peak, jobs=tuple(of_jobs), accepted=acceptance,
                told_mib=plain.median(each.told_mib for each in of_jobs.values()),
                plan_sha256=of_jobs[last].plan_sha256,
            )
        )  # fmt: skip
    return dict(lines)


def _refusals(cell: Cell, jobs: Mapping[str, MemoryRun], share: float) -> list[str]:
    problems = [f"{cell}: job {job}: {e.invalid}" for job, e in jobs.items() if e.invalid]
    for name, words in FIGURES.items():
        seen = [getattr(each, name) for each in jobs.values() if not each.invalid]
        if seen and _is_more(max(seen), min(seen), share):
            problems.append(
                f"{cell}: the jobs differ in {words}: {min(seen):.4g} and {max(seen):.4g} MiB"
            )
    return problems


def _is_more(now: float, before: float, share: float) -> bool:
    return now - before > max(share * before, LEAST_MIB)
