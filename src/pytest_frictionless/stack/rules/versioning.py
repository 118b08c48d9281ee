"""What is left where no rule knows better: how far two versions are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison


def apart(asked: Comparison) -> Verdict | None:
    """Beyond a patch nothing is promised: unknown, until the suite has run with it."""
    if not asked.both:
        return None
    if asked.old == asked.new:
        return Verdict(kind=Kind.IDENTICAL)
    same_name = asked.old.split()[:-1] == asked.new.split()[:-1]  # as onnxslim in "onnxslim 0.1.98"
    minor = release(asked.old, 2)
    if same_name and minor is not None and minor == release(asked.new, 2):
        return Verdict(kind=Kind.PATCH, why="the same minor version")
    return Verdict(kind=Kind.UNKNOWN, why="no source says whether they fit")
