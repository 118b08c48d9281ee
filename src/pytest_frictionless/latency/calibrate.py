"""How large the noise of a machine is, from runs of one and the same engine: A/A."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.latency.acceptance import LEAST_JOBS, accept
from pytest_frictionless.latency.anchor import Anchor, fit
from pytest_frictionless.latency.confirm import standard_error
from pytest_frictionless.latency.verdict import Rules

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from pytest_frictionless.latency.run import Run

GOOD_JOBS = 20
"""Fewer estimate the variance between jobs badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNoise:
    """What noise does to one cell, as shares."""

    cell: str
    ms: float
    process_sd: float
    job_sd: float
    detectable_pairs: float
    """The change that A/B sees nearly always."""
    detectable_history: float
    """The change that is seen nearly always where the accepted engine is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineNoise:
    """What `benchmarks/gate.py --noise` takes."""

    gpu: str
    key: str
    jobs: int
    common_sd: float
    cells: tuple[CellNoise, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def noise_of(
    runs: Sequence[tuple[str, Run]], *, today: datetime.date, rules: Rules | None = None
) -> MachineNoise:
    """The noise of these runs, all of one environment.

    Raises:
        ConfigError: They are too few, of several environments, or invalid.
    """
    rules = rules or Rules()
    lines = accept(
        runs, "*", Anchor(), reason="calibration", by="", today=today, expire_days=1,
        jobs=max(len(runs), LEAST_JOBS), rules=rules,
    )  # fmt: skip
    anchor = fit(line for each in lines.values() for line in each)
    pairs, rounds = rules.looks[-1], rules.rounds + rules.looks[-1]
    return MachineNoise(
        gpu=runs[-1][1].key.gpu, key=runs[-1][1].key.slug, jobs=len(runs),
        common_sd=anchor.common_sd,
        cells=tuple(
            CellNoise(
                cell=str(cell), ms=centre.ms, process_sd=centre.process_variance**0.5,
                job_sd=centre.job_variance**0.5,
                detectable_pairs=rules.noisy_at * standard_error(centre.process_variance, pairs),
                detectable_history=float(rules.noisy_at * centre.variance(rounds) ** 0.5),
            )
            for cell, centre in anchor.centres.items()
        ),
    )  # fmt: skip
