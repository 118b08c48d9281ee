"""Which components of the stack a branch changes: more than one at once cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.git import GitFailed, git
from pytest_frictionless.upgrade.changed import changed_pins
from pytest_frictionless.upgrade.components import REST
from pytest_frictionless.upgrade.plan import Move, Step, moves, steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASES = {"GITHUB_BASE_REF": "origin/{}", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "{}"}
"""Variables by which GitHub and GitLab name what a pull request is compared with."""
MERGES = {
    "GITHUB_EVENT_NAME": (("pull_request",), "GITHUB_SHA"),
    "CI_MERGE_REQUEST_EVENT_TYPE": (("merged_result", "merge_train"), "CI_COMMIT_SHA"),
}
"""Variables by which they say that they merged both branches to test them, and the one that names the merge."""


def base_of_pull_request(root: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """The ref that CI compares with, and how to call it; both empty where this is no pull request.

    The first parent of a merge that CI made is what the branch goes to, and is there where two
    commits are: with `fetch-depth: 2` there is no `origin/main`.
    """
    said = ((environment.get(name, ""), form) for name, form in BASES.items())
    ref = next((form.format(value) for value, form in said if value), "")
    if ref and (parent := _first_parent(root, environment)):
        return parent, environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or ref
    return ref, ref


def _first_parent(root: Path, environment: Mapping[str, str]) -> str:
    """The first parent of HEAD, where that is a merge that CI made; empty else."""
    made = {
        environment.get(variable, "")
        for name, (values, variable) in MERGES.items()
        if environment.get(name) in values
    }
    try:
        head, *parents = git(root, "rev-list", "--parents", "--max-count=1", "HEAD").split()
    except GitFailed:
        return ""
    return parents[0] if head in made and len(parents) == 2 else ""


def several_changes(root: Path, ref: str, *, called: str = "") -> Finding | None:
    """FR080 where more than one component changed since the branch left `ref`; None otherwise.

    Args:
        root: Folder of the repository.
        ref: Branch, tag or commit; what counts is where this branch left it.
        called: What people call it, where that is another name.

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
        message=f"{len(steps)} components of the stack change at once since {called or ref}: "
        + ", ".join(str(step.moves[0]) for step in steps),
        evidence=tuple(_shown(step, files) for step in steps),
        severity=Severity.WARNING,
    )


def _shown(step: Step, files: Mapping[Move, list[str]]) -> tuple[str, str]:
    said = "; ".join(f"{move} in {', '.join(files[move])}" for move in step.moves)
    return step.component.title, said
