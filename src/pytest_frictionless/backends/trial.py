"""One question asked of native code in a process of its own: a crash or a hang is an answer."""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Report = Callable[[Mapping[str, Any]], None]

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a process said before it ended."""

    fields: dict[str, Any]
    crash: str
    """Name of the signal that ended it, as "SIGSEGV"; empty where it ended by itself or was stopped."""
    stopped: bool
    """Whether it was killed: for its time, or by the kernel for want of memory."""


def ask(work: Callable[[Report], None], *, deadline: float) -> Ending:
    """Fork, run `work` there, and gather what it reports; it is stopped at the deadline.

    Args:
        work: Called with a function that hands a mapping of plain values to this process at once.
        deadline: On the clock of `time.monotonic`.
    """
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        _work(work, sender)
    os.close(sender)
    fields: dict[str, Any] = {}
    for line in _read(receiver, child, deadline).splitlines(keepends=True):
        if line.endswith(b"\n"):
            fields.update(json.loads(line))
    _, status = os.waitpid(child, 0)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    crashed = number not in (0, signal.SIGKILL)
    return Ending(
        fields=fields,
        crash=signal.Signals(number).name if crashed else "",
        stopped=number == signal.SIGKILL,
    )


def _work(work: Callable[[Report], None], sender: int) -> None:
    """The forked process; never returns."""
    try:
        faulthandler.disable()  # a crash is an answer here
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        with os.fdopen(sender, "w") as pipe:

            def report(fields: Mapping[str, Any]) -> None:
                pipe.write(json.dumps(fields) + "\n")
                pipe.flush()

            work(report)
    finally:
        os._exit(0)


def _read(receiver: int, child: int, deadline: float) -> bytes:
    said = b""
    with os.fdopen(receiver, "rb", buffering=0) as pipe:
        while True:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([pipe], [], [], left)[0]:
                os.kill(child, signal.SIGKILL)
                return said
            part = pipe.read(65536)
            if not part:
                return said
            said += part
