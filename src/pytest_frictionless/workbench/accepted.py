"""Accepted engines that are kept and run here: of this environment, and where it has none, of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.errors import MissingDependency, MissingDevice, StepFailed
from pytest_frictionless.latency.elsewhere import Elsewhere
from pytest_frictionless.latency.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pytest_frictionless.latency.baselines import Baseline
    from pytest_frictionless.latency.cell import Cell
    from pytest_frictionless.latency.key import EnvironmentKey
    from pytest_frictionless.workbench.workbench import Workbench

UNLOADABLE = "FR905"
"""The finding of an engine that cannot be loaded: no other cell of it can be measured either."""


class AcceptedEngines:
    """The engine that each cell is measured in turns with."""

    def __init__(self, bench: Workbench, measure: Callable[[Path, Cell], object]) -> None:
        """`measure` measures one cell of an engine once, and raises where that does not work."""
        self.engines: dict[Cell, Path] = {}
        self.elsewhere: dict[Cell, tuple[Elsewhere, ...]] = {}
        """Of cells without a baseline for this environment: where they were accepted."""
        self._store = open_store(bench.shop.settings.baselines.runs, bench.shop.root)
        self._folder = bench.shop.store.root / "accepted"
        self._measure = measure
        self._refused: dict[str, str] = {}

    def take(self, cell: Cell, plan_sha256: str) -> str:
        """Measure this cell against this engine; why that cannot be done, empty where it can."""
        if plan_sha256 in self._refused:
            return self._refused[plan_sha256]
        engine = self._kept(plan_sha256)
        if engine is None:
            return f"its engine is not kept in {self._store.where}"
        try:
            self._measure(engine, cell)
        except (StepFailed, MissingDependency) as error:
            problem = f"its engine does not run here: {error}"
            unloadable = isinstance(error, StepFailed) and error.finding.code == UNLOADABLE
            if unloadable or isinstance(error, MissingDevice):
                self._refused[plan_sha256] = problem
            return problem
        self.engines[cell] = engine
        return ""

    def look_elsewhere(self, cell: Cell, key: EnvironmentKey, others: Iterable[Baseline]) -> None:
        """Take the first engine that runs here of those accepted for a cell in other environments."""
        found = []
        for other in others:
            line = next((each for each in other.cells if each.cell == cell), None)
            if line is None:
                continue
            problem = self.take(cell, line.built.plan_sha256)
            found.append(
                Elsewhere(
                    environment=other.key.slug, differences=key.differences(other.key),
                    problem=problem,
                )
            )  # fmt: skip
            if not problem:
                break
        if found:
            self.elsewhere[cell] = tuple(found)

    def _kept(self, plan_sha256: str) -> Path | None:
        """File of an accepted engine; None where it is gone."""
        path = self._folder / f"{plan_sha256}.plan"
        if path in self.engines.values():
            return path
        plan = self._store.plan(plan_sha256)
        if plan is None:
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plan)
        return path
