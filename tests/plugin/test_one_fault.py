"""One fault met at several shape points: the first of them tells it, and the others point there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

ITEM = "models/net.onnx::parity-default-{}".format
POINTS = ("min", "opt", "max")

LOG = "g (float[batch, 8] x) => (float[batch, 8] y) { y = Log(x) }"
"""NaN at every size: the inputs are on both sides of zero."""
BY_SIZE = """
g (float[batch, 8] x) => (float[batch, 8] y, float[batch, 8] z)
<float down = {-100.0}, float up = {100.0}, int64 axis = {0}, int64 most = {4}> {
    sizes = Shape(x)
    batch = Gather(sizes, axis)
    large = Greater(batch, most)
    first = Where(large, FIRST)
    second = Where(large, SECOND)
    a = Add(x, first)
    b = Add(x, second)
    y = Log(a)
    z = Log(b)
}
"""
"""Logarithms whose arguments are below zero or above, by the size of the batch."""
AT_MAX = BY_SIZE.replace("FIRST", "down, up").replace("SECOND", "up, up")
"""The output y is NaN at max alone."""
ANOTHER_AT_MAX = BY_SIZE.replace("FIRST", "up, down").replace("SECOND", "down, up")
"""The output y is NaN at min and opt, and z is at max."""
ASKED_FIRST = """
import pytest
def pytest_runtest_call(item):
    verdict = item.parent.examiner.verdict
    verdict(item.check, "default", {"min": "max", "max": "min"}[item.point])
"""
"""Before each item its rival is asked, as checks do that come after this one."""


def outcomes(project: Project, text: str, *arguments: str) -> dict[str, str]:
    project.onnx("models/net.onnx", text)
    items = project.run("models", *arguments).items
    return {point: items[ITEM(point)].outcome for point in POINTS if ITEM(point) in items}


@pytest.mark.parametrize(
    ("text", "red"),
    [(LOG, ["min"]), (AT_MAX, ["max"]), (ANOTHER_AT_MAX, ["min", "max"])],
    ids=["the same everywhere", "one point alone", "another output"],
)
def test_each_fault_has_one_red_line(project: Project, text: str, red: list[str]) -> None:
    found = outcomes(project, text)
    assert [point for point, outcome in found.items() if outcome == "failed"] == red


def test_the_others_skip_with_the_fault_and_its_item(project: Project) -> None:
    project.onnx("models/net.onnx", LOG)
    outcome = project.run("models", "-rs")
    assert outcome[ITEM("min")].code == "FR702"
    assert outcome[ITEM("max")].text.startswith("Skipped: fails as parity-default-min: FR702")
    assert outcome[ITEM("max")].values("max_abs") != []
    row = next(line for line in outcome.stdout.splitlines() if line.startswith("models/net.onnx  "))
    assert row.split().count("FAIL") == 1
    assert "/" not in row.partition(" ")[2]
    assert "not asked: parity" not in outcome.stdout


def test_a_point_without_the_first_one_is_red_itself(project: Project) -> None:
    assert outcomes(project, LOG, "-k", "parity and max") == {"max": "failed"}
    assert outcomes(project, LOG, "-k", "parity and not min") == {"opt": "failed", "max": "skipped"}


MARKED = """
import pytest
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "parity-default-min":
            item.add_marker(pytest.mark.{})
"""


@pytest.mark.parametrize("mark", ["skip", "skipif(True, reason='slow')", "xfail(reason='known')"])
def test_a_first_point_that_cannot_be_red_tells_for_nobody(project: Project, mark: str) -> None:
    project.write("conftest.py", MARKED.format(mark))
    project.onnx("models/net.onnx", LOG)
    outcome = project.run("models", "-k", "parity")
    assert outcome[ITEM("opt")].outcome == "failed"
    assert outcome.code == 1


def test_items_do_not_point_to_each_other_on_two_workers(project: Project) -> None:
    """Each worker asks all first: one begins with min, the other with max."""
    pytest.importorskip("xdist")
    project.write("conftest.py", ASKED_FIRST)
    project.onnx("models/net.onnx", LOG)
    outcome = project.run_isolated("models", "-n", "2", "-k", "parity and not opt")
    assert outcome.code == 1
    assert "failed" in {outcome[ITEM(point)].outcome for point in ("min", "max")}


def test_the_first_point_reruns_alone_until_it_is_mended(project: Project) -> None:
    outcomes(project, LOG)
    assert outcomes(project, LOG, "--lf") == {"min": "failed"}
    assert outcomes(project, LOG.replace("Log", "Exp"), "--lf") == {"min": "passed"}


def test_a_worker_that_did_not_ask_the_first_one_is_red_too(project: Project) -> None:
    pytest.importorskip("xdist")
    project.onnx("models/net.onnx", LOG)
    outcome = project.run_isolated("models", "-n", "2", "-k", "parity")
    found = {point: outcome[ITEM(point)] for point in POINTS}
    red = [point for point, item in found.items() if item.outcome == "failed"]
    assert red
    for item in (item for item in found.values() if item.outcome == "skipped"):
        first = item.text.removeprefix("Skipped: fails as parity-default-").partition(":")[0]
        assert first in red
    assert outcome.code == 1
