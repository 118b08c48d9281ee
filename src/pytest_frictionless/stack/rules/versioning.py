"""What a project promises of its next version, where no rule knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison


def promised(asked: Comparison) -> Verdict | None:
    """Classify by how far two versions are apart; beyond a patch nothing is promised."""
    if not asked.old or not asked.new:
        return None
    if asked.old == asked.new:
        return Verdict(kind=Kind.IDENTICAL, why="")
    minor = release(asked.old, 2)
    if minor is not None and minor == release(asked.new, 2):
        return Verdict(kind=Kind.PATCH, why="the same minor version")
    return Verdict(kind=Kind.UNKNOWN, why="no source says whether they fit")
