"""Jobs of a simulated machine: its anchor, and what the gate measures of them."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.worlds import CELLS_OF_MODEL, World

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
