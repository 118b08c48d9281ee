"""The walk over the steps: what is compared with what, and what a step that cannot be made does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.test_upgrade_compare import REFUSED, item, results

from pytest_frictionless.finding import Finding
from pytest_frictionless.upgrade.compare import Kind
from pytest_frictionless.upgrade.environment import Environment, dragged
from pytest_frictionless.upgrade.installers import CannotInstall
from pytest_frictionless.upgrade.plan import plan
from pytest_frictionless.upgrade.report import finding_of, first_blamed, lines_of, to_json
from pytest_frictionless.upgrade.suite import SuiteFailed
from pytest_frictionless.upgrade.trial import Outcome, State, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.reports.results import Item, Results

OLD = {"onnxruntime": "1.22.1", "onnx": "1.19.1", "torch": "2.12.0", "nvidia_driver": "570.1"}
NEW = {"onnxruntime": "1.32.0", "onnx": "1.23.2", "torch": "2.13.0", "nvidia_driver": "580.2"}


class Machine:
    """Environments in which some versions cannot be installed, stop pytest, or answer otherwise."""

    def __init__(
        self, *, refused: str = "", stops: str = "", answers: Mapping[str, Item] | None = None,
        again: Mapping[str, Item] | None = None,
    ) -> None:  # fmt: skip
        self.refused, self.stops = refused, stops
        self.answers, self.again = answers or {}, again
        self.asked: list[str] = []

    def make(
        self, pins: Mapping[str, str], *, like: Environment | None = None, python: str = ""
    ) -> Environment:
        lines = tuple(
            f"{name}=={version}" for name, version in sorted(pins.items()) if name != "opset"
        )
        if self.refused in lines:
            raise CannotInstall(f"nothing goes with {self.refused}")
        return Environment(folder=Path("-".join(lines)), lines=lines)

    def ask(
        self, environment: Environment, *, opset: str = "", items: Sequence[str] = (),
        again: bool = False,
    ) -> Results:  # fmt: skip
        if self.stops in environment.lines:
            raise SuiteFailed(f"{self.stops} cannot be imported")
        self.asked.append(
            f"{'again ' * again}{' '.join(environment.lines)}{opset and f' @{opset}'}"
        )
        answers = self.again if again and self.again is not None else self.answers
        said = [
            answers[line] for line in (*environment.lines, f"opset=={opset}") if line in answers
        ]
        return results(*(said or [item()]))

    def run(self, before: Mapping[str, str], after: Mapping[str, str]) -> list[Outcome]:
        trial = Trial(before=before, steps=plan(before, after), make=self.make, ask=self.ask)
        return list(trial.run())


def states(outcomes: Sequence[Outcome]) -> list[State]:
    return [outcome.state for outcome in outcomes]


def test_each_step_is_compared_with_the_one_before() -> None:
    broken = item("operators", "failed", REFUSED)
    outcomes = Machine(answers={"onnx==1.23.2": broken}).run(OLD, NEW)
    assert states(outcomes) == [State.ELSEWHERE, State.RAN, State.RAN, State.RAN]
    assert [[change.kind for change in outcome.changes] for outcome in outcomes] == [
        [], [], [Kind.BROKE], [],
    ]  # fmt: skip
    first = first_blamed(outcomes)
    assert first is not None
    assert first.code == "FR081"
    assert (
        first.message == f"onnx 1.19.1 -> 1.23.2: m.onnx::operators now fails: {REFUSED.headline}"
    )
    assert to_json(outcomes)["first"] == first.to_json()


def test_a_step_that_cannot_be_installed_is_left_out_of_the_next_ones() -> None:
    machine = Machine(refused="onnx==1.23.2")
    outcomes = machine.run(OLD, NEW)
    assert states(outcomes) == [State.ELSEWHERE, State.RAN, State.REFUSED, State.RAN]
    assert "onnx==1.19.1" in machine.asked[-1]
    finding = finding_of(outcomes[2])
    assert finding is not None
    assert finding.headline == (
        "FR083 onnx 1.19.1 -> 1.23.2 cannot be installed: nothing goes with onnx==1.23.2"
    )


def test_a_step_that_stops_pytest_is_left_out_too() -> None:
    machine = Machine(stops="onnx==1.23.2")
    outcomes = machine.run(OLD, NEW)
    assert states(outcomes) == [State.ELSEWHERE, State.RAN, State.STOPPED, State.RAN]
    assert "onnx==1.19.1" in machine.asked[-1]
    assert first_blamed(outcomes) == finding_of(outcomes[2])


def test_where_the_start_is_none_nothing_can_be_compared() -> None:
    with pytest.raises(CannotInstall, match=r"nothing goes with onnx==1\.19\.1"):
        Machine(refused="onnx==1.19.1").run(OLD, NEW)


def test_the_opset_is_pinned_in_every_run_where_a_step_moves_it() -> None:
    machine = Machine(answers={"opset==20": item("opset", measurements={"opset": 20})})
    outcomes = machine.run({"onnx": "1.19.1", "opset": "18"}, {"onnx": "1.23.2", "opset": "20"})
    assert [each[-3:] for each in machine.asked] == ["@18", "@18", "@20"]
    assert states(outcomes) == [State.RAN, State.RAN]
    machine = Machine()
    machine.run({"onnx": "1.19.1", "opset": "18"}, {"onnx": "1.23.2"})
    assert "@" not in "".join(machine.asked)


def timed(seconds: float) -> Item:
    return item("build", measurements={"build_s": seconds})


def test_what_is_slower_is_measured_twice_more_in_turns() -> None:
    answers = {"onnx==1.19.1": timed(2.0), "onnx==1.23.2": timed(9.0)}
    pins = {"onnx": "1.19.1"}, {"onnx": "1.23.2"}
    machine = Machine(answers=answers)
    (outcome,) = machine.run(*pins)
    old, new = "again onnx==1.19.1", "again onnx==1.23.2"
    assert machine.asked[2:] == [old, new, new, old]
    finding = finding_of(outcome)
    assert finding is not None
    assert finding.headline == (
        "FR082 onnx 1.19.1 -> 1.23.2: m.onnx::build build 2 -> 9 s; again: build 2 -> 9 s; again: build 2 -> 9 s"
    )
    again = {"onnx==1.19.1": timed(3.0), "onnx==1.23.2": timed(3.1)}
    machine = Machine(answers=answers, again=again)
    (outcome,) = machine.run(*pins)
    assert outcome.changes == ()
    assert machine.asked[2:] == [old, new]


def test_a_failure_of_the_machine_is_asked_again() -> None:
    late = item("build", "failed", Finding(code="FR001", message="build took more than 600 s"))
    answers = {"onnx==1.19.1": item("build"), "onnx==1.23.2": late}
    pins = {"onnx": "1.19.1"}, {"onnx": "1.23.2"}
    (outcome,) = Machine(answers=answers, again={line: item("build") for line in answers}).run(
        *pins
    )
    assert [change.kind for change in outcome.changes] == []
    (outcome,) = Machine(answers=answers).run(*pins)
    assert [change.kind for change in outcome.blamed] == [Kind.BROKE]


def test_what_comes_along_is_told_and_what_the_step_moves_is_not() -> None:
    (step,) = plan({"torch": "2.12.0"}, {"torch": "2.13.0"})
    before = environment("torch==2.12.0", "onnx-ir==0.2.1", "protobuf==6.1", "sympy==1.14")
    after = environment("torch==2.13.0", "onnx-ir==1.1.0", "protobuf==7.2", "sympy==1.14", "new==1")
    along = dragged(before, after, step.moves)
    assert [str(move) for move in along] == ["protobuf 6.1 -> 7.2"]
    outcome = Outcome(step=step, state=State.RAN, dragged=along)
    assert lines_of(outcome) == [(None, "came along: protobuf 6.1 -> 7.2")]
    assert finding_of(outcome) is None


def environment(*lines: Any) -> Environment:
    return Environment(folder=Path("x"), lines=lines)
