"""An installation that is broken fails, and one that is absent skips: neither blames the model."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

pytest.importorskip("tensorrt_rtx")

NO_CUDART = "libcudart.so.13: cannot open shared object file: No such file or directory"


def test_a_library_that_does_not_load_is_one_red_line_and_no_skip(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("tensorrt_rtx/__init__.py", f"raise ImportError({NO_CUDART!r})\n")
    outcome = project.run_isolated("models")
    items = outcome.of("models/a.onnx")
    assert outcome.failed() == ["models/a.onnx::operators"]
    failed = items["operators"]
    assert failed.headline.startswith("FR005 tensorrt_rtx ")
    assert failed.headline.endswith(f"is installed and cannot be loaded: {NO_CUDART}")
    assert "LD_LIBRARY_PATH" in failed.text
    for name in ("dynamic-default", "parity-default-max", "build-default"):
        assert items[name].text.startswith("Skipped: needs operators: FR005")
    assert "support" not in outcome.stdout

    # Once it is mended the same run passes: nothing of it was kept.
    shutil.rmtree(project.root / "tensorrt_rtx")
    assert project.run_isolated("models").failed() == []


def test_a_library_that_is_absent_is_a_skip_with_what_to_install(project: Project) -> None:
    project.onnx("models/a.onnx")
    outcome = project.run_isolated("models", environment=project.without("onnxruntime"))
    items = outcome.of("models/a.onnx")
    assert outcome.failed() == []
    assert items["operators"].outcome == "passed"
    assert items["dynamic-default"].text == (
        "Skipped: onnxruntime is not installed, and running the exported model needs it: "
        "pip install 'pytest-frictionless[onnx]'"
    )
