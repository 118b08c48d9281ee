"""What the gate may ask for and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_frictionless.latency.cell import Built, Cell, Pairs, Round

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.latency.anchor import Centre
    from pytest_frictionless.latency.elsewhere import Elsewhere


ENGINE_GONE = "the accepted engine is gone: machine or engine, who knows"
"""Why it is not known what moved all cells."""


class Verdict(StrEnum):
    """What became of one cell."""

    PASS = "pass"
    REGRESSION = "regression"
    IMPROVED = "improved"
    NOISY = "noisy"
    """A regression of the size to catch could hide in the noise."""
    COMMON_SHIFT = "common shift"
    """All cells moved together."""
    TACTIC_CHANGED = "tactic changed"
    """The same network, built with other kernels, is slower."""
    NO_BASELINE = "no baseline"
    INVALID = "invalid"
    """The GPU was throttled or shared: nothing was measured."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Numbers of the decision, on the log scale; `benchmarks/gate.py` shows what they are worth."""

    effect: float = 0.03
    """The regression to catch."""
    alpha: float = 0.005
    """Chance of a false alarm in a run, whatever the number of cells."""
    rounds: int = 10
    looks: tuple[int, ...] = (10, 30)
    """Pairs, or further rounds, after which it is looked at again; counted from the beginning."""
    redo: int = 3
    """Rounds that may be spoiled and measured again, a look."""
    suspect_p: float = 0.10
    suspect_effect: float = 0.005
    common_effect: float = 0.025
    """A common mode above this is reported, even where jobs differ less."""
    common_sds: float = 4.0
    power_cap_change: float = 0.20
    """A difference in the share of power-capped time that asks for A/B."""
    clock_change: float = 0.015
    noisy_at: float = 4.5
    """Standard errors that a regression must be worth to be seen nearly always."""
    history_jobs: int = 3
    """Accepted jobs without which nothing is judged by history alone."""
    require: bool = False
    """Whether a cell without a usable baseline fails."""
    noisy_fails: bool = False
    tactics_fail: bool = True
    """Whether a confirmed loss fails that the builder alone is to blame for."""

    @property
    def floor(self) -> float:
        """The smallest effect that is called a regression."""
        return self.effect / 2


class Need(StrEnum):
    """What is to be measured."""

    ROUNDS = "rounds"
    """The first pass: fresh processes, candidate engine."""
    PAIRS = "pairs"
    """Fresh processes of accepted and candidate engine in turns: ABBA."""
    AGAIN = "again"
    """More rounds of the candidate, where the accepted engine is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Measure this, then ask again."""

    need: Need
    cells: tuple[Cell, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a job has measured so far; the decision is a function of it."""

    first: Mapping[Cell, tuple[Round, ...]] = field(default_factory=dict)
    again: Mapping[Cell, tuple[Round, ...]] = field(default_factory=dict)
    pairs: Mapping[Cell, Pairs] = field(default_factory=dict)
    built: Mapping[Cell, Built] = field(default_factory=dict)

    def with_rounds(self, need: Need, rounds: Mapping[Cell, tuple[Round, ...]]) -> Evidence:
        """With more rounds of the candidate."""
        old = self.again if need is Need.AGAIN else self.first
        new = {**old, **{cell: (*old.get(cell, ()), *more) for cell, more in rounds.items()}}
        return replace(self, again=new) if need is Need.AGAIN else replace(self, first=new)

    def with_pairs(self, pairs: Mapping[Cell, Pairs]) -> Evidence:
        """With more pairs."""
        old = self.pairs
        return replace(
            self,
            pairs={**old, **{cell: old.get(cell, Pairs()).joined(p) for cell, p in pairs.items()}},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict of one cell, and what it rests on."""

    cell: Cell
    verdict: Verdict
    fails: bool = False
    now_ms: float | None = None
    centre: Centre | None = None
    change: float | None = None
    """As a logarithm: of A/B where there was one, else against the anchor without the common mode."""
    by: str = ""
    """What decided, as `30 pairs of A/B`."""
    p: float | None = None
    detectable: float | None = None
    """The change that would be seen nearly always."""
    reason: str = ""
    notes: tuple[str, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    """Where it was accepted, if not in this environment; the last one's engine was measured here
    where it has no problem."""

    @property
    def against(self) -> Elsewhere | None:
        """The other environment whose engine it was measured in turns with."""
        return next((each for each in self.elsewhere if not each.problem), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The verdicts of one job."""

    results: tuple[Result, ...]
    common: float | None = None
    """What all cells have in common against the anchor, as a logarithm; None for too few cells."""
    shifted: bool = False
    """Whether that is more than jobs differ by."""
    suspects: tuple[Cell, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the job is to fail."""
        return any(result.fails for result in self.results)

    def with_elsewhere(self, elsewhere: Mapping[Cell, tuple[Elsewhere, ...]]) -> Report:
        """The same verdicts, which say where else their cells were accepted."""
        results = (replace(each, elsewhere=elsewhere.get(each.cell, ())) for each in self.results)
        return replace(self, results=tuple(results))

    def of(self, cell: Cell) -> Result:
        """The verdict of one cell."""
        return next(result for result in self.results if result.cell == cell)

    def having(self, verdict: Verdict) -> tuple[Cell, ...]:
        """The cells with this verdict."""
        return tuple(result.cell for result in self.results if result.verdict is verdict)
