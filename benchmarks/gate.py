"""Simulates the gate that is shipped, and a few others, in worlds of latency noise.

    .venv/bin/python benchmarks/gate.py --trials 1000 --scen S1,S2,S3
    .venv/bin/python benchmarks/gate.py --noise noise.json      # of `baseline calibrate`

A trial draws a machine, accepts eight jobs as the anchor, and runs one clean job and slower ones. A run
of the clean job with any failing cell is a false alarm. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import datetime
import math
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers import PEERS
from benchmarks.worlds import CELLS_OF_MODEL, WORLDS, Noise, World, calibrated

from pytest_frictionless.latency.anchor import (
    Acceptance,
    AcceptedCell,
    AcceptedJob,
    Anchor,
    common_modes,
    fit,
)
from pytest_frictionless.latency.cell import Cell, Pairs, Round
from pytest_frictionless.latency.first import chances, look
from pytest_frictionless.latency.gate import judge
from pytest_frictionless.latency.statistics import holm, trimmed_means
from pytest_frictionless.latency.verdict import Ask, Evidence, Need, Rules, Verdict

JOBS = 8
EFFECTS = {"+2 %": 0.02, "+3 %": 0.03, "+5 %": 0.05, "+10 %": 0.10}
CLEAN, MODEL, MOST, ALL = "clean", "model +3 %", "all +3 %", "all +5 %"
GATES = {
    "ab": "**gate: A/B with the accepted engine**",
    "pairs": "gate: A/B alone, no anchor",
    "history": "gate: by the anchor, engine gone",
    "one": "gate's first pass alone, Holm",
}
ACCEPTED = Acceptance(by="", reason="", commit="", date=datetime.date(2026, 1, 1), new_ms=1.0)


@dataclass
class Bench:
    """One machine with its anchor, and the jobs that run on it."""

    world: World
    jobs: int = JOBS

    def __post_init__(self) -> None:
        count = self.world.cells
        self.cells = [
            Cell(model=f"m{i // CELLS_OF_MODEL}", profile="p", point=f"x{i}") for i in range(count)
        ]
        self.everything = np.arange(count)
        self.index = {cell: i for i, cell in enumerate(self.cells)}
        self.anchor = self._accepted()

    def _accepted(self) -> Anchor:
        runs = {}
        for job in range(self.jobs):
            offset = self.world.job() + self._build()
            medians, seen = self.world.rounds(offset, self.everything, 10)
            redone, _ = self.world.rounds(offset, self.everything, 10)
            runs[f"{job}"] = np.where(seen, redone, medians)
        levels = {
            job: dict(zip(self.cells, trimmed_means(medians.tolist()), strict=True))
            for job, medians in runs.items()
        }
        common = common_modes(levels, {})
        return fit(
            AcceptedCell(
                cell=cell, accepted=ACCEPTED,
                jobs=tuple(
                    AcceptedJob(job=job, common=common[job], ms=tuple(np.exp(y[i]).tolist()))
                    for job, y in runs.items()
                ),
            )
            for i, cell in enumerate(self.cells)
        )  # fmt: skip

    def _build(self) -> Any:
        return self.world.build() if self.world.noise.build else 0.0

    def run(self, mode: str, slow: Any) -> Job:
        """One job of the candidate that is slower by these logarithms."""
        offset = self.world.job()
        job = Job(self, offset + self._build() + slow, offset + self.world.built)
        if mode == "one":
            job.one_pass()
        else:
            comparable = self.cells if mode in ("ab", "pairs") else ()
            anchor = Anchor() if mode == "pairs" else self.anchor
            report, _ = judge(self.cells, anchor, job.measure, comparable=comparable)
            job.failing = {self.index[result.cell] for result in report.results if result.fails}
            job.suspects, job.shifted = len(report.suspects), report.shifted
            job.noisy = len(report.having(Verdict.NOISY))
        return job


class Job:
    """Measures what the gate asks for."""

    def __init__(self, bench: Bench, candidate: Any, accepted: Any) -> None:
        self.bench, self.candidate, self.accepted = bench, candidate, accepted
        self.failing: set[int] = set()
        self.suspects = self.noisy = 0
        self.shifted = False
        self.seconds = dict.fromkeys(Need, 0.0)

    def measure(self, ask: Ask, evidence: Evidence) -> Evidence:
        cells = np.array([self.bench.index[cell] for cell in ask.cells])
        self.seconds[ask.need] += 0.3 * len(cells) * ask.count
        new = self._rounds(self.candidate, cells, ask)
        if ask.need is not Need.PAIRS:
            return evidence.with_rounds(ask.need, new)
        self.seconds[ask.need] += 0.3 * len(cells) * ask.count
        old = self._rounds(self.accepted, cells, ask)
        return evidence.with_pairs(
            {cell: Pairs(candidate=new[cell], baseline=old[cell]) for cell in ask.cells}
        )

    def _rounds(self, offset: Any, cells: Any, ask: Ask) -> dict[Cell, tuple[Round, ...]]:
        medians, seen = self.bench.world.rounds(offset, cells, ask.count)
        return {
            cell: tuple(
                Round(median_ms=math.exp(y), invalid="thermal" if spoiled else "")
                for y, spoiled in zip(medians[i], seen[i], strict=True)
            )
            for i, cell in enumerate(ask.cells)
        }

    def one_pass(self) -> None:
        ask = Ask(need=Need.ROUNDS, cells=tuple(self.bench.cells), count=10)
        rules, anchor = Rules(), self.bench.anchor
        rounds = {
            cell: [each for each in rounds if not each.invalid] or list(rounds)
            for cell, rounds in self.measure(ask, Evidence()).first.items()
        }
        seen = look(rounds, anchor.centres, anchor, rules)
        counts = {cell: len(each) for cell, each in rounds.items()}
        ps = chances(seen, counts, anchor.centres, anchor)
        hits = holm([slow for slow, _ in ps.values()], rules.alpha, len(ps))
        self.failing = {
            self.bench.index[cell]
            for cell, hit in zip(ps, hits, strict=True)
            if hit and seen.apart(cell) >= rules.floor
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
