"""How others decide, modelled from their rules, on 3 s of one process a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from pytest_frictionless.latency.statistics import holm


def _medians(old: Any, new: Any) -> Any:
    return np.median(new, 1) / np.median(old, 1)


def _mann_whitney(old: Any, new: Any) -> Any:
    every = slice(None, None, 6)  # a hundred samples a side, as such tools would hold
    return stats.mannwhitneyu(
        old[:, every], new[:, every], axis=1, alternative="two-sided", method="asymptotic"
    ).pvalue


def _u_test_holm(old: Any, new: Any, history: Any) -> Any:
    rejected = holm(list(_mann_whitney(old, new)), 0.01, len(old))
    return np.array(rejected) & (_medians(old, new) > 1)


def _criterion(old: Any, new: Any, history: Any, draws: int = 200) -> Any:
    old, new = old[:, ::3], new[:, ::3]
    rng = np.random.default_rng(0)
    n = old.shape[1]
    low = np.empty(len(old))
    for cell in range(len(old)):
        ratio = np.median(new[cell][rng.integers(0, n, (draws, n))], 1) / np.median(
            old[cell][rng.integers(0, n, (draws, n))], 1
        )
        low[cell] = np.quantile(ratio, 0.025)
    return low > 1.01


def _prediction(old: Any, new: Any, history: Any) -> Any:
    runs = history.shape[1]
    scale = history.std(1, ddof=1) * np.sqrt(1 + 1 / runs)
    t = (np.log(new.mean(1)) - history.mean(1)) / scale
    return t > stats.t.ppf(0.99, runs - 1)


PEERS: dict[str, Any] = {
    "median +5 % against the last run": lambda old, new, history: _medians(old, new) > 1.05,
    "pytest-benchmark, `mean:10%`": lambda old, new, history: new.mean(1) / old.mean(1) > 1.10,
    "pytest-benchmark, `mean:5%`": lambda old, new, history: new.mean(1) / old.mean(1) > 1.05,
    "asv: U p < 0.002 and ratio > 1.1": lambda old, new, history: (
        (_mann_whitney(old, new) < 0.002) & (_medians(old, new) > 1.10)
    ),
    "Mann-Whitney U, Holm 1 %": _u_test_holm,
    "criterion-like: bootstrap 95 % above +1 %": _criterion,
    "bencher: t prediction interval 0.99, 10 runs": _prediction,
}
"""By name, the rule: from samples (cells, n) of the last run and this one, and the logarithms of ten
runs' means, it tells which cells it calls slower."""
