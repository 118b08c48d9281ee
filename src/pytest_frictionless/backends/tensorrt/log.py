"""The one log of a process: TensorRT keeps the first that it is given."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt.installed import load
from pytest_frictionless.backends.tensorrt.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator


@functools.cache
def log() -> Any:
    """The one log of this process: TensorRT keeps the first it is given and ignores others."""
    trt = load()
    logger: Any = trt.ILogger

    class Log(logger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.messages: list[tuple[str, str]] = []

        def log(self, severity: Any, message: str) -> None:
            if severity not in (trt.ILogger.INFO, trt.ILogger.VERBOSE):
                self.messages.append((severity.name, message))

    return Log()


@contextmanager
def listening() -> Iterator[Any]:
    """The log of this process, emptied; TensorRT writes to it as long as a builder lives."""
    listener = log()
    listener.messages.clear()
    builder = load().Builder(listener)
    yield listener
    del builder


def logged(*severities: str) -> list[str]:
    """Log texts of these severities since the last model was read, cleaned, each once."""
    texts = (clean(text) for severity, text in log().messages if severity in severities)
    return [text for text in dict.fromkeys(texts) if text]


def forget_log() -> None:
    """Start the log anew."""
    log().messages.clear()
