"""The `frictionless` fixture, in tests that users write."""

from __future__ import annotations

import pytest
from tests.project import DET, Project

OWN = """
import pytest
from pytest_frictionless import find_checkpoints

@pytest.mark.parametrize("checkpoint", find_checkpoints("models"), ids=str)
def test_opset(checkpoint, frictionless):
    assert frictionless.workbench(checkpoint).onnx()["opset"] == 19

@pytest.mark.parametrize("checkpoint", find_checkpoints("models"), ids=str)
def test_required(checkpoint, frictionless):
    frictionless.require(checkpoint, "operators")

def test_by_path_with_profile(frictionless):
    verdict = frictionless.verdict("models/good.onnx", "parity", profile="online", point="max")
    assert not verdict.failed
    assert verdict.measurements["sizes"] == {"batch": 4}

def test_no_checkpoint(frictionless):
    from pytest_frictionless.errors import ConfigError
    with pytest.raises(ConfigError, match="is no checkpoint"):
        frictionless.workbench("test_own.py")
"""


@pytest.fixture
def with_own_test(project: Project) -> Project:
    project.onnx("models/good.onnx")
    project.onnx("models/det.onnx", DET)
    project.write("frictionless.yaml", "models: {good: {profiles: {online: {batch: [1, 2, 4]}}}}\n")
    project.write("test_own.py", OWN)
    return project


@pytest.mark.parametrize("flag", [False, True], ids=["without the flag", "with the flag"])
def test_fixture_gives_artifacts_and_verdicts(with_own_test: Project, flag: bool) -> None:
    outcome = with_own_test.run("test_own.py", flag=flag)
    assert outcome.ids == [
        "test_own.py::test_opset[models/det.onnx]",
        "test_own.py::test_opset[models/good.onnx]",
        "test_own.py::test_required[models/det.onnx]",
        "test_own.py::test_required[models/good.onnx]",
        "test_own.py::test_by_path_with_profile",
        "test_own.py::test_no_checkpoint",
    ]
    assert outcome.failed() == ["test_own.py::test_required[models/det.onnx]"]
    assert "FR501 Det is rejected by" in outcome["test_own.py::test_required[models/det.onnx]"].text
    assert "no checkpoint was found" not in outcome.stdout


def test_fixture_and_items_share_artifacts(with_own_test: Project) -> None:
    with_own_test.run("models")
    outcome = with_own_test.run("test_own.py", "models")
    assert outcome.artifacts()[0] == 0


def test_an_unknown_check_or_profile_is_told_with_the_names_there_are(
    with_own_test: Project,
) -> None:
    with_own_test.write(
        "test_own.py",
        "def test_check(frictionless): frictionless.verdict('models/good.onnx', 'paritty')\n"
        "def test_profile(frictionless):\n"
        "    frictionless.require('models/good.onnx', 'build', profile='offline')\n",
    )
    outcome = with_own_test.run("test_own.py", flag=False)
    check = outcome["test_own.py::test_check"].text
    assert "'paritty'" in check
    assert "parity" in check.replace("paritty", "")
    profile = outcome["test_own.py::test_profile"].text
    assert "online" in profile
