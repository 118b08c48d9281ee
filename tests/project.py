"""Small projects to run pytest in, and what became of every item."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MLP = "g (float[batch, 8] x) => (float[batch, 8] y) { a = Relu(x)  y = Neg(a) }"
"""A healthy model in ONNX's text form."""
DET = "g (float[batch, 4, 4] x) => (float[batch] y) { y = Det(x) }"
"""A valid model that runs, with an operator that TensorRT refuses."""
BAKED = (
    "g (float[batch, 8] x) => (float[batch, 8] y)"
    " <int64[2] shape = {2, 8}> { a = Reshape(x, shape)  y = Relu(a) }"
)
"""Batch 2 in disguise: the file calls it dynamic."""

CPU_CHECKS = (
    "load", "export", "opset", "graph", "operators", "dynamic-default",
    "parity-default-min", "parity-default-opt", "parity-default-max", "build-default",
)  # fmt: skip
"""Items of a checkpoint that has one profile and that need no GPU, in order."""
GPU_CHECKS = (
    "run-default-min", "run-default-opt", "run-default-max",
    "latency-default-min", "latency-default-opt", "latency-default-max", "memory-default", "cliffs-default",
)  # fmt: skip
"""Those that need one."""
CHECKS = (*CPU_CHECKS, *GPU_CHECKS, "manifest")
"""All items of a checkpoint that has one profile, in order."""

HIDE = """
import importlib.metadata, sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if f"{{name}}.".startswith({package!r} + "."):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
version = importlib.metadata.version
def visible(name):
    if name == {package!r}:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = visible
sys.meta_path.insert(0, Hidden())
"""

RECORDER = """
import json, os
def pytest_configure(config):
    # Only the process that owns the terminal sees every report once.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(), "frictionless-test-recorder")
class Recorder:
    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        longrepr = report.longrepr
        text = longrepr[2] if isinstance(longrepr, tuple) else report.longreprtext
        record = {
            "nodeid": report.nodeid, "outcome": report.outcome, "text": text,
            "properties": report.user_properties, "sections": report.sections,
        }
        with open(os.environ["FRICTIONLESS_TEST_RESULTS"], "a") as stream:
            stream.write(json.dumps(record) + "\\n")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One test as it was reported."""

    nodeid: str
    outcome: str
    text: str
    properties: list[tuple[str, Any]]
    sections: dict[str, str]

    @property
    def headline(self) -> str:
        lines = self.text.splitlines() or [""]
        # xdist puts a line of its own before the text of a failure.
        return "".join(lines[1:2]) if lines[0].startswith("[gw") else lines[0]

    @property
    def code(self) -> str:
        """Finding code the report opens with, else the first that it names."""
        return next((word for word in self.headline.split() if word.startswith("FR")), "")

    def values(self, name: str) -> list[Any]:
        """Properties of this name, without the prefix."""
        return [value for key, value in self.properties if key == f"frictionless.{name}"]


