"""Which components of the stack a branch changes: more than one at once cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.upgrade.changed import changed_pins
from pytest_frictionless.upgrade.components import REST
from pytest_frictionless.upgrade.plan import Move, Step, moves, steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASES = {"GITHUB_BASE_REF": "origin/{}", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "{}"}
"""Variables by which GitHub and GitLab name what a pull request is compared with."""


def base_of_pull_request(environment: Mapping[str, str]) -> str:
    """The ref that CI compares with; empty where this is no pull request."""
    said = ((environment.get(name, ""), form) for name, form in BASES.items())
    return next((form.format(value) for value, form in said if value), "")


def several_changes(root: Path, ref: str) -> Finding | None:
    """FR080 where more than one component changed since the branch left `ref`; None otherwise.

    Args:
        root: Folder of the repository.
        ref: Branch, tag or commit; what counts is where this branch left it.

    Raises:
        ConfigError: git cannot tell.
    """
    files: dict[Move, list[str]] = {}
    for name, before, after in changed_pins(root, ref):
        for move in moves(before, after):
            if move.before:
                files.setdefault(move, []).append(name)
    steps = [step for step in steps_of(tuple(files)) if step.component is not REST]
    if len(steps) < 2:
        return None
    return Finding(
        code="FR080",
        message=f"{len(steps)} components of the stack change at once since {ref}: "
        + ", ".join(str(step.moves[0]) for step in steps),
        evidence=tuple(_shown(step, files) for step in steps),
        severity=Severity.WARNING,
    )


def _shown(step: Step, files: Mapping[Move, list[str]]) -> tuple[str, str]:
    said = "; ".join(f"{move} in {', '.join(files[move])}" for move in step.moves)
    return step.component.title, said
