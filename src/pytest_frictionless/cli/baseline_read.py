"""`baseline compare`, `calibrate` and `export`: what only tells."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.baseline_shop import (
    BaselineShop,
    choose,
    chosen,
    newest,
    open_baselines,
    run_of_file,
)
from pytest_frictionless.cli.command import Command
from pytest_frictionless.latency.baselines import read_anchor, read_baselines, read_memory
from pytest_frictionless.latency.calibrate import GOOD_JOBS, noise_of
from pytest_frictionless.latency.export import FORMATS
from pytest_frictionless.latency.findings import finding_of, finding_of_memory, percent
from pytest_frictionless.latency.memory import growth
from pytest_frictionless.latency.replay import Replay, replay

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from rich.console import Console

    from pytest_frictionless.latency.run import Run


def _compare_arguments(parser: ArgumentParser) -> None:
    choose(parser)
    parser.add_argument(
        "files", nargs="*", metavar="RUN", help="files of runs; the newest recorded without"
    )
    parser.add_argument("--all", action="store_true", help="explain every cell, not only failures")


def _compare(given: Namespace) -> int:
    from rich.console import Console

    shop = open_baselines()
    runs = [run_of_file(name) for name in given.files] or newest(chosen(given, shop))
    console = Console(width=None if Console().is_terminal else 160)
    fails = False
    for run in runs:
        anchor = read_anchor(shop.folder, run.key)
        today = datetime.datetime.now(datetime.UTC).date()
        judged = replay(run, anchor, today=today, rules=shop.rules)
        console.print(f"{run.key.slug}, {run.job.name}", highlight=False, markup=False)
        if not anchor.centres:
            console.print(_nearest(shop, run), highlight=False, markup=False)
        _table(console, run, judged)
        for result in judged.report.results:
            finding = finding_of(result, judged.report)
            if finding and (result.fails or given.all):
                console.print(finding.render(root=shop.root), highlight=False, markup=False)
        fails = _compare_memory(console, shop, run) or fails or judged.fails
    return 1 if fails else 0


def _table(console: Console, run: Run, judged: Replay) -> None:
    from rich.table import Table

    table = Table("cell", "accepted", "now", "change", "verdict", "by")
    results = {result.cell: result for result in judged.report.results}
    for each in run.cells:
        result = results.get(each.cell)
        verdict = judged.missing.get(each.cell) or (str(result.verdict) if result else "")
        accepted = f"{result.centre.ms:.4g} ms" if result and result.centre else ""
        now = f"{result.now_ms:.4g} ms" if result and result.now_ms else ""
        change = percent(result.change) if result and result.change is not None else ""
        table.add_row(str(each.cell), accepted, now, change, verdict, result.by if result else "")
    console.print(table)
    if judged.report.common is not None:
        common = percent(judged.report.common)
        console.print(f"all cells have {common} in common", highlight=False)


def _compare_memory(console: Console, shop: BaselineShop, run: Run) -> bool:
    """Print the memory of each profile beside what was accepted; whether it grew."""
    from rich.table import Table

    accepted = read_memory(shop.folder, run.key)
    table = Table("memory", "accepted", "now", "change", "weights and workspace", "verdict")
    findings = []
    for each in run.memory:
        old = accepted.get(each.cell)
        grown = growth(each, old, shop.settings.memory_growth) if old else None
        if old and grown and not each.invalid:
            findings.append(finding_of_memory(each, old, grown))
        verdict = each.invalid or ("no baseline" if not old else "grown" if grown else "pass")
        change = f"{each.peak_mib - old.peak_mib:+.4g} MiB" if old else ""
        before = f"{old.peak_mib:.4g} MiB" if old else ""
        told = f"{each.told_mib:.4g} MiB"
        table.add_row(str(each.cell), before, f"{each.peak_mib:.4g} MiB", change, told, verdict)
    if run.memory:
        console.print(table)
    for finding in findings:
        console.print(finding.render(root=shop.root), highlight=False, markup=False)
    return bool(findings)


def _nearest(shop: BaselineShop, run: Run) -> str:
    """Which environment comes nearest, where nothing was accepted for this one."""
    keys = {baseline.key for baseline in read_baselines(shop.folder)}
    if not keys:
        return f"{shop.folder} holds no baseline yet"
    near = min(keys, key=lambda key: len(run.key.differences(key)))
    return f"no baseline for this environment; {near.slug} is not it: " + "; ".join(
        run.key.differences(near)
    )


def _calibrate_arguments(parser: ArgumentParser) -> None:
    choose(parser)
    parser.add_argument("--output", help="file to write, for benchmarks/gate.py --noise")


def _calibrate(given: Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    shop = open_baselines()
    today = datetime.datetime.now(datetime.UTC).date()
    noise = noise_of(chosen(given, shop), today=today, rules=shop.rules)
    table = Table("cell", "ms", "process", "job", "seen by A/B", "seen by the anchor alone")
    for each in noise.cells:
        shares = (each.process_sd, each.job_sd, each.detectable_pairs, each.detectable_history)
        table.add_row(each.cell, f"{each.ms:.4g}", *(f"{share:.2%}" for share in shares))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(f"{noise.key}: {noise.jobs} jobs", highlight=False, markup=False)
    console.print(table)
    console.print(f"between jobs, common to all cells: {noise.common_sd:.2%}", highlight=False)
    if noise.jobs < GOOD_JOBS:
        console.print(f"{GOOD_JOBS} jobs would tell the noise between jobs better", highlight=False)
    if given.output:
        text = json.dumps(noise.to_json(), indent=1)
        Path(given.output).write_text(f"{text}\n", encoding="utf-8")
    return 0


def _export_arguments(parser: ArgumentParser) -> None:
    choose(parser)
    parser.add_argument(
        "files", nargs="*", metavar="RUN", help="files of runs; all recorded without"
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="pytest-benchmark")
    parser.add_argument("--output", help="file to write; standard output without")


def _export(given: Namespace) -> int:
    runs = [run_of_file(name) for name in given.files]
    runs = runs or [run for _, run in chosen(given, open_baselines())]
    text = FORMATS[given.format](runs)
    if given.output:
        Path(given.output).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


ACTIONS = (
    Command(name="compare", help="print the verdicts of recorded runs",
            arguments=_compare_arguments, run=_compare),
    Command(name="calibrate", help="tell the noise of this machine from recorded runs",
            arguments=_calibrate_arguments, run=_calibrate),
    Command(name="export", help="write recorded runs in the format of another tool",
            arguments=_export_arguments, run=_export),
)  # fmt: skip
