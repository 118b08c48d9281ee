"""The gate on jobs made of numbers: every verdict, and what it asks for on the way."""

from __future__ import annotations

import datetime

import pytest
from tests.measured import DAY, Machine, accepted, anchor, cells

from pytest_frictionless.latency.anchor import Anchor, fit
from pytest_frictionless.latency.cell import Built, Cell
from pytest_frictionless.latency.gate import decide, judge
from pytest_frictionless.latency.verdict import Ask, Evidence, Need, Report, Rules, Verdict

CELLS = cells()
ONE = CELLS[5]


def judged(machine: Machine, *, base: Anchor | None = None, kept: bool = True) -> Report:
    report, _ = judge(
        machine.cells, anchor(machine.cells) if base is None else base, machine.measure,
        comparable=machine.cells if kept else (), today=DAY,
    )  # fmt: skip
    return report


def verdicts(report: Report) -> set[Verdict]:
    return {result.verdict for result in report.results}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_a_job_like_the_accepted_ones_passes(seed: int, kept: bool) -> None:
    report = judged(Machine(CELLS, seed=seed), kept=kept)
    assert verdicts(report) == {Verdict.PASS}
    assert not report.fails


@pytest.mark.parametrize("kept", [True, False])
def test_one_slower_cell_is_named_and_no_other(kept: bool) -> None:
    report = judged(Machine(CELLS, slower={ONE: 0.03}), kept=kept)
    assert report.having(Verdict.REGRESSION) == (ONE,)
    assert [each.cell for each in report.results if each.fails] == [ONE]
    change = report.of(ONE).change
    assert change is not None
    assert 0.025 < change < 0.035


def test_a_change_below_half_of_what_is_to_be_caught_never_fails() -> None:
    assert not judged(Machine(CELLS, noise=0.0002, slower={ONE: 0.01})).fails


def test_only_suspects_are_measured_again_in_turns() -> None:
    machine = Machine(CELLS, slower={ONE: 0.05})
    report = judged(machine)
    first, *more = machine.asked
    assert first == Ask(need=Need.ROUNDS, cells=tuple(CELLS), count=10)
    assert {ask.need for ask in more} == {Need.PAIRS}
    assert {cell for ask in more for cell in ask.cells} == set(report.suspects)
    assert ONE in report.suspects
    assert len(report.suspects) <= 3


def test_the_same_evidence_gives_the_same_answer_at_any_time() -> None:
    machine = Machine(CELLS, slower={ONE: 0.03})
    base = anchor(CELLS)
    report, evidence = judge(CELLS, base, machine.measure, comparable=CELLS)
    assert decide(CELLS, base, evidence, comparable=CELLS) == report


def test_a_change_that_all_cells_share_is_a_common_shift_that_fails() -> None:
    report = judged(Machine(CELLS, slower=dict.fromkeys(CELLS, 0.05)))
    assert report.shifted
    assert verdicts(report) == {Verdict.COMMON_SHIFT}
    assert report.fails


def test_a_slower_machine_is_told_and_does_not_fail() -> None:
    report = judged(Machine(CELLS, common=0.05))
    assert verdicts(report) == {Verdict.COMMON_SHIFT}
    assert not report.fails
    assert "machine" in report.of(ONE).reason


def test_without_the_accepted_engine_a_common_shift_fails_for_nobody_knows() -> None:
    report = judged(Machine(CELLS, common=0.05), kept=False)
    assert verdicts(report) == {Verdict.COMMON_SHIFT}
    assert report.fails


def test_a_slower_cell_is_found_within_a_common_shift() -> None:
    report = judged(Machine(CELLS, common=0.05, slower={ONE: 0.05}))
    assert report.having(Verdict.REGRESSION) == (ONE,)


def test_a_model_that_is_slower_as_a_whole_is_found_in_all_its_cells() -> None:
    # Of two models the median is no longer that of what stayed as it was.
    both = cells(models=2)
    slower = {cell: 0.03 for cell in both if cell.model == "net0"}
    report = judged(Machine(both, slower=slower))
    assert set(report.having(Verdict.REGRESSION)) == set(slower)


def test_a_change_of_every_cell_below_a_common_shift_is_found() -> None:
    report = judged(Machine(CELLS, slower=dict.fromkeys(CELLS, 0.02), noise=0.001))
    assert not report.shifted
    assert len(report.having(Verdict.REGRESSION)) >= len(CELLS) - 2


