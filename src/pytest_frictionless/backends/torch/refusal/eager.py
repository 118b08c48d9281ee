"""What forward() raises where nothing is exported yet."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.torch.refusal import control, packages
from pytest_frictionless.backends.torch.refusal.failure import failure_of
from pytest_frictionless.backends.torch.refusal.words import first_line
from pytest_frictionless.finding import quoted

if TYPE_CHECKING:
    from pytest_frictionless.backends.torch.refusal.failure import Failure
    from pytest_frictionless.finding import Finding


_TYPES_DIFFER = re.compile(
    r"must have the same dtype|expected scalar type|Input type .* and (?:weight|bias) type"
)


def finding_in_eager(error: BaseException, shapes: str, *, module: Any = None) -> Finding:
    """The finding of a forward() that fails on inputs of these shapes."""
    failure = failure_of(error, module=module)
    for recognised in (control.unlike_branches, packages.missing, packages.mismatched):
        if (finding := recognised(failure)) is not None:
            return finding
    said = first_line(str(error)) or type(error).__name__
    rows, largest = _looked_up(error)
    if rows:
        said, layer = f"{largest} is looked up in a table of {rows} rows", _layer(failure)
        return failure.finding(
            "FR206", f"forward() raises {type(error).__name__} on {shapes}: {said}",
            remedy=f"Let the values end where the table{layer} does, in frictionless.yaml, for the input that "
            f"holds them:\n  {{type: \"int64[...]\", low: 0, high: {rows}}}",
        )  # fmt: skip
    raises = f"forward() raises {type(error).__name__} on {shapes}"
    return failure.finding(
        "FR206", quoted(raises, said)[0], cause=str(error), remedy=_of_types(said, module)
    )


def _of_types(said: str, module: Any) -> str:
    """Which type the inputs want, where one network meets another: weights take the factory's."""
    types = {str(each.dtype) for each in getattr(module, "parameters", tuple)()}
    if not _TYPES_DIFFER.search(said) or len(types) != 1:
        return ""
    kind = types.pop().removeprefix("torch.")
    return (
        f"The network computes in {kind}, whatever its file holds: declare the inputs so, or convert it "
        "in the factory:\nreturn net.half()   # or .bfloat16(), .float()"
    )


def _looked_up(error: BaseException) -> tuple[int, int]:
    """Rows of the embedding that was asked for more, and the value asked for; zeros for none."""
    if not isinstance(error, IndexError):
        return 0, 0
    for frame, _ in traceback.walk_tb(error.__traceback__):
        given = frame.f_locals
        if frame.f_code.co_name == "embedding" and {"input", "weight"} <= given.keys():
            rows, values = int(given["weight"].shape[0]), given["input"]
            worst = int(values.min()) if int(values.min()) < 0 else int(values.max())
            return (rows, worst) if not 0 <= worst < rows else (0, 0)
    return 0, 0


def _layer(failure: Failure) -> str:
    return f" of {failure.place.module}" if failure.place and failure.place.module else ""
