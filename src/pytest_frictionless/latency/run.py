"""A run: all that one job measured, as it is stored, and the same verdicts from it again."""

from __future__ import annotations

import datetime  # noqa: TC003  pydantic reads the annotations
from collections.abc import Mapping  # noqa: TC003
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, ValidationError

from pytest_frictionless.latency.cell import Built, Cell, Pairs, Round
from pytest_frictionless.latency.elsewhere import Elsewhere  # noqa: TC001
from pytest_frictionless.latency.key import EnvironmentKey  # noqa: TC001
from pytest_frictionless.latency.memory import MemoryRun  # noqa: TC001
from pytest_frictionless.latency.verdict import Evidence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pydantic import TypeAdapter

    from pytest_frictionless.latency.verdict import Report

DIGITS = 7
"""Significant digits of what is stored of a run."""
CHECKPOINT = "checkpoint"
"""What a run calls the path of what it measured, among what it records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Which job measured."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    commit: str
    job: str
    attempt: int = 1
    branch: str = ""
    dirty: bool = False
    """Whether files differed from the commit."""
    date: datetime.datetime

    @property
    def name(self) -> str:
        """As it is in the name of the object: unlike for two jobs."""
        return f"{self.commit[:12] or 'none'}-{self.job}-{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRun:
    """What a job measured of one cell."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    cell: Cell
    built: Built = field(default_factory=Built)
    first: tuple[Round, ...] = ()
    again: tuple[Round, ...] = ()
    pairs: Pairs = field(default_factory=Pairs)
    comparable: bool = False
    """Whether the accepted engine, or the base branch's, was there for pairs."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Other environments in which the cell was accepted, where it was not in this one."""
    verdict: str = ""
    """What the gate said in this job."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """Further numbers to keep and to export, as `p99_ms`, `throughput`, `memory_mib`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One object of the store."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    schema: Literal[1] = 1
    key: EnvironmentKey
    job: Job
    recorded: Mapping[str, str] = field(default_factory=dict)
    """What is worth knowing and no part of the key: GPU's UUID, driver in full, temperature."""
    cells: tuple[CellRun, ...]
    memory: tuple[MemoryRun, ...] = ()
    """One for each profile; runs that were recorded before memory was have none."""

    @classmethod
    def of(
        cls, key: EnvironmentKey, job: Job, evidence: Evidence, *, report: Report | None = None,
        recorded: Mapping[str, str] | None = None,
        measured: Mapping[Cell, Mapping[str, float]] | None = None,
        comparable: Collection[Cell] = (), memory: Iterable[MemoryRun] = (),
    ) -> Run:  # fmt: skip
        """What a job leaves behind."""
        results = {each.cell: each for each in report.results} if report else {}
        cells = tuple(
            CellRun(
                cell=cell, built=evidence.built.get(cell, Built()), first=_short(rounds),
                again=_short(evidence.again.get(cell, ())),
                pairs=_short_pairs(evidence.pairs.get(cell, Pairs())),
                comparable=cell in comparable,
                elsewhere=results[cell].elsewhere if cell in results else (),
                verdict=str(results[cell].verdict) if cell in results else "", measured=dict((measured or {}).get(cell, {})),
            )
            for cell, rounds in sorted(evidence.first.items())
        )  # fmt: skip
        return cls(
            key=key, job=job, recorded=dict(recorded or {}), cells=cells,
            memory=tuple(sorted(map(_short_memory, memory), key=lambda each: each.cell)),
        )  # fmt: skip

    @property
    def evidence(self) -> Evidence:
        """What the gate decides by."""
        return Evidence(
            first={each.cell: each.first for each in self.cells},
            again={each.cell: each.again for each in self.cells if each.again},
            pairs={each.cell: each.pairs for each in self.cells if each.pairs.candidate},
            built={each.cell: each.built for each in self.cells},
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Run:
        """Read an object of the store; raises ValueError with what is wrong with it."""
        run: Run = parsed(adapter(), text)
        return run

    def to_json(self) -> str:
        """As it is stored."""
        return adapter().dump_json(self, exclude_defaults=True, indent=1).decode() + "\n"


@cache
def adapter() -> TypeAdapter[Run]:
    """What reads stored runs and tells their schema; made only there, as it takes 10 to 30 ms."""
    from pydantic import TypeAdapter

    return TypeAdapter(Run)


def parsed(adapter: TypeAdapter[Any], text: str | bytes) -> Any:
    """Read JSON; raises ValueError with what is wrong with it."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        told = [f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors()]
        raise ValueError("; ".join(told[:3])) from None


def significant(value: float, digits: int) -> float:
    """The number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def _short(rounds: Iterable[Round]) -> tuple[Round, ...]:
    return tuple(replace(each, median_ms=significant(each.median_ms, DIGITS)) for each in rounds)


def _short_memory(each: MemoryRun) -> MemoryRun:
    told, peak = significant(each.told_mib, DIGITS), significant(each.peak_mib, DIGITS)
    return replace(each, told_mib=told, peak_mib=peak)


def _short_pairs(pairs: Pairs) -> Pairs:
    return Pairs(candidate=_short(pairs.candidate), baseline=_short(pairs.baseline))
