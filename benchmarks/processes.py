"""Running a command and measuring what it takes: wall time, CPU time, memory of its whole tree."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
SAMPLE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command took."""

    wall_s: float
    cpu_s: float
    """Of the process and of every descendant that was waited for."""
    peak_mib: float = 0.0
    """Largest sum of PSS over the tree; 0 where it was not sampled."""
    root_peak_mib: float = 0.0
    """Largest resident size of the first process alone."""


class CommandFailed(Exception):
    """A command that is measured did not do its work: its time means nothing."""


def environment(**more: str) -> dict[str, str]:
    """The environment of a user: bytecode is cached, no option comes from outside."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, **more}


def pytest_command(*arguments: str) -> list[str]:
    """Command line of pytest with no plugin but this one: others' imports are not our cost."""
    others = {each.name for each in metadata.entry_points(group="pytest11")} - {"frictionless"}
    without = [text for name in sorted(others) for text in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", *without, *arguments]


def by_hand_command(name: str, checkpoint: Path, folder: Path) -> list[str]:
    """Command line of the script that does the same work."""
    folder.mkdir(parents=True, exist_ok=True)
    return [sys.executable, str(HERE / "by_hand.py"), name, str(checkpoint), str(folder)]


def run(
    command: Sequence[str],
    cwd: Path,
    *,
    expect: int = 0,
    sampled: bool = False,
    env: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command to its end.

    `sampled` measures memory too: that takes CPU time, so time and memory are measured in different
    runs. Raises CommandFailed where the exit status is not `expect`.
    """
    with open(cwd / "output.txt", "w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env or environment()), stdout=output,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        peaks = _Peaks(process.pid) if sampled else None
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if peaks is not None:
            peaks.stop()
        if process.returncode != expect:
            output.seek(0)
            text = output.read().decode("utf-8", "replace")[-3000:]
            raise CommandFailed(f"{' '.join(command)} gave {process.returncode}:\n{text}")
    return Cost(
        wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=peaks.tree_mib if peaks else 0.0, root_peak_mib=usage.ru_maxrss / 1024
        if peaks is None else peaks.root_mib,
    )  # fmt: skip


class _Peaks:
    """Looks at a process and its descendants many times a second.

    PSS shares a page among the processes that map it: a sum of RSS would count torch's libraries in
    pytest's children twice.
    """

    def __init__(self, pid: int) -> None:
        self.tree_mib = self.root_mib = 0.0
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            total = 0.0
            with suppress(psutil.Error, OSError):  # it may end at any moment
                for each in [self._root, *self._root.children(recursive=True)]:
                    with suppress(psutil.Error):
                        total += each.memory_full_info().pss / 2**20
                # VmHWM is the peak of the process itself, between samples too.
                status = Path(f"/proc/{self._root.pid}/status").read_text()
                if "VmHWM:" in status:
                    self.root_mib = int(status.partition("VmHWM:")[2].split()[0]) / 1024
            self.tree_mib = max(self.tree_mib, total)
