"""What the GPU job of CI calls, on a real GPU."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from tests.project import Project

ASKED = "frictionless_run or frictionless_memory"


@pytest.fixture(autouse=True)
def _in_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("frictionless.yaml", "roots: [models]\nlatency: {rounds: 2, seconds: 0.1}\n")
    project.onnx("models/net.onnx")
    monkeypatch.chdir(project.root)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def test_the_job_of_a_gpu_is_green_and_its_report_names_the_gpu(project: Project) -> None:
    assert main(["ci", "run", "--gpu", "--", "-m", ASKED]) == 0
    found = json.loads((project.root / "frictionless-report/shard-1/results.json").read_text())
    ran = [item for item in found["items"] if item["check"] == "run"]
    assert {item["outcome"] for item in ran} == {"passed"}
    assert all(item["measurements"]["gpu"].startswith("NVIDIA") for item in ran)
    assert main(["ci", "report", "frictionless-report", "--shards", "1"]) == 0
    summary = (project.root / "frictionless-report/report/summary.md").read_text()
    assert "<code>gpu</code> | <code>NVIDIA" in summary


def test_it_is_red_where_the_gpu_is_not_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The negative: a runner whose GPU is not handed to the container."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert main(["ci", "run", "--gpu", "--", "-m", ASKED]) == 1
    assert "FR014 no checkpoint of shard 1 of 1 ran on a GPU" in "".join(capfd.readouterr())