@pytest.mark.parametrize("kept", [True, False])
def test_the_only_cell_is_not_compared_with_itself(kept: bool) -> None:
    only = cells(models=1, of_each=1)
    report = judged(Machine(only, slower={only[0]: 0.03}), kept=kept)
    assert report.common is None
    assert report.having(Verdict.REGRESSION) == tuple(only)


@pytest.mark.parametrize("kept", [True, False])
def test_a_win_is_told_and_does_not_fail(kept: bool) -> None:
    report = judged(Machine(CELLS, slower={ONE: -0.05}), kept=kept)
    assert report.having(Verdict.IMPROVED) == (ONE,)
    assert not report.fails


@pytest.mark.parametrize(("fails", "rules"), [(False, Rules()), (True, Rules(noisy_fails=True))])
def test_a_cell_whose_noise_hides_a_regression_is_no_pass(fails: bool, rules: Rules) -> None:
    base = fit([*accepted(CELLS[:-1]), *accepted([CELLS[-1]], noise=0.06)])
    machine = Machine(CELLS[-1:], noise=0.06, seed=3)
    report, _ = judge(CELLS[-1:], base, machine.measure, comparable=CELLS, rules=rules)
    assert report.of(CELLS[-1]).verdict is Verdict.NOISY
    assert report.fails is fails


def test_other_kernels_for_the_same_network_are_the_builders_doing() -> None:
    old = Built(network_sha256="n", tactics=("conv1: sm80_128x64", "fc: sm80_64x64"))
    new = Built(network_sha256="n", tactics=("conv1: sm80_32x32", "fc: sm80_64x64"))
    base = fit(accepted(CELLS, built={ONE: old}))
    report = judged(Machine(CELLS, slower={ONE: 0.05}, built={ONE: new}), base=base)
    assert report.having(Verdict.TACTIC_CHANGED) == (ONE,)
    assert "sm80_32x32" in report.of(ONE).reason
    assert report.fails


def test_other_kernels_of_another_network_are_a_regression_that_names_them() -> None:
    old = Built(network_sha256="n", tactics=("conv1: sm80_128x64",))
    new = Built(network_sha256="m", tactics=("conv1: sm80_32x32",))
    base = fit(accepted(CELLS, built={ONE: old}))
    report = judged(Machine(CELLS, slower={ONE: 0.05}, built={ONE: new}), base=base)
    assert report.having(Verdict.REGRESSION) == (ONE,)
    assert "sm80_32x32" in report.of(ONE).reason


def test_a_slower_engine_that_is_the_accepted_one_raises_a_question() -> None:
    plan = Built(plan_sha256="abc")
    base = fit(accepted(CELLS, built={ONE: plan}))
    report = judged(Machine(CELLS, slower={ONE: 0.05}, built={ONE: plan}), base=base)
    assert "byte for byte" in report.of(ONE).notes[0]


@pytest.mark.parametrize("require", [False, True])
def test_a_cell_that_nobody_accepted_has_no_baseline(require: bool) -> None:
    machine = Machine(CELLS)
    rules = Rules(require=require)
    report, _ = judge(CELLS, anchor(CELLS[:-1]), machine.measure, rules=rules)
    assert report.having(Verdict.NO_BASELINE) == (CELLS[-1],)
    assert report.fails is require


def test_other_sizes_make_another_cell() -> None:
    base = anchor(CELLS)
    other = Cell(model=ONE.model, profile=ONE.profile, point=ONE.point, sizes=(("batch", 77),))
    report, _ = judge([other], base, Machine([other]).measure)
    assert verdicts(report) == {Verdict.NO_BASELINE}


def test_with_the_base_branchs_engine_it_is_judged_before_anything_was_accepted() -> None:
    machine = Machine(CELLS, slower={ONE: 0.04})
    report, _ = judge(CELLS, Anchor(), machine.measure, comparable=CELLS)
    assert report.having(Verdict.REGRESSION) == (ONE,)
    assert verdicts(report) == {Verdict.REGRESSION, Verdict.PASS}


@pytest.mark.parametrize("kept", [True, False])
def test_two_accepted_jobs_are_no_history(kept: bool) -> None:
    report = judged(Machine(CELLS), base=anchor(CELLS, jobs=2), kept=kept)
    assert verdicts(report) == {Verdict.PASS if kept else Verdict.NO_BASELINE}


