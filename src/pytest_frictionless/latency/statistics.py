"""The statistics the gate needs, from scipy: trimmed means, one-sided t, Holm's correction."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIM = 0.2
"""Share cut off either end: a process that landed in a slow mode does not move the mean."""
TRIM_FACTOR = 1.1
"""Variance of a 20 % trimmed mean of normal values against that of the plain mean (asymptotically 1.14)."""


def _stats() -> Any:
    try:
        from scipy import stats
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        raise MissingDependency("scipy", purpose="judging latency", extra="gpu") from None
    return stats


def trimmed_means(rows: Sequence[Sequence[float]]) -> list[float]:
    """20 % trimmed mean of each row."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_length[len(row)].append(index)
    means = [0.0] * len(rows)
    for indices in by_length.values():
        values = _stats().trim_mean([list(rows[index]) for index in indices], TRIM, axis=1)
        for index, value in zip(indices, values, strict=True):
            means[index] = float(value)
    return means


def chance_above(ts: Sequence[float], dfs: Sequence[float]) -> list[float]:
    """P(T > t) for each t with its degrees of freedom."""
    return [float(p) for p in _stats().t.sf(list(ts), list(dfs))] if ts else []


def holm(chances: Sequence[float], alpha: float, family: int) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects, at most `alpha` of false alarm in all.

    `family` counts all hypotheses, also those without a value here: scipy's and statsmodels'
    corrections take the family to be what they are given.
    """
    rejected = [False] * len(chances)
    for step, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[index] > alpha / max(family - step, 1):
            break
        rejected[index] = True
    return rejected


def squares(values: Sequence[float]) -> float:
    """Sum of squared distances from the mean."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def clusters(
    values: Sequence[float], *, gap: float = 4.0
) -> tuple[list[float], list[float]] | None:
    """The values as two groups, where a gap of `gap` times their scatter lies between them."""
    ordered = sorted(values)
    if len(ordered) < 6:
        return None
    gaps = [right - left for left, right in itertools.pairwise(ordered)]
    cut = max(range(1, len(ordered) - 2), key=gaps.__getitem__) + 1
    low, high = ordered[:cut], ordered[cut:]
    within = ((squares(low) + squares(high)) / (len(ordered) - 2)) ** 0.5
    return (low, high) if gaps[cut - 1] > gap * within > 0 else None
