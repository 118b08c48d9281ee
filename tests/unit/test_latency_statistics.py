"""The few lines of statistics that are not scipy's own."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.latency.statistics import (
    chance_above,
    clusters,
    holm,
    squares,
    trimmed_means,
)

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_two_of_ten_are_cut_off_either_end() -> None:
    row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 90.0, 100.0]
    assert trimmed_means([row, [1.0, 5.0], row[:5]]) == [5.5, 3.0, 3.0]


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30))
def test_squares_are_those_of_the_variance(values: list[float]) -> None:
    assert squares(values) == pytest.approx(
        statistics.variance(values) * (len(values) - 1), abs=1e-9
    )


def test_holm_steps_down() -> None:
    # Of three at 5 %: 0.01 < 0.05/3, 0.02 < 0.05/2, 0.04 < 0.05; Bonferroni would take the first.
    assert holm([0.02, 0.01, 0.04], 0.05, 3) == [True, True, True]
    assert holm([0.02, 0.01, 0.06], 0.05, 3) == [True, True, False]
    assert holm([0.02, 0.01, 0.04], 0.05, 60) == [False, False, False]
    assert holm([0.03, 0.02, 0.04], 0.05, 3) == [False, False, False]


@given(CHANCES, st.floats(0.001, 0.5))
def test_holm_rejects_what_bonferroni_rejects_and_nothing_above_the_level(
    chances: list[float], alpha: float
) -> None:
    for chance, rejected in zip(chances, holm(chances, alpha, len(chances)), strict=True):
        assert rejected or chance > alpha / len(chances)
        assert not rejected or chance <= alpha


@given(CHANCES, st.integers(0, 50))
def test_holm_rejects_no_more_in_a_larger_family(chances: list[float], more: int) -> None:
    small = holm(chances, 0.05, len(chances))
    large = holm(chances, 0.05, len(chances) + more)
    assert all(few or not many for many, few in zip(large, small, strict=True))


def test_a_false_alarm_is_as_rare_as_it_was_asked_for() -> None:
    draw = random.Random(1)
    alarms = sum(any(holm([draw.random() for _ in range(20)], 0.05, 20)) for _ in range(4000))
    assert 0.035 < alarms / 4000 < 0.06


def test_chances_are_those_of_the_tables() -> None:
    assert chance_above([1.812, 0.0], [10, 5]) == pytest.approx([0.05, 0.5], abs=1e-4)
    assert chance_above([], []) == []


def test_two_modes_are_seen_and_one_wide_one_is_not() -> None:
    draw = random.Random(2)
    one = [draw.gauss(0, 0.01) for _ in range(10)]
    two = [draw.gauss(0.2 * (i % 3 == 0), 0.002) for i in range(10)]
    assert clusters(one) is None
    found = clusters(two)
    assert found is not None
    assert [len(group) for group in found] == [6, 4]
    assert clusters([1.0] * 10) is None
    assert clusters([1.0, 2.0]) is None
