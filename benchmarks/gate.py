"""Simulates the gate that is shipped, and a few others, in worlds of latency noise.

    .venv/bin/python benchmarks/gate.py --trials 1000 --scen S1,S2,S3
    .venv/bin/python benchmarks/gate.py --noise noise.json      # of `baseline calibrate`

A trial draws a machine, accepts eight jobs as the anchor, and runs one clean job and slower ones. A run
of the clean job with any failing cell is a false alarm. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.gate_jobs import JOBS, Bench
from benchmarks.peers import PEERS
from benchmarks.worlds import CELLS_OF_MODEL, WORLDS, Noise, World, calibrated

from pytest_frictionless.latency.verdict import Need

EFFECTS = {"+2 %": 0.02, "+3 %": 0.03, "+5 %": 0.05, "+10 %": 0.10}
CLEAN, MODEL, MOST, ALL = "clean", "model +3 %", "all +3 %", "all +5 %"
GATES = {
    "ab": "**gate: A/B with the accepted engine**",
    "pairs": "gate: A/B alone, no anchor",
    "history": "gate: by the anchor, engine gone",
    "one": "gate's first pass alone, Holm",
}

Outcomes = dict[tuple[str, str], tuple[bool, bool]]
"""By rule and what was slowed: whether a clean cell failed, and whether the slowed one did."""


def trial(
    seed: int,
    noise: Noise,
    cells: int,
    modes: tuple[str, ...],
    columns: tuple[str, ...],
    peers: bool,
    jobs: int = JOBS,
) -> tuple[Outcomes, dict[str, float]]:
    """One machine: a clean job and slower ones, for every rule."""
    rng = np.random.default_rng(seed)
    bench = Bench(World(rng, cells, noise), jobs)
    target = int(rng.integers(cells))
    model = np.arange(cells) // CELLS_OF_MODEL == target // CELLS_OF_MODEL
    slowed = {CLEAN: np.zeros(cells)}
    for name, effect in EFFECTS.items():
        slowed[name] = np.where(np.arange(cells) == target, math.log1p(effect), 0.0)
    slowed[MODEL] = np.where(model, math.log1p(0.03), 0.0)
    slowed[MOST] = np.full(cells, math.log1p(0.03))
    slowed[ALL] = np.full(cells, math.log1p(0.05))
    outcomes: Outcomes = {}
    facts: dict[str, float] = {}
    for name in (CLEAN, *columns):
        slow = slowed[name]
        for mode in modes:
            job = bench.run(mode, slow)
            outcomes[GATES[mode], name] = _told(job.failing, slow, target)
            if mode == "ab" and name == CLEAN:
                first = job.seconds[Need.ROUNDS]
                facts |= {"suspects": job.suspects, "first_s": first, "noisy": job.noisy,
                          "pairs_s": job.seconds[Need.PAIRS], "shift_clean": job.shifted}  # fmt: skip
            elif mode == "ab" and name == ALL:
                facts["shift_all"] = job.shifted
        if peers and name != MODEL:
            _ask_peers(bench, name, slow, target, outcomes)
    return outcomes, facts


def _told(failing: set[int], slow: Any, target: int) -> tuple[bool, bool]:
    wrong = any(slow[cell] == 0 for cell in failing)
    # A change of many cells is seen where any of them fails: it is one change.
    right = target in failing if (slow > 0).sum() == 1 else any(slow[cell] > 0 for cell in failing)
    return wrong, right


def _ask_peers(bench: Bench, name: str, slow: Any, target: int, outcomes: Outcomes) -> None:
    world = bench.world
    history = np.stack([np.log(np.exp(world.in_one_go(world.job())).mean(1)) for _ in range(10)], 1)
    old = np.exp(world.in_one_go(world.job()))
    new = np.exp(world.in_one_go(world.job()) + slow[:, None])
    for rule, decide in PEERS.items():
        failing = set(np.flatnonzero(decide(old, new, history)).tolist())
        outcomes[rule, name] = _told(failing, slow, target)


def simulate(
    noise: Noise, *, trials: int, cells: int, modes: tuple[str, ...], columns: tuple[str, ...] = (),
    peer_trials: int = 0,
    seed: int = 1, workers: int = 1, jobs: int = JOBS,
) -> tuple[dict[tuple[str, str], list[tuple[bool, bool]]], dict[str, float]]:  # fmt: skip
    """Many trials: what every rule said, and means of what the gate took."""
    arguments = [
        (seed * 10**6 + i, noise, cells, modes, columns, i < peer_trials, jobs)
        for i in range(trials)
    ]
    told: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    facts: dict[str, list[float]] = {}
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            done = list(pool.map(trial, *zip(*arguments, strict=True), chunksize=4))
    else:
        done = [trial(*each) for each in arguments]
    for outcomes, seen in done:
        for key, value in outcomes.items():
            told.setdefault(key, []).append(value)
        for fact, number in seen.items():
            facts.setdefault(fact, []).append(float(number))
    return told, {fact: float(np.mean(values)) for fact, values in facts.items()}


COLUMNS = (*EFFECTS, MODEL, MOST, ALL)


def table(told: dict[tuple[str, str], list[tuple[bool, bool]]], columns: tuple[str, ...]) -> str:
    """The rates as Markdown."""
    lines = [
        f"| rule | runs | false alarms a run | {' | '.join(columns)} |",
        "|---|---|---|" + "---|" * len(columns),
    ]
    for rule in dict.fromkeys(rule for rule, _ in told):
        clean = [wrong for wrong, _ in told[rule, CLEAN]]
        rates = [
            f"{np.mean([right for _, right in told[rule, name]]):.1%}"
            if (rule, name) in told
            else ""
            for name in columns
        ]
        alarms = f"{np.mean(clean):.1%} ({sum(clean)})"
        lines.append(f"| {rule} | {len(clean)} | {alarms} | {' | '.join(rates)} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of each world."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--peer-trials", type=int, default=100)
    parser.add_argument("--cells", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=JOBS, help="accepted jobs of the anchor")
    parser.add_argument("--scen", default="S1,S2,S3", help=f"of {', '.join(WORLDS)}")
    parser.add_argument("--modes", default=",".join(GATES), help=f"of {', '.join(GATES)}")
    parser.add_argument("--columns", default=",".join(COLUMNS), help="what is slowed")
    parser.add_argument("--noise", type=Path, help="a file of `baseline calibrate`, instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    columns = tuple(given.columns.split(","))
    worlds = {name: WORLDS[name] for name in given.scen.split(",")}
    if given.noise:
        worlds = {"calibrated": calibrated(given.noise)}
    for name, noise in worlds.items():
        begun = time.monotonic()
        told, facts = simulate(
            noise, trials=given.trials, cells=given.cells, modes=tuple(given.modes.split(",")), columns=columns,
            peer_trials=given.peer_trials, seed=given.seed, workers=given.workers, jobs=given.jobs,
        )  # fmt: skip
        print(f"\n### {name}: {noise.name}; {given.cells} cells\n\n{table(told, columns)}\n")
        if "shift_all" in facts:
            print(
                f"A clean job: {facts['suspects']:.1f} suspects, {facts['noisy']:.1f} noisy cells, "
                f"{facts['first_s']:.0f} s first pass and {facts['pairs_s']:.0f} s of A/B; common "
                f"shift told in {facts['shift_clean']:.1%} of clean jobs and in "
                f"{facts['shift_all']:.1%} of those with all cells at +5 %. "
                f"({time.monotonic() - begun:.0f} s to simulate)",
                flush=True,
            )


if __name__ == "__main__":
    main()
