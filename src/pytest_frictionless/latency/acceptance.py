"""From recorded runs to an accepted baseline, and what is refused on the way."""

from __future__ import annotations

import datetime
import math
import statistics as plain
from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.anchor import Acceptance, AcceptedCell, AcceptedJob, common_modes
from pytest_frictionless.latency.confirm import valid
from pytest_frictionless.latency.statistics import trimmed_means
from pytest_frictionless.latency.verdict import Rules, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.latency.anchor import Anchor
    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.replay import Replay
    from pytest_frictionless.latency.run import CellRun, Run

LEAST_JOBS = 3
JOBS = 8
"""As many as the rates of the gate are simulated with."""


def accept(
    runs: Sequence[tuple[str, Run]], pattern: str, anchor: Anchor, *, reason: str, by: str,
    today: datetime.date, expire_days: int, jobs: int = JOBS, rules: Rules | None = None,
) -> dict[str, list[AcceptedCell]]:  # fmt: skip
    """The lines to write, by model.

    Args:
        runs: Recorded runs with the ids of their jobs, oldest first.
        pattern: Glob of the names of cells, as `resnet50/*`.
        anchor: What is accepted now.
        reason: Why the latencies of these runs are right.
        by: Who says so.
        today: Day of the acceptance.
        expire_days: How long it holds.
        jobs: How many of the newest jobs are taken.
        rules: Those that the runs were measured by: how many rounds a job has.

    Raises:
        ConfigError: With every reason to refuse.
    """
    need = (rules or Rules()).rounds
    problems = [] if reason.strip() else ["a reason is needed: --reason TEXT"]
    if len({run.key for _, run in runs}) > 1:
        problems.append(mixed([run for _, run in runs]))
    by_cell: dict[Cell, dict[str, CellRun]] = defaultdict(dict)
    for job, run in runs:
        for each in run.cells:
            by_cell[each.cell][job] = each
    chosen = {cell: each for cell, each in by_cell.items() if fnmatchcase(cell.name, pattern)}
    if not chosen:
        names = ", ".join(sorted({cell.name for cell in by_cell})[:5]) or "none"
        problems.append(f"no cell is called {pattern}: the runs measured {names}")
    newest = {cell: dict(list(of_jobs.items())[-jobs:]) for cell, of_jobs in chosen.items()}
    for cell, of_jobs in newest.items():
        problems += _refusals(cell, of_jobs, need)
    if problems:
        raise ConfigError(problems)
    levels = _levels(runs, need)
    held = {cell: centre.centre for cell, centre in anchor.centres.items() if cell not in chosen}
    commits = {job: run.job.commit for job, run in runs}
    lines: dict[str, list[AcceptedCell]] = defaultdict(list)
    for taken, cells in _by_jobs(newest).items():
        common = common_modes({job: levels[job] for job in taken}, held)
        for cell in cells:
            old = anchor.centres[cell].ms if cell in anchor.centres else None
            middle = plain.fmean(levels[job][cell] - common[job] for job in taken)
            acceptance = Acceptance(
                by=by, reason=reason.strip(), commit=commits[taken[-1]], date=today, old_ms=old,
                new_ms=math.exp(middle),
            )  # fmt: skip
            expires = today + datetime.timedelta(days=expire_days)
            lines[cell.model].append(_line(cell, newest[cell], common, acceptance, expires))
    return dict(lines)


def refreshed(
    lines: Sequence[AcceptedCell], judged: Replay, run: Run, *, today: datetime.date,
    expire_days: int, rules: Rules,
) -> list[AcceptedCell]:  # fmt: skip
    """The same lines with a later date: an A/A run of what was accepted holds.

    Raises:
        ConfigError: The run is of another engine, or something moved.
    """
    measured = {each.cell: each for each in run.cells}
    problems = []
    for line in lines:
        cell = line.cell
        if cell not in measured:
            problems.append(f"{cell}: the run did not measure it")
        elif measured[cell].built.plan_sha256 != line.built.plan_sha256:
            problems.append(f"{cell}: the run measured another engine than the accepted one")
        elif cell in judged.missing:
            problems.append(f"{cell}: {judged.missing[cell]}")
        elif judged.report.of(cell).verdict is not Verdict.PASS:
            problems.append(f"{cell}: {judged.report.of(cell).verdict}")
    common = judged.report.common or 0.0
    if abs(common) > rules.common_effect:
        problems.append(f"all cells moved by {math.expm1(common):+.1%}")
    if problems:
        raise ConfigError(problems)
    expires = today + datetime.timedelta(days=expire_days)
    return [replace(line, expires=expires) for line in lines]


def mixed(runs: Sequence[Run]) -> str:
    """Why runs of several environments are no baseline."""
    first = runs[0].key
    other = next(run.key for run in runs if run.key != first)
    slugs = ", ".join(sorted({run.key.slug for run in runs}))
    return (
        f"the runs are of several environments ({slugs}), which differ in "
        f"{'; '.join(first.differences(other))}: name one with --key"
    )


def _refusals(cell: Cell, jobs: Mapping[str, CellRun], need: int) -> list[str]:
    """Why these rounds are no baseline."""
    problems = []
    if len(jobs) < LEAST_JOBS:
        problems.append(
            f"{cell}: {len(jobs)} recorded jobs are too few: at least {LEAST_JOBS}, better {JOBS}"
        )
    for job, each in jobs.items():
        count = len(valid(each.first))
        if count < need:
            reasons = sorted({each.invalid for each in each.first if each.invalid})
            why = f": {', '.join(reasons)}" if reasons else ""
            problems.append(f"{cell}: job {job} has {count} valid rounds of {need}{why}")
    if len({each.built.tactics for each in jobs.values()}) > 1:
        problems.append(
            f"{cell}: the jobs measured engines with different kernels: build once and keep the plan"
        )
    return problems


def _levels(runs: Sequence[tuple[str, Run]], need: int) -> dict[str, dict[Cell, float]]:
    """By job, the level of each cell that was measured in full."""
    levels = {}
    for job, run in runs:
        rounds = {each.cell: [r.log_ms for r in valid(each.first)] for each in run.cells}
        full = {cell: logs for cell, logs in rounds.items() if len(logs) >= need}
        levels[job] = dict(zip(full, trimmed_means(list(full.values())), strict=True))
    return levels


def _by_jobs(newest: Mapping[Cell, Mapping[str, CellRun]]) -> dict[tuple[str, ...], list[Cell]]:
    """Cells that rest on the same jobs: they share the jobs' common modes."""
    groups: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for cell, jobs in newest.items():
        groups[tuple(jobs)].append(cell)
    return groups


def _line(
    cell: Cell, jobs: Mapping[str, CellRun], common: Mapping[str, float], acceptance: Acceptance,
    expires: datetime.date,
) -> AcceptedCell:  # fmt: skip
    rounds = {job: valid(each.first) for job, each in jobs.items()}
    flat = [each for several in rounds.values() for each in several]
    clocks = [each.sm_mhz for each in flat if each.sm_mhz]
    return AcceptedCell(
        cell=cell, built=list(jobs.values())[-1].built, accepted=acceptance, expires=expires,
        sm_mhz=plain.median(clocks) if clocks else None,
        power_cap=plain.fmean(each.power_cap for each in flat),
        jobs=tuple(
            AcceptedJob(
                job=job, common=common[job], ms=tuple(each.median_ms for each in rounds[job])
            )
            for job in jobs
        ),
    )  # fmt: skip
