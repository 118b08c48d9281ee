"""What an upgrade is blamed for, as findings, as lines and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Finding
from pytest_frictionless.upgrade.compare import Kind, told
from pytest_frictionless.upgrade.trial import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = {
    State.REFUSED: "cannot be installed",
    State.STOPPED: "stops pytest",
}


def finding_of(outcome: Outcome) -> Finding | None:
    """FR081, FR082 or FR083 for a step that broke, slowed or prevented something; None otherwise."""
    title = outcome.step.title
    if outcome.state in FAILED:
        return Finding(
            code="FR083", message=f"{title} {FAILED[outcome.state]}: {outcome.reason}",
            evidence=_along(outcome),
        )  # fmt: skip
    if not outcome.blamed:
        return None
    first, *others = told(outcome.blamed)
    change = outcome.blamed[0]
    slowed = change.kind is Kind.SLOWER
    return Finding(
        code="FR082" if slowed else "FR081",
        message=f"{title}: {first}",
        place=change.finding.place if change.finding else None,
        cause=change.finding.cause if change.finding else "",
        evidence=(*(("also", line) for line in others), *_along(outcome)),
    )


def _along(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    return tuple(("came along", str(move)) for move in outcome.dragged)


def first_blamed(outcomes: Sequence[Outcome]) -> Finding | None:
    """The finding of the first step that has one."""
    return next((found for found in map(finding_of, outcomes) if found is not None), None)


def lines_of(outcome: Outcome) -> list[tuple[Kind | None, str]]:
    """Each change of a step, with its kind; None for a remark."""
    lines: list[tuple[Kind | None, str]] = []
    for kind in Kind:
        same = [change for change in outcome.changes if change.kind is kind]
        lines += [(kind, line) for line in told(same)]
    lines += [(None, f"came along: {move}") for move in outcome.dragged]
    return lines


def to_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The whole upgrade as plain values."""
    first = first_blamed(outcomes)
    return {
        "first": first.to_json() if first else None,
        "steps": [
            {
                **outcome.step.to_json(), "state": outcome.state, "why": outcome.reason,
                "changes": [change.to_json() for change in outcome.changes],
                "came_along": [asdict(move) for move in outcome.dragged],
                "finding": found.to_json() if (found := finding_of(outcome)) else None,
            }
            for outcome in outcomes
        ],
    }  # fmt: skip
