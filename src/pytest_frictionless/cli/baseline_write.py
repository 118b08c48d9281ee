"""`baseline record`, `accept`, `refresh` and `prune`: what changes something."""

from __future__ import annotations

import datetime
import fnmatch
import os
from typing import TYPE_CHECKING

from pytest_frictionless.cli.baseline_shop import (
    choose,
    chosen,
    newest,
    open_baselines,
    run_of_file,
)
from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import refuse_in_ci
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.acceptance import JOBS, LEAST_JOBS, accept, refreshed
from pytest_frictionless.latency.baselines import (
    Baseline,
    path_of,
    read_anchor,
    read_baseline,
    read_baselines,
    read_memory,
    write_baseline,
)
from pytest_frictionless.latency.job import said
from pytest_frictionless.latency.memory import accept_memory
from pytest_frictionless.latency.replay import replay
from pytest_frictionless.latency.store import RUNS_FOLDER, open_store

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from pytest_frictionless.latency.anchor import AcceptedCell
    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.run import Run


def _record_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", metavar="RUN", help=f"files of runs; all of {RUNS_FOLDER} without"
    )
    parser.add_argument("--to", help="folder or URL, instead of `baselines: {runs: ...}`")


def _record(given: Namespace) -> int:
    shop = open_baselines()
    here = open_store(RUNS_FOLDER, shop.root)
    there = open_store(given.to or shop.settings.runs, shop.root)
    runs = [run_of_file(name) for name in given.files] or [run for _, run in here.runs()]
    if not runs:
        raise ConfigError([f"nothing to record: {here.where} is empty"])
    kept = there.plans()
    for run in runs:
        print(f"{there.where}/{there.record(run)}")
        for digest in sorted({each.built.plan_sha256 for each in run.cells} - kept):
            if (plan := here.plan(digest)) is not None:
                kept.add(there.keep_plan(plan))
    return 0


def _accept_arguments(parser: ArgumentParser) -> None:
    choose(parser)
    parser.add_argument("--cells", default="*", help='glob, as "resnet50/online-*" or "*-memory"')
    parser.add_argument("--reason", default="", help="why these figures are right")
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many of the newest jobs")
    parser.add_argument(
        "--propose", action="store_true",
        help="for a workflow that opens a pull request with them, which people review: works in CI",
    )  # fmt: skip


def _accept(given: Namespace) -> int:
    if not given.propose:
        refuse_in_ci(
            "baseline accept", unless="with --propose in a workflow that opens a pull request"
        )
    if given.jobs < LEAST_JOBS:
        raise ConfigError([f"--jobs takes {LEAST_JOBS} or more"])
    shop = open_baselines()
    given.commit = given.commit or said(shop.root, "rev-parse", "HEAD")
    runs = chosen(given, shop)
    commits = sorted({run.job.commit for _, run in runs})
    if len(commits) > 1:
        raise ConfigError([f"the runs are of several commits ({', '.join(commits)}): --commit"])
    if any(run.job.dirty for _, run in runs):
        print("These runs measured files that differ from their commit.")
    key = runs[-1][1].key
    anchor = read_anchor(shop.folder, key)
    by = said(shop.root, "config", "user.name") or os.environ.get("USER", "unknown")
    today = _today()
    lines: dict[str, list[AcceptedCell]] = {}
    if not _is_memory_alone(given.cells, [run for _, run in runs]):
        lines = accept(
            runs, given.cells, anchor, reason=given.reason, by=by, today=today, jobs=given.jobs,
            expire_days=shop.settings.expire_days, rules=shop.rules,
        )  # fmt: skip
    memory = accept_memory(
        runs, given.cells, read_memory(shop.folder, key), reason=given.reason, by=by, today=today,
        jobs=given.jobs, share=shop.settings.memory_growth,
    )  # fmt: skip
    plans = shop.store().plans()
    for model in dict.fromkeys([*lines, *memory]):
        path = path_of(shop.folder, key, model)
        old = read_baseline(path) if path.exists() else Baseline(key=key, model=model, cells=())
        accepted, held = lines.get(model, []), memory.get(model, [])
        write_baseline(shop.folder, old.with_cells(accepted).with_memory(held))
        print(path.relative_to(shop.root))
        for line in accepted:
            new = line.accepted
            print(_change(line.cell, new.old_ms, new.new_ms, "ms", len(line.jobs)))
            if line.built.plan_sha256 not in plans:
                print("    its plan is not kept: no A/B, only larger changes will be seen")
        for each in held:
            taken = each.accepted
            print(_change(each.cell, taken.old_mib, taken.new_mib, "MiB", len(each.jobs)))
    print("Commit these files: the diff is what is reviewed.")
    return 0


def _is_memory_alone(pattern: str, runs: Sequence[Run]) -> bool:
    """Whether a pattern names the memory of profiles, and no latency."""
    cells = {each.cell.name for run in runs for each in run.cells}
    memory = {each.cell.name for run in runs for each in run.memory}
    return bool(fnmatch.filter(memory, pattern)) and not fnmatch.filter(cells, pattern)


def _change(cell: Cell, old: float | None, new: float, unit: str, jobs: int) -> str:
    before = f"{old:.4g} -> " if old else ""
    return f"  {cell}: {before}{new:.4g} {unit}, {jobs} {'job' if jobs == 1 else 'jobs'}"


def _refresh_arguments(parser: ArgumentParser) -> None:
    choose(parser)
    parser.add_argument("--cells", default="*", help='glob, as "resnet50/*"')


def _refresh(given: Namespace) -> int:
    refuse_in_ci("baseline refresh")
    shop = open_baselines()
    count = 0
    for run in newest(chosen(given, shop)):
        judged = replay(run, read_anchor(shop.folder, run.key), rules=shop.rules)
        for baseline in read_baselines(shop.folder, run.key):
            lines = [
                line for line in baseline.cells if fnmatch.fnmatchcase(line.cell.name, given.cells)
            ]
            if not lines or baseline.model not in {each.cell.model for each in run.cells}:
                continue
            later = refreshed(
                lines, judged, run, today=_today(), expire_days=shop.settings.expire_days,
                rules=shop.rules,
            )  # fmt: skip
            path = write_baseline(shop.folder, baseline.with_cells(later))
            print(f"{path.relative_to(shop.root)}: {len(later)} cells until {later[0].expires}")
            count += len(later)
    if not count:
        raise ConfigError([f"no accepted cell is called {given.cells}"])
    return 0


def _prune_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=180, help="age from which runs are deleted")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")


def _prune(given: Namespace) -> int:
    shop = open_baselines()
    baselines = list(read_baselines(shop.folder))
    lines = [line for each in baselines for line in each.cells]
    memory = [line for each in baselines for line in each.memory]
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=given.days)
    gone = shop.store().prune(
        before=before, dry_run=given.dry_run,
        kept_jobs={job.job for line in lines for job in line.jobs}
        | {job for line in memory for job in line.jobs},
        kept_plans={line.built.plan_sha256 for line in lines},
    )  # fmt: skip
    for name in gone:
        print(f"{'would delete' if given.dry_run else 'deleted'} {name}")
    return 0


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


ACTIONS = (
    Command(name="record", help="store what runs of pytest measured",
            arguments=_record_arguments, run=_record),
    Command(name="accept", help="take measured latencies and memory for good, with a reason",
            arguments=_accept_arguments, run=_accept),
    Command(name="refresh", help="renew the date of baselines that an A/A run confirms",
            arguments=_refresh_arguments, run=_refresh),
    Command(name="prune", help="delete old runs that no baseline rests on",
            arguments=_prune_arguments, run=_prune),
)  # fmt: skip
