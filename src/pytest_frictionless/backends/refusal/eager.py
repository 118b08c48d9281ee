"""What forward() raises where nothing is exported yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.refusal import control, packages
from pytest_frictionless.backends.refusal.failure import failure_of
from pytest_frictionless.backends.refusal.words import first_line

if TYPE_CHECKING:
    from pytest_frictionless.finding import Finding


def finding_in_eager(error: BaseException, shapes: str, *, module: Any = None) -> Finding:
    """The finding of a forward() that fails on inputs of these shapes."""
    failure = failure_of(error, module=module)
    for recognised in (control.unlike_branches, packages.missing, packages.mismatched):
        if (finding := recognised(failure)) is not None:
            return finding
    said = first_line(str(error)) or type(error).__name__
    return failure.finding(
        "FR206", f"forward() raises {type(error).__name__} on {shapes}: {said}", cause=str(error)
    )
