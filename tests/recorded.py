"""A GPU for projects to run on where there is none: its steps answer with what an H200 showed.

A process at a time, as the latency check measures. `DRIVER` in the environment is another driver,
`SLOWER` makes the candidate engine slower by a factor, at all points but those of `UNCHANGED`, and
`MACHINE` the accepted one as well; `REFUSED` lets no accepted engine load.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from tests.project import Project

RECORDED = Path(__file__).parent / "h200_latency.json"
PROCESSES: list[dict[str, list[float]]] = json.loads(RECORDED.read_text())["processes"]
"""Milliseconds of every launch, by point."""
POINTS = ("min", "opt", "max")
RECORDED_GPU = f"""
import json, os
from pathlib import Path
from types import SimpleNamespace
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench import gpu
from pytest_frictionless.workbench.steps import Steps

PROCESSES = json.loads(Path({str(RECORDED)!r}).read_text())["processes"]
GPU = {{
    "gpu": "NVIDIA H200", "uuid": "GPU-1", "memory_mib": 143771, "mig": False, "power_limit_w": 700,
    "driver": os.environ.get("DRIVER", "580.159.04"), "cuda_driver": "13.0", "sm_clock_max_mhz": 1980,
    "sm_clock_application_mhz": 1980,
}}
ENGINE, CAPABILITY = "TensorRT-RTX 1.6.1.120", "9.0"
WATCH = {{"sm_mhz": 1980.0, "celsius": 40, "watt": 300, "use": 90, "slowed": {{}}, "neighbours": [],
          "hard_slowdown": 0.0}}

def measured(cells, seed, plan, **_):
    accepted = Path(plan).parent.name == "accepted"
    if accepted and "REFUSED" in os.environ:
        raise StepFailed(Finding(code="FR905", message=f"{{ENGINE}} cannot load the engine: version"))
    process = PROCESSES[(seed - 1) % len(PROCESSES)]
    slower = 1.0 if accepted else float(os.environ.get("SLOWER", "1"))
    machine = float(os.environ.get("MACHINE", "1"))
    unchanged = os.environ.get("UNCHANGED", "").split()
    return {{
        "engine": ENGINE, "gpu": GPU, "compute_capability": CAPABILITY, "weights_mib": 1.0, "layers": [],
        "cells": {{cell["name"]: {{
            "samples_ms": [machine * ms * (1.0 if point in unchanged else slower) for ms in process[point]], "count": 50,
            "captured": True, "uncaptured": "", "plain_ms": 1.0, "host_ms": 0.1, "warm_up_s": 1.0,
            "workspace_mib": 2.0, "used_mib": 3.0, "watch": WATCH,
        }} for cell in cells for point in [cell["name"].rpartition("-")[2]]}},
    }}

def run(sizes, **_):
    return {{"engine": ENGINE, "gpu": GPU["gpu"], "sizes": sizes, "workspace_mib": 2.0, "comparisons": [],
             "unwritten": {{}}, "unsteady": {{}}, "absent": []}}

def held(cell, **_):
    return {{"engine": ENGINE, "gpu": GPU["gpu"], "sizes": cell["sizes"], "weights_mib": 1.0,
             "workspace_mib": 2.0, "context_mib": 2.0, "buffers_mib": 1.0, "loaded_mib": 30.0,
             "peak_mib": 40.0, "neighbours": []}}

def describe():
    return {{**GPU, "engine": ENGINE, "compute_capability": CAPABILITY}}

ON_A_GPU = {{"gpu.latency:measure": measured, "gpu.memory:measure": held, "gpu.run:run": run,
            "gpu.run:describe": describe}}
carry_out = Steps._carry_out

def answer(self, child, step, arguments, folder):
    if step in ON_A_GPU:
        return ON_A_GPU[step](**arguments), {{}}
    return carry_out(self, child, step, arguments, folder)

Steps._carry_out = answer
gpu.ctypes = SimpleNamespace(CDLL=lambda name: None)
"""
"""conftest.py of such a project."""


def accept(project: Project) -> None:
    """Accept as baselines what the last three jobs measured, as on a machine of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "GITHUB_ACTIONS"):
            patch.delenv(name, raising=False)
        patch.chdir(project.root)
        assert main(["baseline", "accept", "--jobs", "3", "--reason", "the first"]) == 0
