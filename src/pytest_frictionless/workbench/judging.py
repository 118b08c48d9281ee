"""Latency on this machine: measures what the gate asks for, and leaves a run behind."""

from __future__ import annotations

import datetime
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.latency.baselines import read_anchor, read_elsewhere
from pytest_frictionless.latency.cell import Built, Cell, Pairs, Round
from pytest_frictionless.latency.gate import judge
from pytest_frictionless.latency.job import this_job
from pytest_frictionless.latency.measured import Figures, environment_of, recorded_of, round_of
from pytest_frictionless.latency.run import CHECKPOINT, Run
from pytest_frictionless.latency.store import RUNS_FOLDER, open_store, record
from pytest_frictionless.latency.verdict import Ask, Evidence, Need, Rules
from pytest_frictionless.workbench.accepted import AcceptedEngines
from pytest_frictionless.workbench.gpu import cells_of, disturbed, measured, plan_path
from pytest_frictionless.workbench.held import memory_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_frictionless.artifacts.latency import CellRecord, CellRequest, RoundRecord
    from pytest_frictionless.latency.anchor import Anchor
    from pytest_frictionless.latency.key import EnvironmentKey
    from pytest_frictionless.latency.verdict import Report
    from pytest_frictionless.workbench.held import Held
    from pytest_frictionless.workbench.workbench import Workbench

COMMON_FLOATS = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was measured of one checkpoint, and the gate's verdicts."""

    key: EnvironmentKey
    cells: Mapping[str, Cell]
    """By name, as online-opt."""
    rounds: Sequence[RoundRecord]
    """Of the first pass, raw."""
    report: Report
    memory: Mapping[str, Held]
    """By profile."""

    def records(self, name: str) -> list[CellRecord]:
        """Those of one cell that count."""
        cells = (each["cells"][name] for each in self.rounds if name in each["cells"])
        return [each for each in cells if not disturbed(each)]


def judgement_of(bench: Workbench) -> Judgement:
    """The latency of a checkpoint, measured and judged when first asked for.

    Every round takes place in a process of its own: where memory and kernels come to lie differs
    from process to process, and more samples of one process do not show it. The run is left in
    `.frictionless/runs`, where `pytest-frictionless baseline` finds it.
    """
    if bench.judgement is None:
        bench.judgement = _Judging(bench).judged()
    return bench.judgement


