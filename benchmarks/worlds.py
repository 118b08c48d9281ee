"""Worlds of latency noise to simulate the gate in.

All latencies are logarithms. Variance lives on four levels, drawn anew for every trial:

- job: a factor all cells share by their sensitivity to the clock, and a rest of each cell;
- build: an engine built again takes other kernels (S4 only);
- process: where memory landed, with a slow mode in a tenth of the cells;
- sample: a slow wave, white noise, steps of the clock, outliers, bursts, two modes in some cells.

Throttling and noisy neighbours raise a slice by 4 to 10 %; NVML sees 85 % of these, and only the gate
looks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import signal

if TYPE_CHECKING:
    from pathlib import Path

NS = 120
"""Samples kept of a slice of 0.6 s; five slices are the 3 s that every rule gets for a cell."""
CELLS_OF_MODEL = 6


@dataclass(frozen=True)
class Noise:
    """How large the noise is."""

    name: str
    shared: float
    job: float
    process_low: float
    process_high: float
    disturbed: float
    """Chance of throttling in a slice."""
    chip: float = 0.0
    """Of a pool of GPUs of one model."""
    build: float = 0.0
    """Chance that an engine, built again, takes other kernels."""
    bins: float = 1.0
    within_low: float = 0.002
    within_high: float = 0.006
    white: float = 0.002
    outliers: float = 0.01


WORLDS = {
    "S1": Noise("locked clocks, one runner", 0.002, 0.0015, 0.003, 0.008, 0.001, bins=0.0),
    "S2": Noise("boost clocks, one runner", 0.008, 0.003, 0.005, 0.020, 0.005),
    "S3": Noise("boost clocks, pool of GPUs", 0.008, 0.005, 0.005, 0.020, 0.005, chip=0.010),
    "S4": Noise("S2, engine rebuilt every job", 0.008, 0.003, 0.005, 0.020, 0.005, build=0.15),
}


def calibrated(path: Path) -> Noise:
    """The world that `pytest-frictionless baseline calibrate --output FILE` found."""
    found = json.loads(path.read_text())
    processes = sorted(cell["process_sd"] for cell in found["cells"])
    low, high = (float(np.quantile(processes, q)) for q in (0.1, 0.9))
    job = float(np.median([cell["job_sd"] for cell in found["cells"]]))
    # A round's median is all that a job keeps, so the samples' own noise is part of the processes'.
    return replace(
        WORLDS["S1"], name=found["gpu"], shared=float(found["common_sd"]) / 0.65,
        job=job, process_low=low, process_high=max(high, low), disturbed=0.0, within_low=1e-4,
        within_high=1e-4, white=1e-4, outliers=0.0,
    )  # fmt: skip


class World:
    """One machine with its cells: draws jobs, and processes within them."""

    def __init__(self, rng: np.random.Generator, cells: int, noise: Noise) -> None:
        self.rng, self.cells, self.noise = rng, cells, noise
        self.sensitivity = rng.uniform(0.3, 1.0, cells)
        self.process_sd = rng.uniform(noise.process_low, noise.process_high, cells)
        modes = noise.bins > 0 or noise.disturbed > 0
        self.slow_mode = np.where(rng.random(cells) < 0.10 * modes, 0.25, 0.0)
        self.mixed = np.where(rng.random(cells) < 0.08 * modes, 0.30, 0.0)
        self.within = rng.uniform(noise.within_low, noise.within_high, cells)
        self.job_sd = noise.job * rng.uniform(0.5, 1.5, cells)
        self.built = self.build()

    def build(self) -> Any:
        """What the kernels of freshly built engines cost."""
        engine = np.arange(self.cells) // CELLS_OF_MODEL
        count = int(engine.max()) + 1
        slower = self.rng.uniform(0.005, 0.04, count)
        return ((self.rng.random(count) < self.noise.build) * slower)[engine]

    def job(self) -> Any:
        """Offsets that all processes of one job share, without the engine's."""
        offset = self.rng.normal(0, self.noise.shared) * self.sensitivity
        offset = offset + self.rng.normal(0, 1, self.cells) * self.job_sd
        if self.noise.chip:
            offset = offset + self.rng.normal(0, self.noise.chip) * self.sensitivity
        return offset

    def process(self, job: Any, cells: Any, slices: int, ns: int = NS) -> tuple[Any, Any]:
        """Samples (cells, slices * ns) of one process, and what NVML saw of each slice."""
        rng, noise, count, n = self.rng, self.noise, len(cells), slices * ns
        base = job[cells] + rng.normal(0, 1, count) * self.process_sd[cells]
        base = base + 0.02 * (rng.random(count) < self.slow_mode[cells])
        wave = signal.lfilter([np.sqrt(1 - 0.7**2)], [1, -0.7], rng.normal(size=(count, n)), axis=1)
        e = wave * self.within[cells][:, None] + rng.normal(0, noise.white, (count, n))
        if noise.bins:  # steps of 15 MHz of 1980, each held for a second on average
            step = (rng.random((count, n)) < 0.6 / NS) * rng.choice([-1, 1], (count, n))
            level = np.cumsum(step, 1)
            level = np.abs((level + rng.integers(0, 3, (count, 1)) + 2) % 4 - 2)
            e += noise.bins * 0.0075 * level * self.sensitivity[cells][:, None]
        if self.mixed[cells].any():
            e += 0.025 * (rng.random((count, n)) < self.mixed[cells][:, None])
        if noise.outliers:
            e += (rng.random((count, n)) < noise.outliers) * rng.exponential(0.08, (count, n))
            for cell, at in np.argwhere(rng.random((count, n)) < 0.0005):
                e[cell, at : at + 20] += 0.05
        hit = rng.random((count, slices)) < noise.disturbed * ns / NS
        e += np.repeat(hit * rng.uniform(0.04, 0.10, (count, slices)), ns, axis=1)
        return base[:, None] + e, hit & (rng.random((count, slices)) < 0.85)

    def in_one_go(self, job: Any) -> Any:
        """How others measure: one process for 3 s."""
        return self.process(job, np.arange(self.cells), 5)[0]

    def rounds(self, job: Any, cells: Any, count: int) -> tuple[Any, Any]:
        """Medians (cells, count) of fresh processes of 0.3 s, and whether NVML saw throttling."""
        medians = np.empty((len(cells), count))
        seen = np.zeros((len(cells), count), dtype=bool)
        for index in range(count):
            samples, flags = self.process(job, cells, 1, NS // 2)
            medians[:, index] = np.median(samples, 1)
            seen[:, index] = flags[:, 0]
        return medians, seen
