"""`pytest-frictionless profile` where nothing can be profiled: exit statuses and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.gpu.conftest import has_gpu
from tests.project import Project

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    made.onnx("net.onnx")
    return made


@pytest.mark.skipif(has_gpu(), reason="there is a GPU here")
def test_without_a_gpu_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "net.onnx"]) == 2
    assert (
        "no GPU here (the NVIDIA driver's libcuda.so.1 is not installed)" in capsys.readouterr().err
    )


def test_wrong_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "net.onnx", "--top", "0"]) == 2
    assert "--top takes a number above zero" in capsys.readouterr().err
    assert main(["profile", "nte"]) == 2
    assert "nte is no file, and no model" in capsys.readouterr().err


def test_an_unknown_profile_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "net.onnx", "--profile", "defautl"]) == 2
    assert "net.onnx has no profile 'defautl', did you mean 'default'?" in capsys.readouterr().err
