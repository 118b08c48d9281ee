"""FR080 in a run: told once, a failure under --frictionless-strict, and a skip where git cannot tell."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

MODEL = "models/net.onnx"
LINE = (
    "FR080 2 components of the stack change at once since main: onnxruntime 1.22.1 -> 1.32.0, "
    "onnx 1.19.1 -> 1.23.2"
)


@pytest.fixture
def branch(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose branch moves onnx and ONNX Runtime."""
    for name in ("GITHUB_BASE_REF", "GITHUB_EVENT_NAME", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    project.onnx(MODEL)
    pins = project.root / "constraints.txt"
    pins.write_text("onnx==1.19.1\nonnxruntime==1.22.1\n")
    known = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-b", "main"], ["add", "-A"], ["commit", "-m", "pins"]):
        subprocess.run([*known, *command], cwd=project.root, check=True, capture_output=True)
    pins.write_text("onnx==1.23.2\nonnxruntime==1.32.0\n")
    return project


def test_it_is_a_warning_where_a_ref_is_given(branch: Project) -> None:
    done = branch.run("-k", "load", "--frictionless-changed-since=main")
    assert done.code == 0
    assert f"warning: {LINE}" in done.stdout
    assert "FR080" not in branch.run("-k", "load").stdout


def test_it_fails_a_strict_run_and_one_component_does_not(branch: Project) -> None:
    strict = ("-k", "load", "--frictionless-strict", "--frictionless-changed-since=main")
    done = branch.run(*strict)
    assert done.code == 1
    assert f"failed: {LINE}" in done.stdout
    (branch.root / "constraints.txt").write_text("onnx==1.23.2\n")
    assert branch.run(*strict).code == 0


def test_the_base_that_ci_names_is_taken_and_a_shallow_checkout_is_no_failure(
    branch: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    done = branch.run("-k", "load", "--frictionless-strict")
    assert done.code == 0
    assert "not asked: FR080 whether several components changed since origin/main" in done.stdout
    assert "fetch-depth: 0" in done.stdout
    subprocess.run(
        ["git", "update-ref", "refs/remotes/origin/main", "main"], cwd=branch.root, check=True
    )
    assert LINE.replace("since main", "since origin/main") in branch.run("-k", "load").stdout


def test_a_ref_that_was_asked_for_and_is_not_there_is_a_warning(branch: Project) -> None:
    done = branch.run("-k", "load", "--frictionless-strict", "--frictionless-changed-since=nowhere")
    assert done.code == 1
    assert (
        "failed: FR080 whether several components changed since nowhere is not known" in done.stdout
    )
