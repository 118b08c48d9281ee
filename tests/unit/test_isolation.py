"""Child processes: whatever happens in one, one step fails with its story and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_frictionless.errors import MissingDependency, StepFailed, StepInterrupted
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Child, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STEPS = """
import ctypes, os, sys, time
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Place

def answer(memory, folder, *, value):
    memory["calls"] = memory.get("calls", 0) + 1
    with open(folder + "/made.txt", "w") as stream:
        stream.write(value)
    return {"value": value, "calls": memory["calls"], "pid": os.getpid(), "cwd": os.getcwd()}

def segfault(memory, folder):
    os.write(2, b"last words of native code\\n")
    ctypes.string_at(0)

def abort(memory, folder):
    os.write(2, b"terminate called after throwing an instance of 'std::bad_thing'\\n")
    os.abort()

def leave(memory, folder):
    os._exit(7)

def system_exit(memory, folder):
    sys.exit(3)

def hang(memory, folder):
    print("going to sleep", flush=True)
    while True:
        time.sleep(1)

def hang_in_native_code(memory, folder):
    ctypes.CDLL(None).sleep(600)

def grow(memory, folder):
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)) * 8)
        time.sleep(0.005)

def refuse_memory(memory, folder):
    raise MemoryError("std::bad_alloc")

def allocator(memory, folder):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory: you tried")

def bug(memory, folder):
    return {}["nothing here"]

def model_at_fault(memory, folder):
    print("the library grumbles")
    raise StepFailed(Finding(code="FR201", message="no way", place=Place(file="a.py", line=3),
                             evidence=(("seen", "3"),)))

def lacking(memory, folder):
    raise MissingDependency("acme", purpose="this", extra="torch")

def loud(memory, folder):
    for number in range(20_000):
        print("line", number)
    os.abort()

def unserialisable(memory, folder):
    return {"value": object()}

def slow(memory, folder, *, seconds):
    time.sleep(seconds)
    return {}
