"""The user's lines at which torch takes a size for granted, noted while it captures."""

from __future__ import annotations

import linecache
import logging
import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Place
from pytest_frictionless.place import is_model_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_GUARD = re.compile(r"eval (?P<guard>(?!\[guard suppressed\]).+?) \[guard added\]")
_SYMBOL = re.compile(
    r"create_symbol (?P<symbol>\w+) = .+? for L\['(?P<name>\w+)'\](?:\[(?P<index>\d+)\])?"
    r"\.size\(\)\[(?P<axis>\d+)\]"
)
_RECURRENT = os.path.join("torch", "nn", "modules", "rnn.py")
_REPLACED = re.compile(r"set_replacement (?P<symbol>\w+) = (?P<value>\S+) \(")


@dataclass(slots=True)
class Guards:
    """What torch noted of its symbols, by its own names for them (`s77`)."""

    sources: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Parameter of forward(), index where it is variadic (else -1), and axis."""
    guards: list[tuple[str, Place]] = field(default_factory=list)
    replaced: dict[str, tuple[str, Place]] = field(default_factory=dict)
    """What a symbol turned out to be always, and the line that made it so."""
    unrolled: dict[str, str] = field(default_factory=dict)
    """The recurrent layer of torch, as "LSTM", that made a symbol a constant."""


class _Notes(logging.Handler):
    """Notes the user's line at the moment torch adds a guard on a size.

    torch logs `eval Eq(s77, 2) [guard added]` from inside the operation; the user's frame is still
    on the stack then, and nowhere in the error that follows.
    """

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.found = Guards()
        named = module.named_modules() if hasattr(module, "named_modules") else ()
        self.layers = {id(layer): name for name, layer in named}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if match := _SYMBOL.match(text):
            source = (match["name"], int(match["index"] or -1), int(match["axis"]))
            self.found.sources.setdefault(match["symbol"], source)
        elif match := _REPLACED.match(text):
            if match["symbol"] not in self.found.replaced and (place := self._place()) is not None:
                self.found.replaced[match["symbol"]] = (match["value"], place)
                if layer := self._recurrent():
                    self.found.unrolled[match["symbol"]] = layer
        elif (match := _GUARD.match(text)) and (place := self._place()) is not None:
            self.found.guards.append((match["guard"], place))

    def _place(self) -> Place | None:
        for frame in _frames():
            file = frame.f_code.co_filename
            if is_model_code(file):
                layer = self.layers.get(id(frame.f_locals.get("self")), "")
                text = linecache.getline(file, frame.f_lineno)
                return Place(file=file, line=frame.f_lineno, text=text, module=layer)
        return None

    def _recurrent(self) -> str:
        """The class of torch's recurrent layer that is at work, "" for none."""
        for frame in _frames():
            if is_model_code(frame.f_code.co_filename):
                break
            if frame.f_code.co_filename.endswith(_RECURRENT):
                return type(frame.f_locals.get("self")).__name__
        return ""


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


@contextmanager
def noted_guards(module: Any) -> Iterator[Guards]:
    """Note every guard that a capture adds, inside this context."""
    logger = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    notes = _Notes(module)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(notes)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield notes.found
    finally:
        logger.removeHandler(notes)
        logger.setLevel(level)
        logger.propagate = propagate
