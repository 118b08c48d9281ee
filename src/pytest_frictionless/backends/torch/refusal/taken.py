"""Which side of a branch the example takes, seen in a run without the exporter."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

from pytest_frictionless.rewrites.source import spot_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def branch_taken(example: Callable[[], object], file: str, line: int) -> bool | None:
    """Whether the condition at a line held each time; None where it did not stay one or the other.

    Args:
        example: Calls the model.
        file: Source file of the branch.
        line: Line of its condition.
    """
    spot = spot_at(file, line)
    if spot is None or not isinstance(spot.statement, ast.If):
        return None
    first, last = spot.statement.body[0], spot.statement.body[-1]
    test = range(spot.statement.test.lineno, (spot.statement.test.end_lineno or 0) + 1)
    body = range(first.lineno, (last.end_lineno or 0) + 1)
    if first.lineno in test:
        return None
    watch = _Watch(file, test, body)
    before = sys.gettrace()
    sys.settrace(watch.entered)
    try:
        example()
    except Exception:  # the example fails without the exporter, too: it takes no side
        return None
    finally:
        sys.settrace(before)
    return watch.sides.pop() if len(watch.sides) == 1 else None


class _Watch:
    """Sees which line follows that of the condition."""

    def __init__(self, file: str, test: range, body: range) -> None:
        self.file, self.test, self.body = file, test, body
        self.sides: set[bool] = set()
        self._asking: set[int] = set()

    def entered(self, frame: FrameType, event: str, value: Any) -> Any:
        """Follow the functions of the file alone."""
        del event, value
        return self.stepped if frame.f_code.co_filename == self.file else None

    def stepped(self, frame: FrameType, event: str, value: Any) -> Any:
        """Note the side, once the condition has been left."""
        del value
        asking = id(frame) in self._asking
        if event == "line" and frame.f_lineno in self.test:
            self._asking.add(id(frame))
        elif asking and event in ("line", "return"):
            self._asking.remove(id(frame))
            self.sides.add(event == "line" and frame.f_lineno in self.body)
        return self.stepped
