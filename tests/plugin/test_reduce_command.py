"""`pytest-frictionless reduce`: exit statuses, words and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.project import DET, MLP, Project

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    made.onnx("models/det.onnx", DET.replace("y = Det(x)", "r = Relu(x) y = Det(r)"))
    made.onnx("models/good.onnx", MLP)
    return made


def test_a_failing_model_gives_the_finding_and_the_files(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reduce", "models/det.onnx", "-o", "out"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("FR501 Det is rejected by")
    assert "models-det.onnx-operators/reproduce.py (1 node of 2)" in said
    assert sorted(path.name for path in (project.root / "out").iterdir()) == [
        "model.onnx", "reproduce.py",
    ]  # fmt: skip


def test_a_model_that_passes_has_nothing_to_reduce(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reduce", "models/good.onnx", "--check", "operators"]) == 0
    assert capsys.readouterr().out == "nothing fails: there is nothing to reduce\n"
    assert not (project.root / ".frictionless/reproducers").exists()


def test_a_check_that_another_blocks_says_so(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    del project
    assert main(["reduce", "models/det.onnx", "--check", "build"]) == 1
    assert "build-default cannot be asked before operators passes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["models/det.onnx", "--seconds", "0"], "--seconds takes a number above zero, not 0"),
        (["models/none.onnx"], "models/none.onnx is no file"),
        (["models/det.onnx", "-o", "models/good.onnx"], "-o models/good.onnx: "),
    ],
)
def test_wrong_usage_is_told(
    project: Project, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    del project
    assert main(["reduce", *arguments]) == 2
    assert words in capsys.readouterr().err
