"""The shipped gate in worlds of noise; benchmarks/gate.py plays a thousand times as many."""

from __future__ import annotations

import pytest
from benchmarks.gate import CLEAN, GATES, MODEL, simulate
from benchmarks.worlds import WORLDS


@pytest.mark.parametrize("world", ["S1", "S2", "S3"])
def test_without_history_no_false_alarm_and_three_percent_is_caught(world: str) -> None:
    told, _ = simulate(
        WORLDS[world], trials=12, cells=12, modes=("pairs",), columns=("+3 %", MODEL), seed=3
    )
    gate = GATES["pairs"]
    assert [wrong for wrong, _ in told[gate, CLEAN]] == [False] * 12
    assert sum(right for _, right in told[gate, "+3 %"]) >= 11
    assert sum(right for _, right in told[gate, MODEL]) == 12


@pytest.mark.parametrize("world", ["S1", "S2", "S3"])
def test_no_false_alarm_and_three_percent_is_caught(world: str) -> None:
    told, facts = simulate(
        WORLDS[world], trials=6, cells=24, modes=("ab",), columns=("+3 %", MODEL), seed=7
    )
    gate = GATES["ab"]
    assert [wrong for wrong, _ in told[gate, CLEAN]] == [False] * 6
    assert sum(right for _, right in told[gate, "+3 %"]) >= 5
    assert sum(right for _, right in told[gate, MODEL]) == 6
    assert facts["suspects"] < 8
