"""An upgrade as steps: one component each, in an order in which every step can work."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from pytest_frictionless.upgrade.components import ORDER, REST, Component, component_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.upgrade.pins import Pins


BACKWARDS = "on the way back writers go before readers: nothing old has to read what is new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One distribution, or one component of a manifest, from a version to another."""

    name: str
    before: str
    """Empty where it comes in."""
    after: str

    @property
    def is_down(self) -> bool:
        """Whether it goes back to an older version."""
        before, after = _version(self.before), _version(self.after)
        # The label behind a + tells builds of one version apart: 2.13.0+cpu is no later than 2.13.0.
        return (
            before is not None and after is not None
            and Version(after.public) < Version(before.public)
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} {self.before or '(none)'} -> {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What moves as one."""

    component: Component
    moves: tuple[Move, ...]
    """The one it is named after first."""

    @property
    def title(self) -> str:
        """The move that names it, and how many go with it."""
        others = len(self.moves) - 1
        if self.component is REST and others:
            return f"{REST.title} ({others + 1} packages)"
        return f"{self.moves[0]}" + (f" (and {others} with it)" if others else "")

    @property
    def is_down(self) -> bool:
        """Whether the move that names it goes back."""
        return self.moves[0].is_down

    @property
    def reason(self) -> str:
        """Why it moves where it does."""
        return BACKWARDS if self.is_down else self.component.reason

    def applied(self, pins: Mapping[str, str]) -> Pins:
        """The versions after this step."""
        return {**pins, **{move.name: move.after for move in self.moves}}

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "component": self.component.title, "moves": [asdict(move) for move in self.moves],
            "reason": self.reason,
            "together": self.component.together if len(self.moves) > 1 else "",
            "in_environment": self.component.is_package,
        }  # fmt: skip


def plan(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps from one set of versions to another; what `after` does not name stays as it is.

    What goes back moves first, writers before readers; then what goes up, readers before writers.
    """
    steps = steps_of(moves(before, after))
    down = [step for step in reversed(steps) if step.is_down]
    return (*down, *(step for step in steps if not step.is_down))


def moves(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Move, ...]:
    """Everything that `after` names at another version than `before`."""
    return tuple(
        Move(name=name, before=before.get(name, ""), after=version)
        for name, version in after.items()
        if not _same(before.get(name, ""), version)
    )


def _same(before: str, after: str) -> bool:
    """Whether two texts are one version, as 2.3 and 2.3.0 are."""
    one = _version(before)
    return before == after or (one is not None and one == _version(after))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def steps_of(moves: Sequence[Move]) -> list[Step]:
    """Moves by the component they belong to, in the order on the way up."""
    grouped: dict[str, list[Move]] = {}
    for move in moves:
        grouped.setdefault(component_of(move.name).title, []).append(move)
    return [
        Step(component=each, moves=tuple(sorted(grouped[each.title], key=lambda m: _rank(each, m))))
        for each in ORDER
        if each.title in grouped
    ]


def _rank(component: Component, move: Move) -> tuple[int, str]:
    """Members in the order of the component's patterns, shorter names first."""
    place = next(
        n for n, pattern in enumerate(component.members)
        if Component(title="", members=(pattern,), reason="").owns(move.name)
    )  # fmt: skip
    return place, move.name
