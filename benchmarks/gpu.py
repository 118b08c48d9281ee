"""Latency, gate and a bare loop on a GPU: ResNet-50 and BERT, twelve cells.

    python -m benchmarks.gpu accept FOLDER    # three jobs, accepted as the baseline; a bare loop beside
    python -m benchmarks.gpu judge FOLDER     # a clean job, +3 % in one cell, +5 % in all

The second works on what the first left in FOLDER. Prints tables in Markdown.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from benchmarks.gpu_networks import bert, resnet50

from pytest_frictionless.cli import main as command
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.workbench import gpu, judging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.workbench.workbench import Workbench

CONFIG = """
opset: {version: 20, reason: "a benchmark"}
latency: {rounds: 10, seconds: 0.1}
models:
  resnet50:
    path: resnet50.pt
    factory: benchmarks.gpu_networks:resnet50
    inputs: {image: "float32[batch, 3, 224, 224]"}
    profiles: {online: {batch: [1, 4, 8]}, offline: {batch: [16, 32, 64]}}
  bert:
    path: bert.pt
    factory: benchmarks.gpu_networks:bert
    inputs: {input_ids: {type: "int64[batch, seq]", low: 0, high: 8192}}
    profiles:
      online: {batch: [1, 4, 8], seq: [16, 64, 128]}
      offline: {batch: [8, 16, 32], seq: [128, 256, 512]}
"""
MODELS = ("resnet50", "bert")
JOBS = 3


@contextmanager
def workbenches(folder: Path) -> Iterator[list[Workbench]]:
    """Fresh ones, as another job would have."""
    shop = open_shop(folder)
    shop.store.prepare()
    opened = [open_workbench(shop, folder / f"{name}.pt") for name in MODELS]
    try:
        yield opened
    finally:
        for bench in opened:
            bench.close()
        shop.zygote.close()


def job(folder: Path) -> list[judging.Judgement]:
    """All cells of all models, measured and judged as `latency` items do it."""
    started = time.perf_counter()
    with workbenches(folder) as opened:
        judged = [judging.judgement_of(bench) for bench in opened]
    print(f"job of {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return judged


def step(bench: Workbench, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A step of this benchmark, in a process of its own."""
    child = bench.steps._fork()
    try:
        done: dict[str, Any] = child.run(
            f"benchmarks.gpu_steps:{name}",
            arguments,
            folder=bench.shop.root,
            limits=bench.shop.limits,
        )[0]
        return done
    finally:
        child.kill()


def accept(folder: Path) -> None:
    """Make the models, measure three jobs, accept them, and measure a bare loop."""
    (folder / "frictionless.yaml").write_text(CONFIG)
    for name, factory in (("resnet50", resnet50), ("bert", bert)):
        torch.save(factory().state_dict(), folder / f"{name}.pt")
    jobs = [job(folder) for _ in range(JOBS)]
    os.environ.pop("CI", None)
    command(["baseline", "accept", "--jobs", str(JOBS), "--reason", "a benchmark"])
    with workbenches(folder) as opened:
        bare = {}
        for bench in opened:
            asked = {
                "plan": str(gpu.plan_path(bench)), "inputs": bench.inputs, "cells": gpu.cells_of(bench),
                "seconds": 0.3,
            }  # fmt: skip
            for name, ms in step(bench, "bare", asked)["medians"].items():
                bare[f"{bench.name}/{name}"] = ms
    print(
        "| cell | ms | between processes | plain launches | bare loop | ratio |\n|---|---|---|---|---|---|"
    )
    for judged in jobs[-1]:
        for name, cell in judged.cells.items():
            records = [each["cells"][name] for each in judged.rounds]
            medians = [statistics.median(each["samples_ms"]) for each in records]
            ms, spread = statistics.median(medians), (max(medians) - min(medians))
            plain = [each["plain_ms"] for each in records]
            print(
                f"| {cell} | {ms:.4f} | {100 * spread / ms:.2f} % | {min(plain):.3f}-{max(plain):.3f} "
                f"| {bare[cell.name]:.4f} | {ms / bare[cell.name]:.3f} |"
            )


def told(title: str, judged: Sequence[judging.Judgement]) -> None:
    """The verdicts of one job."""
    print(f"\n### {title}\n\n| cell | verdict | change | by |\n|---|---|---|---|")
    for each in judged:
        for result in each.report.results:
            change = "" if result.change is None else f"{100 * result.change:+.2f} %"
            print(f"| {result.cell} | {result.verdict} | {change} | {result.by} |")
    print(f"\nfails: {any(each.report.fails for each in judged)}", flush=True)


@contextmanager
def planted(share: float, only: str = "") -> Iterator[None]:
    """Candidate engines do so much more work, in one cell or in all; the accepted engine does not."""
    measured = gpu.measured
    known: dict[str, float] = {}
    for path in Path("baselines").glob("*/*.json"):
        for line in json.loads(path.read_text())["cells"]:
            cell = line["cell"]
            name = f"{cell['model']}/{cell['profile']}-{cell['point']}"
            known[name] = line["accepted"]["new_ms"]

    def slow(bench: Workbench, plan: Path, cells: Any, *, seed: int) -> Any:
        if plan.parent.name == "accepted":
            return measured(bench, plan, cells, seed=seed)
        added = {
            cell["name"]: share * known[f"{bench.name}/{cell['name']}"]
            for cell in cells if not only or f"{bench.name}/{cell['name']}" == only
        }  # fmt: skip
        arguments = {
            "plan": str(plan), "inputs": bench.inputs, "cells": list(cells), "seed": seed,
            "seconds": bench.shop.settings.latency.seconds, "cache": gpu.cache_of(bench, plan),
            "added_ms": added,
        }  # fmt: skip
        return step(bench, "slowed", arguments)

    judging.measured = slow  # type: ignore[assignment]
    try:
        yield
    finally:
        judging.measured = measured


def judge() -> None:
    """A clean job and two slowed ones against what was accepted."""
    here = Path.cwd()
    told("A/A: the same engines again", job(here))
    with planted(0.03, only="resnet50/online-opt"):
        told("+3 % planted in resnet50/online-opt", job(here))
    with planted(0.05):
        told("+5 % planted in all cells", job(here))
    command(["baseline", "calibrate", "--output", "noise.json"])


if __name__ == "__main__":
    what, where = sys.argv[1:]
    Path(where).mkdir(parents=True, exist_ok=True)
    os.chdir(where)
    accept(Path(where)) if what == "accept" else judge()
