"""One forked process with a time limit, a memory limit and a log: whatever happens, one step fails."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import MissingDependency, StepFailed, StepInterrupted
from pytest_frictionless.finding import Finding
from pytest_frictionless.machine import hardware_finding, is_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    import psutil

    from pytest_frictionless.workbench.forking import Zygote

# multiprocessing and psutil are imported where a child starts: a run that makes nothing needs none.
LOG_TAIL_BYTES = 8_000

POLL_S = 0.05

POLLS_PER_LOOK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one step may use."""

    timeout_s: float
    memory_mib: int | None
    """None is 80 % of the machine's memory."""


class Child:
    """One forked process; it keeps what it has loaded from step to step."""

    def __init__(self, connection: Connection, *, pid: int, zygote: Zygote, log: Path) -> None:
        self._connection = connection
        self._pid = pid
        self._zygote = zygote
        self.log = log
        self.alive = True

    def run(
        self, step: str, inputs: Mapping[str, Any], *, folder: Path, limits: Limits,
        tick: Callable[[float], None] = lambda _: None,
    ) -> tuple[dict[str, Any], dict[str, str]]:  # fmt: skip
        """Carry out `step` ("module:function"); its record, and digests of the user's files it read.

        `tick` is called with the seconds spent, about twenty times a second. Raises StepFailed with
        the finding of the step, StepInterrupted where it crashed, hung or outgrew its memory, and
        MissingDependency.
        """
        offset = self.log.stat().st_size if self.log.exists() else 0
        order = {"step": step, "inputs": inputs, "folder": str(folder)}
        name = step.rpartition(":")[2]
        started = time.monotonic()
        try:
            self._connection.send_bytes(json.dumps(order).encode())
            self._watch(name, limits, started, tick)
            answer = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            log = tail(self.log, offset)
            raise StepInterrupted(self._obituary(name, log).with_log(log)) from error
        except StepInterrupted as interrupted:
            self.kill()
            log = tail(self.log, offset)
            raise StepInterrupted(interrupted.finding.with_log(log)) from None
        except BaseException:
            self.kill()
            raise
        return self._read(name, answer, tail(self.log, offset))

    def _watch(
        self, name: str, limits: Limits, started: float, tick: Callable[[float], None]
    ) -> None:
        import psutil

        process, polls = psutil.Process(self._pid), 0
        limit_mib = limits.memory_mib or int(psutil.virtual_memory().total * 0.8) >> 20
        while not self._connection.poll(POLL_S):
            spent_s = time.monotonic() - started
            tick(spent_s)
            if spent_s > limits.timeout_s:
                raise StepInterrupted(
                    Finding(
                        code="FR001",
                        message=f"{name} took longer than {limits.timeout_s:g} s and was stopped",
                    )
                )
            if (polls := polls + 1) % POLLS_PER_LOOK:
                continue
            used_mib = _resident_mib(process)
            if used_mib > limit_mib:
                raise StepInterrupted(_memory_finding(name, f"it held {used_mib} MiB", limit_mib))

    def _read(
        self, name: str, answer: Mapping[str, Any], log: str
    ) -> tuple[dict[str, Any], dict[str, str]]:
        if "finding" in answer:
            finding = Finding.from_json(answer["finding"]).with_log(log)
            raise StepFailed(finding, sources=answer["sources"])
        if "missing" in answer:
            missing = MissingDependency.__new__(MissingDependency)
            missing.args = (answer["missing"],)
            raise missing
        if "memory" in answer:
            self.kill()
            finding = _memory_finding(name, answer["memory"], None)
            raise StepInterrupted(finding.with_log(log))
        if "bug" in answer:
            cause = answer["bug"].strip()
            message = f"INTERNAL ERROR of pytest-frictionless in {name}: {cause.splitlines()[-1]}"
            raise StepInterrupted(Finding(code="FR004", message=message, cause=cause, log=log))
        return answer["record"], answer["sources"]

    def _obituary(self, name: str, log: str) -> Finding:
        """Why the process ended on its own."""
        self.alive = False
        self._connection.close()
        status = self._zygote.wait(self._pid)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGKILL:
                return _memory_finding(name, "the kernel killed it (SIGKILL)", None)
            word = signal.Signals(number).name
            if number == signal.SIGILL:
                words = "a library used an instruction that this processor does not have (SIGILL)"
                return hardware_finding(name, words)
            if number == signal.SIGABRT and is_memory(log):  # C++ ends so where nobody catches
                return _memory_finding(name, _last_about_memory(log), None)
            return Finding(code="FR003", message=f"{name} crashed with {word} ({number})")
        code = os.waitstatus_to_exitcode(status)
        return Finding(code="FR003", message=f"{name} ended its process with exit code {code}")

    def kill(self) -> None:
        """End the process at once."""
        if self.alive:
            self.alive = False
            os.kill(self._pid, signal.SIGKILL)
            self._connection.close()
            self._zygote.wait(self._pid)


def _resident_mib(process: psutil.Process) -> int:
    """Memory of the child and of what it started, which is trial builds mostly."""
    import psutil

    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:
        pass
    return total >> 20


def _memory_finding(name: str, cause: str, limit_mib: int | None) -> Finding:
    limit = f" its limit of {limit_mib} MiB" if limit_mib else " of memory"
    verb = "grew over" if limit_mib else "ran out"
    return Finding(code="FR002", message=f"{name} {verb}{limit} and was stopped", cause=cause)


def _last_about_memory(log: str) -> str:
    return next(line.strip() for line in reversed(log.splitlines()) if is_memory(line))


def tail(log: Path, offset: int) -> str:
    """What the child wrote since `offset`, at most its last 8 kB."""
    try:
        with log.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(offset, size - LOG_TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
            return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
    except OSError:
        return ""