"""
LIMITS = Limits(timeout_s=60, memory_mib=4096)


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[Zygote]:
    (tmp_path / "steps_of_test.py").write_text(STEPS)
    zygote = Zygote(cwd=tmp_path)
    yield zygote
    zygote.close()


@pytest.fixture
def child(zygote: Zygote, tmp_path: Path) -> Child:
    return zygote.fork(preload=(), log=tmp_path / "child.log")


def run(
    child: Child, step: str, folder: Path, limits: Limits = LIMITS, **inputs: Any
) -> dict[str, Any]:
    record, _ = child.run(f"steps_of_test:{step}", inputs, folder=folder, limits=limits)
    return record


def processes_below(pid: int) -> list[psutil.Process]:
    return [each for each in psutil.Process(pid).children(recursive=True) if is_running(each)]


def is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_step_gives_its_record_and_keeps_its_memory(child: Child, tmp_path: Path) -> None:
    first = run(child, "answer", tmp_path, value="a")
    second = run(child, "answer", tmp_path, value="ü")
    assert (first["value"], first["calls"]) == ("a", 1)
    assert (second["value"], second["calls"]) == ("ü", 2)
    assert first["pid"] == second["pid"] != os.getpid()
    assert first["cwd"] == str(tmp_path)
    assert (tmp_path / "made.txt").read_text() == "ü"


def test_each_child_starts_with_clean_memory(zygote: Zygote, tmp_path: Path) -> None:
    records = []
    for number in range(3):
        child = zygote.fork(preload=(), log=tmp_path / f"{number}.log")
        records.append(run(child, "answer", tmp_path, value="x"))
        child.kill()
    assert [record["calls"] for record in records] == [1, 1, 1]
    assert len({record["pid"] for record in records}) == 3


@pytest.mark.parametrize(
    ("step", "code", "words", "log"),
    [
        ("segfault", "FR003", "segfault crashed with SIGSEGV (11)", "last words of native code"),
        ("abort", "FR003", "abort crashed with SIGABRT (6)", "std::bad_thing"),
        ("leave", "FR003", "leave ended its process with exit code 7", ""),
    ],
)
def test_a_crash_is_told_with_its_signal_and_native_log(
    child: Child, tmp_path: Path, step: str, code: str, words: str, log: str
) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, step, tmp_path)
    assert caught.value.finding.code == code
    assert caught.value.finding.message == words
    assert log in caught.value.finding.log
    assert not child.alive


def test_sys_exit_in_a_step_is_told_as_an_end_of_the_process(child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, "system_exit", tmp_path)
    assert caught.value.finding.code == "FR003"


def test_after_a_crash_the_next_child_works(zygote: Zygote, child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepInterrupted):
        run(child, "segfault", tmp_path)
    fresh = zygote.fork(preload=(), log=tmp_path / "fresh.log")
    assert run(fresh, "answer", tmp_path, value="alive")["value"] == "alive"


@pytest.mark.parametrize("step", ["hang", "hang_in_native_code"])
def test_a_hang_is_stopped_at_the_time_limit(child: Child, tmp_path: Path, step: str) -> None:
    started = time.monotonic()
    with pytest.raises(StepInterrupted) as caught:
        run(child, step, tmp_path, Limits(timeout_s=0.5, memory_mib=4096))
    assert time.monotonic() - started < 10
    assert caught.value.finding.code == "FR001"
    assert caught.value.finding.message == f"{step} took longer than 0.5 s and was stopped"
    if step == "hang":
        assert caught.value.finding.log == "going to sleep"
    assert not child.alive


def test_growth_is_stopped_at_the_memory_limit(child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, "grow", tmp_path, Limits(timeout_s=60, memory_mib=300))
    assert caught.value.finding.code == "FR002"
    assert "300 MiB" in caught.value.finding.message
    assert not child.alive


@pytest.mark.parametrize("step", ["refuse_memory", "allocator"])
def test_a_failed_allocation_is_memory_and_no_bug_of_ours(
    child: Child, tmp_path: Path, step: str
) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, step, tmp_path)
    assert caught.value.finding.code == "FR002"


def test_a_kill_from_outside_is_told_as_memory(child: Child, tmp_path: Path) -> None:
    pid = run(child, "answer", tmp_path, value="x")["pid"]
    with (
        subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {pid}"]),
        pytest.raises(StepInterrupted) as caught,
    ):
        run(child, "hang", tmp_path)
    assert caught.value.finding.code == "FR002"
    assert "SIGKILL" in caught.value.finding.cause


def test_a_bug_is_labelled_as_ours_with_its_traceback(child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, "bug", tmp_path)
    assert caught.value.finding.code == "FR004"
    assert "INTERNAL ERROR" in caught.value.finding.message
    assert "KeyError: 'nothing here'" in caught.value.finding.cause
    assert 'return {}["nothing here"]' in caught.value.finding.cause


def test_a_record_that_is_no_json_is_a_finding_too(child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepInterrupted) as caught:
        run(child, "unserialisable", tmp_path)
    assert caught.value.finding.code in ("FR003", "FR004")


def test_a_finding_of_a_step_arrives_whole_with_what_was_printed(
    child: Child, tmp_path: Path
) -> None:
    with pytest.raises(StepFailed) as caught:
        run(child, "model_at_fault", tmp_path)
    finding = caught.value.finding
    assert not isinstance(caught.value, StepInterrupted)
    assert (finding.code, finding.message) == ("FR201", "no way")
    assert finding.place is not None
    assert (finding.place.file, finding.place.line) == ("a.py", 3)
    assert finding.evidence == (("seen", "3"),)
    assert finding.log == "the library grumbles"
    assert child.alive


def test_a_missing_package_is_no_failure(child: Child, tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match=r"acme is not installed.*pip install"):
        run(child, "lacking", tmp_path)


def test_a_log_is_cut_to_its_end_and_belongs_to_its_step(child: Child, tmp_path: Path) -> None:
    with pytest.raises(StepFailed):
        run(child, "model_at_fault", tmp_path)
    with pytest.raises(StepInterrupted) as caught:
        run(child, "loud", tmp_path)
    log = caught.value.finding.log
    assert len(log) <= 8000
    assert "line 19999" in log
    assert "grumbles" not in log


def test_ticks_tell_the_seconds_while_a_step_runs(child: Child, tmp_path: Path) -> None:
    ticks: list[float] = []
    inputs = {"seconds": 0.6}
    child.run("steps_of_test:slow", inputs, folder=tmp_path, limits=LIMITS, tick=ticks.append)
    assert len(ticks) >= 5
    assert ticks == sorted(ticks)
    assert ticks[-1] < 30


def test_an_interrupt_of_the_waiting_process_ends_the_child(child: Child, tmp_path: Path) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        child.run("steps_of_test:hang", {}, folder=tmp_path, limits=LIMITS, tick=interrupt)
    assert not child.alive


def test_a_module_that_ends_the_process_on_import_is_told(zygote: Zygote, tmp_path: Path) -> None:
    (tmp_path / "poison.py").write_text(
        "import os\nprint('cannot start', flush=True)\nos._exit(9)\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(StepInterrupted) as caught:
            zygote.fork(preload=("poison",), log=tmp_path / "p.log")
    finally:
        sys.path.remove(str(tmp_path))
    assert caught.value.finding.code == "FR003"
    assert "poison" in caught.value.finding.message
    assert "cannot start" in caught.value.finding.log
    # The zygote starts anew.
    child = zygote.fork(preload=(), log=tmp_path / "q.log")
    assert run(child, "answer", tmp_path, value="x")["value"] == "x"


def test_closing_ends_every_child_also_a_hanging_one(tmp_path: Path) -> None:
    (tmp_path / "steps_of_test.py").write_text(STEPS)
    before = {each.pid for each in processes_below(os.getpid())}
    zygote = Zygote(cwd=tmp_path)
    children = [zygote.fork(preload=(), log=tmp_path / f"{n}.log") for n in range(3)]
    pids = [run(child, "answer", tmp_path, value="x")["pid"] for child in children]
    ours = [each for each in processes_below(os.getpid()) if each.pid not in before]
    assert {each.pid for each in ours} > set(pids)
    zygote.close()
    assert eventually(lambda: not any(is_running(each) for each in ours))
    zygote.close()  # a second time does no harm


DRIVER = """
import sys
from pathlib import Path
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Limits
here = Path(sys.argv[1])
zygote = Zygote(cwd=here)
child = zygote.fork(preload=(), log=here / "log")
print("ready", flush=True)
child.run("steps_of_test:hang_in_native_code", {}, folder=here, limits=Limits(timeout_s=600, memory_mib=4096))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_when_pytest_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "steps_of_test.py").write_text(STEPS)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert driver.stdout is not None
    with driver.stdout:
        driver.stdout.readline()
        assert eventually(lambda: len(processes_below(driver.pid)) == 2)
        below = processes_below(driver.pid)
        time.sleep(0.2)  # the step is on its way
        driver.send_signal(number)
        driver.wait(10)
    assert eventually(lambda: not any(is_running(each) for each in below))


def test_logs_lose_their_colours(child: Child, tmp_path: Path) -> None:
    (tmp_path / "colours_of_test.py").write_text(
        "import os\ndef run(memory, folder):\n    os.write(1, b'\\x1b[31mred\\x1b[0m\\n')\n    os.abort()\n"
    )
    with pytest.raises(StepInterrupted) as caught:
        child.run("colours_of_test:run", {}, folder=tmp_path, limits=LIMITS)
    assert caught.value.finding.log.startswith("red")
