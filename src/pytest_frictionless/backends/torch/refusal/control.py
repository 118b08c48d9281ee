"""Refusals because the data decides what forward() does."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.torch.refusal.taken import branch_taken
from pytest_frictionless.place import package_of
from pytest_frictionless.rewrites.branches import branch_at, rewritten_branch
from pytest_frictionless.rewrites.numbers import rewritten_number, unhashable_key

if TYPE_CHECKING:
    from pytest_frictionless.backends.torch.refusal.failure import Failure
    from pytest_frictionless.finding import Finding

_DATA_DEPENDENT = re.compile(
    r"(?P<what>Could not (?:guard on|extract specialized integer from) data-dependent expression "
    r"(?P<guard>.+?)) \(unhinted"
)
_SIZES = re.compile(r"Size-like symbols: (?P<symbols>[^)]+)\)")
_CHECKS = re.compile(r"^\s*\d+\. (torch\._check\(.+\))$", re.MULTILINE)
_MERGED = re.compile(r"When merging two branches' output in torch\.cond,\s*(?P<why>.+)")

_KINDS = {
    ast.If: "a branch", ast.IfExp: "a conditional expression", ast.While: "a loop",
    ast.For: "the number of turns of a loop", ast.Assert: "an assertion",
}  # fmt: skip


def data_dependent(failure: Failure) -> Finding | None:
    """FR202 for a branch or a loop, FR209 for any other number that is taken out of a tensor."""
    text = next((each for each in failure.texts if "data-dependent" in each), "")
    if not text and "GuardOnDataDependent" not in type(failure.last).__name__:
        return None
    match = _DATA_DEPENDENT.search(text)
    cause = match["what"] if match else text.splitlines()[0] if text else ""
    sizes = _SIZES.search(text)
    has_sizes = sizes is not None and sizes["symbols"] != "none"
    branch = branch_at(failure.file, failure.line)
    if branch is not None and not has_sizes:
        line = ast.unparse(branch).splitlines()[0].rstrip(":")
        kind = _KINDS[type(branch)]
        code = rewritten_branch(failure.file, failure.line)
        return failure.finding(
            "FR202", f"{kind} depends on the value of a tensor: {line}", cause=cause,
            remedy=_as_code("Keep the choice inside the graph:", code),
        )  # fmt: skip
    if not has_sizes and failure.place is not None and "Eq(u" in (match["guard"] if match else ""):
        message = "a choice depends on the value of a tensor"
        return failure.finding("FR202", message, cause=cause)
    taken = (
        branch_taken(failure.example, failure.file, failure.line)
        if isinstance(branch, ast.If) and failure.example is not None else None
    )  # fmt: skip
    checks = tuple(_CHECKS.findall(text))
    code = rewritten_number(failure.file, failure.line, checks, taken=taken)
    library = package_of(failure.file)
    words = f"In a copy of the function of {library}, keep" if library else "Keep"
    guard = match["guard"] if match else ""
    message = (
        f"what comes next depends on a size that only the data knows: {guard}" if has_sizes
        else "a Python number is taken out of a tensor: only the data knows it"
    )  # fmt: skip
    return failure.finding(
        "FR209",
        message,
        cause=cause,
        remedy=_as_code(f"{words} the number inside the graph:", code),
    )


def key_of_a_dictionary(failure: Failure) -> Finding | None:
    """FR223: a symbolic number cannot be looked up."""
    if "unhashable type" not in failure.reason or "Sym" not in failure.reason:
        return None
    code = unhashable_key(failure.file, failure.line)
    return failure.finding(
        "FR223", "a symbolic size is the key of a dictionary or a member of a set",
        cause=failure.reason, remedy=_as_code("Compute it from the size each time:", code),
    )  # fmt: skip


def unlike_branches(failure: Failure) -> Finding | None:
    """FR224: both branches of torch.cond must give the same."""
    for text in reversed(failure.texts):
        if match := _MERGED.search(text):
            why = " ".join(match["why"].split()).rstrip(".\"')")
            return failure.finding(
                "FR224", f"the branches of torch.cond give unlike tensors: {why}",
                cause=failure.reason,
            )  # fmt: skip
    return None


def _as_code(words: str, code: str) -> str:
    return f"{words}\n{code}" if code else ""
