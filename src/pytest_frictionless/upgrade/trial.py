"""The steps of an upgrade, each in an environment of its own, compared with the one before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pytest_frictionless.upgrade.compare import Change, Kind, compare, worst_first
from pytest_frictionless.upgrade.environment import Environment, dragged
from pytest_frictionless.upgrade.installers import CannotInstall
from pytest_frictionless.upgrade.suite import SuiteFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_frictionless.reports.results import Results
    from pytest_frictionless.upgrade.plan import Move, Step

MACHINE = "FR00"
"""Beginning of the codes for what the machine did: it may go otherwise next time."""


class State(StrEnum):
    """How far a step came."""

    RAN = "ran"
    SAME = "same"
    """Nothing that is installed, and no opset, changed: there is nothing to run."""
    REFUSED = "refused"
    """The resolver found no such environment."""
    STOPPED = "stopped"
    """pytest did not get to its end in it."""
    ELSEWHERE = "elsewhere"
    """It is no package: another machine or image has to show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one step."""

    step: Step
    state: State
    reason: str = ""
    """Why it did not run."""
    changes: tuple[Change, ...] = ()
    """Against the last environment that ran."""
    dragged: tuple[Move, ...] = ()
    """What came along although the plan does not say so."""

    @property
    def blamed(self) -> tuple[Change, ...]:
        """What this step broke or slowed."""
        return tuple(change for change in self.changes if change.is_blamed)


class Makes(Protocol):
    """What makes an environment: `Workshop.environment`."""

    def __call__(
        self, pins: Mapping[str, str], *, like: Environment | None = None, python: str = ""
    ) -> Environment:
        """The environment of these versions."""


class Asks(Protocol):
    """What runs the suite in an environment: `Suite.run`."""

    def __call__(
        self, environment: Environment, *, opset: str = "", items: Sequence[str] = (),
        again: bool = False,
    ) -> Results:  # fmt: skip
        """Everything that was answered."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """Carries out a plan; a step that cannot be made is left out, and the next one starts before it."""

    before: Mapping[str, str]
    """Versions to start from."""
    steps: Sequence[Step]
    make: Makes
    ask: Asks
    say: Callable[[str], None] = field(default=lambda _: None)
    """Told what is being done."""

    def run(self) -> Iterator[Outcome]:
        """One outcome for each step; raises CannotInstall or SuiteFailed where the start is none."""
        pins = dict(self.before)
        last = self._environment(pins, None)
        self.say(f"before: running the suite in {last.folder.name}")
        results = self.ask(last, opset=self._opset(pins))
        for number, step in enumerate(self.steps, 1):
            self.say(f"step {number} of {len(self.steps)}: {step.title}")
            if not step.component.is_package:
                yield Outcome(step=step, state=State.ELSEWHERE, reason="it is no Python package")
                continue
            moved = step.applied(pins)
            try:
                environment = self._environment(moved, last)
                if environment == last and self._opset(moved) == self._opset(pins):
                    pins = moved
                    yield Outcome(step=step, state=State.SAME, reason="nothing installed changes")
                    continue
                found = self.ask(environment, opset=self._opset(moved))
            except CannotInstall as error:
                yield Outcome(step=step, state=State.REFUSED, reason=str(error))
                continue
            except SuiteFailed as error:
                yield Outcome(step=step, state=State.STOPPED, reason=str(error))
                continue
            old, new = (last, self._opset(pins)), (environment, self._opset(moved))
            changes = self._confirmed(compare(results, found), old, new)
            yield Outcome(
                step=step, state=State.RAN, changes=changes,
                dragged=dragged(last, environment, step.moves),
            )  # fmt: skip
            pins, last, results = moved, environment, found

    def _environment(self, pins: Mapping[str, str], like: Environment | None) -> Environment:
        version = self._moving("python", pins)
        return self.make(pins, like=like, python=".".join(version.split(".")[:2]))

    def _opset(self, pins: Mapping[str, str]) -> str:
        """The opset to pin; empty leaves it to frictionless.yaml."""
        return self._moving("opset", pins)

    def _moving(self, name: str, pins: Mapping[str, str]) -> str:
        """The version of what some step moves; empty for what stays, and is as it is here."""
        moved = any(move.name == name for step in self.steps for move in step.moves)
        return pins.get(name, "") if moved else ""

    def _confirmed(
        self, changes: Sequence[Change], *sides: tuple[Environment, str]
    ) -> tuple[Change, ...]:
        """The changes without those that two more comparisons do not both show.

        The sides are asked in turns, as A B and then B A: a machine that gets busy, or quiet, in the
        meantime slows each of them once.
        """
        doubtful = [each for each in changes if _is_doubtful(each)]
        kept = [each for each in changes if each not in doubtful]
        for order in (sides, sides[::-1]):
            if not doubtful:
                break
            items = sorted({each.item for each in doubtful})
            self.say(f"asking {len(items)} items once more in both environments")
            try:
                found = [
                    self.ask(environment, opset=opset, items=items, again=True)
                    for environment, opset in order
                ]
            except SuiteFailed as error:
                doubtful = [
                    replace(each, text=f"{each.text}; not asked again: {error}")
                    for each in doubtful
                ]
                break
            before, after = found if order is sides else found[::-1]
            again = {(each.item, each.kind, each.measure): each for each in compare(before, after)}
            doubtful = [
                replace(each, text=f"{each.text}; again: {second.text}")
                for each in doubtful
                if (second := again.get((each.item, each.kind, each.measure))) is not None
            ]
        return worst_first([*kept, *doubtful])


def _is_doubtful(change: Change) -> bool:
    """Whether chance may have done it: a time, or something that the machine did."""
    if change.kind in (Kind.SLOWER, Kind.FASTER):
        return True
    return change.finding is not None and change.finding.code.startswith(MACHINE)