@dataclass(slots=True)
class _Judging:
    bench: Workbench
    plan: Path = field(init=False)
    requests: dict[Cell, CellRequest] = field(default_factory=dict)
    rounds: list[RoundRecord] = field(default_factory=list)
    accepted: AcceptedEngines = field(init=False)
    turns: int = 0
    """Processes so far: the seed of the next one's order."""

    def judged(self) -> Judgement:
        """Measure until the gate has a verdict, and record."""
        bench, settings = self.bench, self.bench.shop.settings
        self.plan = plan_path(bench)
        first = self._round(self.plan, cells_of(bench))
        self.rounds.append(first)
        key = environment_of(first, precision=_precision(bench), flags=_flags())
        for request in cells_of(bench):
            profile, _, point = request["name"].rpartition("-")
            shape = bench.profiles[profile].at(point)
            graph = first["cells"][request["name"]]["captured"]
            cell = Cell.at(bench.name, profile, shape, graph=graph)
            self.requests[cell] = request
        folder = bench.shop.root / settings.baselines.folder
        anchor = read_anchor(folder, key)
        self._look_for_engines(key, anchor, folder)
        comparable = list(self.accepted.engines)
        built = self._built(first)
        started = Evidence(built=dict.fromkeys(self.requests, built))
        started = started.with_rounds(Need.ROUNDS, self._of_cells([first], list(self.requests)))
        report, evidence = judge(
            list(self.requests), anchor, self._measure, evidence=started,
            comparable=comparable, today=datetime.datetime.now(datetime.UTC).date(),
            rules=Rules(rounds=settings.latency.rounds, require=settings.baselines.require),
        )  # fmt: skip
        report = report.with_elsewhere(self.accepted.elsewhere)
        memory = memory_of(bench, self.plan, key)  # last: by now all kernels are in the cache
        cells = {request["name"]: cell for cell, request in self.requests.items()}
        judgement = Judgement(
            key=key, cells=cells, rounds=self.rounds, report=report, memory=memory
        )  # fmt: skip
        run = Run.of(
            key, this_job(os.environ, bench.shop.root), evidence, report=report,
            recorded={**recorded_of(first), CHECKPOINT: bench.relative_path}, comparable=comparable,
            measured={cell: _figures(judgement.records(name)) for name, cell in cells.items()},
            memory=[held.run for held in memory.values()],
        )  # fmt: skip
        record(run, bench.shop.root)
        open_store(RUNS_FOLDER, bench.shop.root).keep_plan(self.plan.read_bytes())
        return judgement

    def _measure(self, ask: Ask, evidence: Evidence) -> Evidence:
        if ask.need is Need.PAIRS:
            return evidence.with_pairs(self._pairs(ask))
        requests = [self.requests[cell] for cell in ask.cells]
        more = [self._round(self.plan, requests) for _ in range(ask.count)]
        if ask.need is Need.ROUNDS:
            self.rounds += more
        return evidence.with_rounds(ask.need, self._of_cells(more, ask.cells))

    def _round(self, plan: Path, requests: Sequence[CellRequest]) -> RoundRecord:
        self.turns += 1
        return measured(self.bench, plan, requests, seed=self.turns)

    def _of_cells(
        self, rounds: Sequence[RoundRecord], cells: Sequence[Cell]
    ) -> dict[Cell, tuple[Round, ...]]:
        return {cell: tuple(self._of(each, cell) for each in rounds) for cell in cells}

    def _of(self, round_: RoundRecord, cell: Cell) -> Round:
        found = round_["cells"][self.requests[cell]["name"]]
        return round_of(found, invalid=disturbed(found))

    def _pairs(self, ask: Ask) -> dict[Cell, Pairs]:
        """Accepted and candidate engine in turns, ABBA; one process an engine and turn."""
        sides: dict[str, dict[Cell, list[Round]]] = {
            side: {cell: [] for cell in ask.cells} for side in ("candidate", "baseline")
        }
        by_plan: dict[Path, list[Cell]] = {}
        for cell in ask.cells:
            by_plan.setdefault(self.accepted.engines[cell], []).append(cell)
        for turn in range(ask.count):
            order = ("baseline", "candidate") if turn % 2 else ("candidate", "baseline")
            for side in order:
                for accepted, cells in by_plan.items():
                    plan = self.plan if side == "candidate" else accepted
                    # The accepted engine may hold other profiles, or these in another order.
                    requests = [
                        self.requests[cell] if side == "candidate" else self._anywhere(cell)
                        for cell in cells
                    ]
                    round_ = self._round(plan, requests)
                    for cell in cells:
                        sides[side][cell].append(self._of(round_, cell))
        return {
            cell: Pairs(
                candidate=tuple(sides["candidate"][cell]), baseline=tuple(sides["baseline"][cell])
            )
            for cell in ask.cells
        }

    def _look_for_engines(self, key: EnvironmentKey, anchor: Anchor, folder: Path) -> None:
        """Which accepted engine each cell may be measured in turns with, and what it was accepted for."""
        self.accepted = AcceptedEngines(
            self.bench, lambda plan, cell: self._round(plan, [self._anywhere(cell)])
        )
        new = [cell for cell in self.requests if cell not in anchor.centres]
        others = read_elsewhere(folder, key, self.bench.name) if new else ()
        for cell in self.requests:
            if cell in anchor.centres:
                self.accepted.take(cell, anchor.centres[cell].source.built.plan_sha256)
            else:
                self.accepted.look_elsewhere(cell, key, others)

    def _anywhere(self, cell: Cell) -> CellRequest:
        """The cell in whatever profile of an engine takes its sizes."""
        asked = self.requests[cell]
        return {"name": asked["name"], "profile": -1, "sizes": asked["sizes"]}

    def _built(self, round_: RoundRecord) -> Built:
        bench = self.bench
        plan = hashlib.sha256(self.plan.read_bytes()).hexdigest()
        asked = repr(sorted(bench.build_arguments(list(bench.profiles)).items()))
        network = f"{digest([bench.onnx_path()], memo=bench.shop.store.memo)} {asked}"
        return Built(
            plan_sha256=plan, network_sha256=hashlib.sha256(network.encode()).hexdigest(),
            tactics=tuple(round_["layers"]),
        )  # fmt: skip


def _figures(records: Sequence[CellRecord]) -> dict[str, float]:
    """What is kept of a cell beside its rounds; nothing where too few of them count."""
    return Figures.of(records).kept() if len(records) > 1 else {}


def _precision(bench: Workbench) -> str:
    """The precision asked for, else the one that most layers compute in."""
    if bench.spec.precision:
        return bench.spec.precision
    counts = {
        name: count for name, count in bench.parsed()["layer_types"].items() if "float" in name
    }
    most = max(counts, key=lambda name: counts[name], default="float32")
    return COMMON_FLOATS.get(most, most)


def _flags() -> list[str]:
    """What in the environment makes another engine of the same file."""
    tf32 = os.environ.get("NVIDIA_TF32_OVERRIDE")
    return [] if tf32 is None else [f"NVIDIA_TF32_OVERRIDE={tf32}"]
