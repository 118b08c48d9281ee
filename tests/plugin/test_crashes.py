"""A step that crashes, hangs or outgrows its memory fails one item; the run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from tests.project import MLP, Project, is_healthy

FEEDS = """
import ctypes, os, time
def ones(shape, generator):
    return generator.random(shape) * 0 + 1
def segfault(shape, generator):
    os.write(2, b"native code was here\\n")
    ctypes.string_at(0)
def leave(shape, generator):
    os._exit(5)
def hang(shape, generator):
    open("hanging", "w").close()
    time.sleep(600)
def grow(shape, generator):
    held = []
    while True:
        held.append(os.urandom(1 << 20) * 16)
        time.sleep(0.005)
def broken(shape, generator):
    raise LookupError("no such photo")
"""


def with_feed(*names: str) -> str:
    lines = ["models:"]
    for name in names:
        lines += [
            f"  {name}:", "    inputs:",
            f'      x: {{type: "float32[batch, 8]", make: "shop.feeds:{name}"}}',
            "    profiles: {one: {batch: [1, 2, 4]}}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def write(project: Project, *names: str) -> None:
    project.write("shop/__init__.py", "")
    project.write("shop/feeds.py", FEEDS)
    for index, name in enumerate(names):
        project.onnx(
            f"models/{name}.onnx",
            MLP.replace("Neg", ("Neg", "Abs", "Exp", "Sin", "Cos", "Tan")[index]),
        )
    project.write("frictionless.yaml", with_feed(*names))


def test_a_crash_a_hang_and_a_hunger_for_memory_fail_one_item_each(project: Project) -> None:
    write(project, "broken", "grow", "hang", "leave", "ones", "segfault")
    outcome = project.run("models", "--frictionless-timeout", "3", "--frictionless-memory", "900")
    stories = {nodeid: outcome[nodeid].headline for nodeid in outcome.failed()}
    assert stories == {
        "models/broken.onnx::dynamic-one": stories["models/broken.onnx::dynamic-one"],
        "models/grow.onnx::dynamic-one": (
            "FR002 execute grew over its limit of 900 MiB and was stopped"
        ),
        "models/hang.onnx::dynamic-one": "FR001 execute took longer than 3 s and was stopped",
        "models/leave.onnx::dynamic-one": "FR003 execute ended its process with exit code 5",
        "models/segfault.onnx::dynamic-one": "FR003 execute crashed with SIGSEGV (11)",
    }
    assert "no such photo" in stories["models/broken.onnx::dynamic-one"]
    assert stories["models/broken.onnx::dynamic-one"].startswith("FR204")
    crash = outcome["models/segfault.onnx::dynamic-one"]
    assert "native code was here" in crash.sections["Captured native log call"]
    for name in ("grow", "hang", "leave", "segfault"):
        items = outcome.of(f"models/{name}.onnx")
        assert items["parity-one-max"].text.startswith("Skipped: needs dynamic-one: FR00")
        assert items["operators"].outcome == "passed"
    assert is_healthy(outcome.of("models/ones.onnx"))

    # What time or memory decided is asked again; nothing of it was kept.
    project.write(
        "shop/feeds.py", FEEDS.replace("ctypes.string_at(0)", "return generator.random(shape)")
    )
    again = project.run("models/segfault.onnx")
    assert again.failed() == []


def children_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_ctrl_c_ends_the_run_and_every_process(project: Project, arguments: list[str]) -> None:
    write(project, "hang")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--frictionless", "models", "-p", "no:cacheprovider", *arguments],
        cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not (project.root / "hanging").exists() and time.monotonic() < end:
        time.sleep(0.05)
    below = children_of(process)
    assert len(below) >= 2
    # The terminal sends it to the whole group in the foreground.
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert b"KeyboardInterrupt" in output
    _, left = psutil.wait_procs(below, timeout=10)
    assert left == []
    locks = project.root / ".frictionless/cache/locks"
    assert locks.is_dir()
    # Nothing is locked and nothing half made: the next run goes through.
    project.write(
        "shop/feeds.py", FEEDS.replace("time.sleep(600)", "return generator.random(shape)")
    )
    assert project.run("models").failed() == []


def test_the_user_s_prints_in_a_step_do_not_reach_the_terminal(project: Project) -> None:
    write(project, "ones")
    project.write("shop/feeds.py", FEEDS.replace("    return generator.random(shape) * 0 + 1", "    print('chatter'); return generator.random(shape)"))  # fmt: skip
    outcome = project.run("models", "-s")
    assert is_healthy(outcome.of("models/ones.onnx"))
    assert "chatter" not in outcome.stdout
