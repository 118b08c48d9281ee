"""One cause, one red line: what depends on a failure skips, unless nobody else would tell."""

from __future__ import annotations

import pytest
from tests.project import BAKED, CPU_CHECKS, DET, Project


def test_dependants_of_a_failure_skip_with_its_cause(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.onnx("models/baked.onnx", BAKED)
    project.write("models/empty.onnx", b"")
    outcome = project.run("models")
    assert sorted(outcome.failed()) == [
        "models/baked.onnx::dynamic-default",
        "models/det.onnx::operators",
        "models/empty.onnx::load",
    ]
    det, baked = outcome.of("models/det.onnx"), outcome.of("models/baked.onnx")
    assert det["build-default"].text.startswith(
        "Skipped: needs operators: FR501 Det is rejected by"
    )
    assert {check for check, item in det.items() if item.outcome == "passed"} == (
        set(CPU_CHECKS) - {"operators", "build-default"}
    )
    for check in (
        "parity-default-min",
        "parity-default-opt",
        "parity-default-max",
        "build-default",
    ):
        assert baked[check].text.startswith("Skipped: needs dynamic-default: FR605")
    for check, item in outcome.of("models/empty.onnx").items():
        if check != "load":
            assert item.text.startswith("Skipped: needs load: FR101")
            assert item.values("needs")[0].startswith("FR101")
            assert item.values("error") == []


def test_a_dependant_selected_alone_fails_with_the_cause(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    outcome = project.run("models/det.onnx::build-default")
    assert outcome.ids == ["models/det.onnx::build-default"]
    assert outcome.count("failed") == 1
    assert outcome["models/det.onnx::build-default"].code == "FR501"
    assert outcome.code == 1


def test_a_chain_names_the_first_cause(project: Project) -> None:
    project.write("models/empty.onnx", b"")
    outcome = project.run("models", "-k", "load or build")
    assert outcome["models/empty.onnx::build-default"].text.startswith("Skipped: needs load: FR101")
    alone = project.run("models", "-k", "opset or build")
    # `load` was not selected, so each tells the cause itself.
    assert [item.code for item in alone.items.values()] == ["FR101", "FR101"]
    assert alone.count("failed") == 2


SKIPPED = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "operators":
            item.add_marker(pytest.mark.{})
"""


@pytest.mark.parametrize("mark", ["skip", "skipif(True, reason='slow')"])
def test_a_cause_that_is_skipped_is_told_by_what_depends_on_it(project: Project, mark: str) -> None:
    project.write("conftest.py", SKIPPED.format(mark))
    project.onnx("models/det.onnx", DET)
    outcome = project.run("models", "-k", "operators or build")
    assert outcome.failed() == ["models/det.onnx::build-default"]
    assert outcome.code == 1


def test_deselected_causes_fail_under_xdist_too(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.onnx("models/good.onnx")
    outcome = project.run_isolated("models", "-n", "2", "-m", "frictionless_build")
    assert outcome.failed() == ["models/det.onnx::build-default"]
    assert outcome["models/det.onnx::build-default"].code == "FR501"
