"""What pytest's own terminal makes of a failure and of a skip, by its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.gpu.conftest import has_gpu
from tests.project import DET

if TYPE_CHECKING:
    from tests.project import Project

STORY = "FR501 Det is rejected by TensorRT-RTX"
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
NETS = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(8))

    def forward(self, x):
        x = x * self.scale
        return torch.linalg.eigvalsh(x[:, :, None] * x[:, None, :])
"""
ENTRY = """
models:
  net:
    path: models/net.pt
    factory: nets:Net
    inputs: {x: "float32[batch, 8]"}
    profiles: {default: {batch: [1, 2, 4]}}
"""


@pytest.fixture
def failing(project: Project) -> Project:
    """A checkpoint that TensorRT refuses, beside two that it takes."""
    project.onnx("models/a.onnx")
    project.onnx("models/b.onnx")
    project.onnx("models/det.onnx", DET)
    return project


@WORKERS
def test_one_line_of_a_failure_is_one_line(failing: Project, workers: tuple[str, ...]) -> None:
    done = failing.run("models", "--tb=line", "-k", "operators", *workers)
    failures = done.stdout.partition(" FAILURES ")[2].partition(" frictionless ")[0]
    lines = [line for line in failures.splitlines() if "FR501" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"models/det.onnx::operators: {STORY}")
    assert "where:" not in failures
    assert "FAILED models/det.onnx::operators - FR501" in done.stdout


@WORKERS
def test_the_first_line_of_a_failure_is_red(failing: Project, workers: tuple[str, ...]) -> None:
    done = failing.run_isolated("models/det.onnx", "--color=yes", "-k", "operators", *workers)
    assert f"\x1b[31m\x1b[1m{STORY}" in done.stdout
    assert "\n  where:  y (Det)\n" in done.stdout
    assert "\x1b[31m\x1b[1mFR501" not in failing.run("models/det.onnx", "-k", "operators").stdout


def test_what_follows_a_failure_is_apart_from_it(failing: Project) -> None:
    text = failing.run("models/det.onnx", "-k", "operators").stdout
    assert "  reproduce:  pytest --frictionless 'models/det.onnx::operators'\n\n==" in text


def test_the_summary_of_ci_does_not_tell_all_of_it_again(
    failing: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    text = failing.run("models/det.onnx", "-k", "operators").stdout
    assert text.count("where:  y (Det)") == 1
    assert f"FAILED models/det.onnx::operators - {STORY}" in text


@pytest.mark.skipif(has_gpu(), reason="there is a GPU: the items run")
@WORKERS
def test_skips_of_one_reason_are_one_line_without_a_line_number(
    failing: Project, workers: tuple[str, ...]
) -> None:
    lines = failing.run("models", "-rs", *workers).stdout.splitlines()
    told = [line for line in lines if line.startswith("SKIPPED")]
    assert [line for line in told if "no GPU here" in line] == [
        next(line for line in told if line.startswith("SKIPPED [16] models: no GPU here"))
    ]
    assert [line for line in told if "needs operators: FR501 Det" in line] == [
        next(line for line in told if line.startswith("SKIPPED [9] models/det.onnx: needs"))
    ]
    assert not [line for line in told if ":0:" in line]


@pytest.mark.skipif(has_gpu(), reason="there is a GPU: the items run")
def test_skips_that_are_not_folded_name_their_items(failing: Project) -> None:
    text = failing.run("models/a.onnx", "-rs", "--no-fold-skipped").stdout
    assert "SKIPPED models/a.onnx::memory-default - Skipped: no GPU here" in text


def test_a_failed_export_has_no_native_log_of_what_torch_says_of_itself(project: Project) -> None:
    import torch

    project.write("nets.py", NETS)
    project.write("frictionless.yaml", ENTRY)
    (project.root / "models").mkdir()
    torch.save({"scale": torch.ones(8)}, project.root / "models/net.pt")
    export = project.run_isolated("models", "-k", "export")["models/net.pt::export"]
    assert export.code == "FR203"
    assert "Captured native log call" not in export.sections