def is_healthy(items: Mapping[str, Item]) -> bool:
    """Whether each passed, or needs a GPU that is not there, or a manifest that nobody wrote."""
    return all(
        item.outcome == "passed"
        or (item.outcome == "skipped" and ("no GPU" in item.text or "FR050" in item.text))
        for item in items.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run of pytest."""

    code: int
    stdout: str
    stderr: str
    items: dict[str, Item] = field(default_factory=dict)

    def __getitem__(self, nodeid: str) -> Item:
        return self.items[nodeid]

    @property
    def ids(self) -> list[str]:
        return list(self.items)

    def count(self, outcome: str) -> int:
        return sum(item.outcome == outcome for item in self.items.values())

    def failed(self) -> list[str]:
        return [item.nodeid for item in self.items.values() if item.outcome == "failed"]

    def of(self, path: str) -> dict[str, Item]:
        """Items of one checkpoint, by check."""
        return {
            item.nodeid.rpartition("::")[2]: item
            for item in self.items.values()
            if item.nodeid.rpartition("::")[0] == path
        }

    def artifacts(self) -> tuple[int, int]:
        """How many were made and how many reused, as the summary tells."""
        line = next(line for line in self.stdout.splitlines() if line.startswith("artifacts:"))
        words = line.split()
        return int(words[1]), int(words[3])


class Project:
    """A repository under a temporary folder.

    With a pytester, runs take place in this process, which saves the start of an interpreter.
    """

    def __init__(self, root: Path, pytester: pytest.Pytester | None = None) -> None:
        self.root = root
        self._pytester = pytester
        self._runs = 0
        root.mkdir(parents=True, exist_ok=True)
        self.write("frictionless_recorder.py", RECORDER)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def onnx(self, name: str, text: str = MLP, *, header: str = "") -> Path:
        """Write a model given in ONNX's text form."""
        import onnx.parser

        header = header or '<ir_version: 10, opset_import: ["" : 19]>'
        return self.write(name, onnx.parser.parse_model(f"{header}\n{text}").SerializeToString())

    def run(self, *arguments: str, flag: bool = True, cwd: str | None = None) -> Outcome:
        """Run pytest, in this process where there is a pytester."""
        if self._pytester is None:
            return self.run_isolated(*arguments, flag=flag, cwd=cwd)
        recorder = _Recorder()
        switch = ["--frictionless"] if flag else []
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root / (cwd or "."))
            patch.setenv("COLUMNS", "200")
            # Without bytecode every run would rewrite the asserts of 300 modules anew.
            patch.setattr(sys, "dont_write_bytecode", False)
            done = self._pytester.runpytest_inprocess(*switch, *arguments, plugins=[recorder])
        return Outcome(
            code=int(done.ret), stdout=done.stdout.str(), stderr=done.stderr.str(),
            items=recorder.items,
        )  # fmt: skip

    def collect(self, *arguments: str, cwd: str | None = None) -> list[str]:
        """Ids of the items that a run would have."""
        lines = self.run("--collect-only", "-q", *arguments, cwd=cwd).stdout.splitlines()
        return [line for line in lines if "::" in line]

    def run_isolated(
        self, *arguments: str, flag: bool = True, cwd: str | None = None, plain: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Outcome:  # fmt: skip
        """Run pytest in a process of its own; `plain` leaves the recorder out."""
        self._runs += 1
        results = self.root / f".results-{self._runs}"
        command = [
            sys.executable,
            "-m",
            "pytest",
            *(["--frictionless"] if flag else []),
            *arguments,
        ]
        if not plain:
            command[3:3] = ["-p", "frictionless_recorder"]
        done = subprocess.run(
            command, cwd=self.root / (cwd or "."), capture_output=True, text=True,
            errors="backslashreplace", check=False,
            timeout=600,
            env=self._environment(results) | (environment or {}),
        )  # fmt: skip
        return Outcome(
            code=done.returncode, stdout=done.stdout, stderr=done.stderr, items=_read(results)
        )

    def without(self, package: str) -> dict[str, str]:
        """Variables for a process in which a package is as good as not installed."""
        folder = self.write("hidden/sitecustomize.py", HIDE.format(package=package)).parent
        return {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path[1:]])}

    def entries(self, cache: str = ".frictionless/cache") -> dict[str, set[str]]:
        """Keys of what the store holds, by step."""
        found: dict[str, set[str]] = {}
        for entry in (self.root / cache).glob("*/*/entry.json"):
            found.setdefault(entry.parent.parent.name, set()).add(entry.parent.name)
        return found

    def _environment(self, results: Path) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "COV_", "FORCE_COLOR", "NO_COLOR", "PY_COLORS"))
            and name != "PYTHONDONTWRITEBYTECODE"
        }
        return {
            **kept, "FRICTIONLESS_TEST_RESULTS": str(results), "COLUMNS": "200",
            "PYTHONPATH": os.pathsep.join([str(self.root), *kept.get("PYTHONPATH", "").split(os.pathsep)]),
        }  # fmt: skip


class _Recorder:
    """Notes the reports of a run in this process."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        longrepr = report.longrepr
        text = longrepr[2] if isinstance(longrepr, tuple) else report.longreprtext
        self.items[report.nodeid] = Item(
            nodeid=report.nodeid, outcome=report.outcome, text=text,
            properties=[(name, value) for name, value in report.user_properties],
            sections=dict(report.sections),
        )  # fmt: skip


def _read(results: Path) -> dict[str, Item]:
    lines: Iterable[str] = results.read_text().splitlines() if results.exists() else ()
    items = {}
    for record in map(json.loads, lines):
        items[record["nodeid"]] = Item(
            nodeid=record["nodeid"], outcome=record["outcome"], text=record["text"],
            properties=[(name, value) for name, value in record["properties"]],
            sections=dict(record["sections"]),
        )  # fmt: skip
    return items
