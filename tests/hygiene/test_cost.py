"""What collecting costs, in imports, calls and searches for garbage: times would tell of the machine."""

from __future__ import annotations

import json
import pstats
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COLLECT = (
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:benchmark",
    "-q",
    "--frictionless",
    "--collect-only",
)
NOT_TO_COLLECT = (
    "pytest_frictionless.latency", "pytest_frictionless.workbench.judging",
    "pytest_frictionless.stack.pins", "pytest_frictionless.settings.document", "ruamel", "rich",
)  # fmt: skip
"""Asked of a GPU's measurements, at the end of a run, or where there is a frictionless.yaml."""
CALLS = 3200
"""Of functions, to collect one checkpoint with its 19 items; most are pytest's own."""
CALLS_WITH_ENTRIES = 4800
"""The same where each has an entry in frictionless.yaml, which is read and compared, too."""
WATCH = """
import gc, json, sys
generations = [0, 0, 0]
def count(phase, about):
    if phase == "start":
        generations[about["generation"]] += 1
def pytest_collection():
    generations[:] = [0, 0, 0]
    gc.callbacks.append(count)
def pytest_collection_finish(session):
    gc.callbacks.remove(count)
    told = {"items": len(session.items), "searches": sum(generations), "modules": list(sys.modules)}
    open("told.json", "w").write(json.dumps(told))
"""


def repository(folder: Path, count: int, *, named: bool = False) -> Path:
    """As many empty checkpoints: each is found, and what is wrong with it is told when it is asked."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    for number in range(count):
        (folder / f"net_{number}.onnx").touch()
    if named:
        models = {f"net_{number}": {"path": f"net_{number}.onnx"} for number in range(count)}
        (folder / "frictionless.yaml").write_text(json.dumps({"models": models}))
    return folder


def run(folder: Path, *before: str) -> None:
    command = [sys.executable, *before, "-m", "pytest", *COLLECT]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def calls(folder: Path) -> int:
    run(folder, "-m", "cProfile", "-o", "profile")
    total: int = pstats.Stats(str(folder / "profile")).total_calls  # type: ignore[attr-defined]
    return total


def test_collecting_imports_nothing_of_what_comes_after_it(tmp_path: Path) -> None:
    folder = repository(tmp_path / "one", 1)
    (folder / "conftest.py").write_text(WATCH)
    run(folder)
    modules = json.loads((folder / "told.json").read_text())["modules"]
    assert "pytest_frictionless.checks.latency" in modules
    early = [
        name for name in modules if f"{name}.".startswith(tuple(f"{n}." for n in NOT_TO_COLLECT))
    ]
    assert early == []


@pytest.mark.parametrize(("named", "most"), [(False, CALLS), (True, CALLS_WITH_ENTRIES)])
def test_one_more_checkpoint_costs_few_calls(tmp_path: Path, named: bool, most: int) -> None:
    few, many = (calls(repository(tmp_path / str(n), n, named=named)) for n in (50, 250))
    assert 0 < (many - few) / 200 < most


def test_garbage_is_not_looked_for_among_what_is_collected(tmp_path: Path) -> None:
    folder = repository(tmp_path / "many", 100)
    (folder / "conftest.py").write_text(WATCH)
    run(folder)
    told = json.loads((folder / "told.json").read_text())
    assert told["items"] > 1000
    assert told["searches"] <= 2