def test_a_spoiled_cell_is_measured_again_three_times_and_then_invalid() -> None:
    machine = Machine(CELLS, spoiled={ONE: "hw_thermal"})
    report = judged(machine)
    assert report.having(Verdict.INVALID) == (ONE,)
    assert report.of(ONE).reason == "hw_thermal"
    assert report.fails


def test_a_few_spoiled_rounds_are_measured_again() -> None:
    machine = Machine(CELLS)
    base = anchor(CELLS)
    rounds = {cell: machine.rounds(cell, 10, 0.0) for cell in CELLS}
    hot = machine.rounds(ONE, 2, 0.2)
    spoiled = tuple(type(each)(median_ms=each.median_ms, invalid="hw_thermal") for each in hot)
    rounds[ONE] = (*spoiled, *rounds[ONE][:8])
    evidence = Evidence(first=rounds)
    assert decide(CELLS, base, evidence) == Ask(need=Need.ROUNDS, cells=(ONE,), count=2)
    report, _ = judge(CELLS, base, machine.measure, evidence=evidence, comparable=CELLS)
    assert verdicts(report) == {Verdict.PASS}
    assert report.of(ONE).notes == ("2 rounds were measured again: hw_thermal",)


def test_an_expired_baseline_judges_by_pairs_alone_or_not_at_all() -> None:
    base = fit(accepted(CELLS, expires=DAY - datetime.timedelta(days=1)))
    machine = Machine(CELLS, slower={ONE: 0.04})
    report = judged(machine, base=base)
    assert report.having(Verdict.REGRESSION) == (ONE,)
    assert "expired" in report.of(ONE).notes[0]
    assert verdicts(judged(Machine(CELLS), base=base, kept=False)) == {Verdict.EXPIRED}


def test_another_clock_asks_for_pairs_of_every_cell() -> None:
    machine = Machine(CELLS, sm_mhz=1700.0)
    report = judged(machine)
    assert set(report.suspects) == set(CELLS)
    assert report.of(ONE).notes == ("SM clock 1700 MHz, accepted at 1980 MHz",)
    assert not report.fails


def test_small_losses_add_up_against_an_anchor_that_does_not_slide() -> None:
    base = anchor(CELLS)
    failed = [
        commit
        for commit in range(1, 7)
        if judged(Machine(CELLS, slower={ONE: 0.007 * commit}, seed=commit), base=base).fails
    ]
    assert failed[0] in (2, 3, 4)
    assert failed[-2:] == [5, 6]


def test_measuring_nothing_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        judge(CELLS, Anchor(), lambda ask, evidence: evidence)


def test_engines_that_are_all_faster_are_a_baseline_to_accept() -> None:
    machine = Machine(CELLS, slower=dict.fromkeys(CELLS, -0.05))
    report = judged(machine)
    assert verdicts(report) == {Verdict.IMPROVED}
    assert not report.fails
    changes = [result.change or 0.0 for result in report.results]
    assert all(-0.06 < change < -0.04 for change in changes)
    # One cell of each model tells faster engines from a faster machine.
    pairs = [ask for ask in machine.asked if ask.need is Need.PAIRS]
    assert sorted(cell.model for cell in pairs[0].cells) == ["net0", "net1", "net2"]


@pytest.mark.parametrize(("kept", "why"), [(True, "the machine"), (False, "engine is gone")])
def test_a_faster_machine_is_told_and_does_not_fail(kept: bool, why: str) -> None:
    report = judged(Machine(CELLS, common=-0.05), kept=kept)
    assert verdicts(report) == {Verdict.COMMON_SHIFT}
    assert not report.fails
    assert all(why in result.reason for result in report.results)


def test_a_cell_that_stays_slow_where_all_others_are_faster_is_not_told_as_faster() -> None:
    faster = {cell: -0.05 for cell in CELLS if cell != ONE}
    report = judged(Machine(CELLS, slower=faster))
    assert report.of(ONE).verdict is Verdict.PASS
    assert set(report.having(Verdict.IMPROVED)) == set(faster)


def test_a_slower_cell_is_found_on_a_faster_machine() -> None:
    report = judged(Machine(CELLS, common=-0.05, slower={ONE: 0.05}))
    assert report.having(Verdict.REGRESSION) == (ONE,)
    assert set(report.having(Verdict.COMMON_SHIFT)) >= {
        cell for cell in CELLS if cell.model != ONE.model
    }
