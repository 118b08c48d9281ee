"""ResNet-50 is right at batch 16 and off at batch 1, by TF32: one engine, two shape points."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.workbench.points import NOTABLE

if TYPE_CHECKING:
    from tests.project import Project

NETWORKS = Path(__file__).parents[2] / "benchmarks" / "gpu_networks.py"
CONFIG = """
models:
  net:
    path: net.pt
    factory: nets:resnet50
    inputs: {image: "float32[batch, 3, 224, 224]"}
    profiles: {online: {batch: [1, 16, 32]}}
"""


def test_the_report_shows_which_points_are_off_and_that_tf32_makes_it(project: Project) -> None:
    torch = pytest.importorskip("torch")
    project.write("nets.py", NETWORKS.read_text())
    project.write("frictionless.yaml", CONFIG)
    torch.save(runpy.run_path(str(NETWORKS))["resnet50"]().state_dict(), project.root / "net.pt")
    items = project.run_isolated("-k", "run-online", "-rA").of("net.pt")
    runs = {at: items[f"run-online-{at}"] for at in ("min", "opt", "max")}
    assert {item.outcome for item in runs.values()} == {"passed"}, [i.text for i in runs.values()]
    shares = {at: item.values("max_share")[0] for at, item in runs.items()}
    assert shares["min"] > 5 * shares["opt"], shares
    assert shares["min"] > NOTABLE, shares
    said = "\n".join(text for item in runs.values() for text in item.sections.values())
    told = [line for line in said.splitlines() if "off by" in line and "at min" in line]
    assert told, (shares, said)
    assert any("because of TF32" in line for line in told), told
