"""results.json where something other than a model is at fault: checks, plugins, setup, collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.project import DET
from tests.record import OTHERS, PINNED, record

from pytest_frictionless.reports.verdict import has_failed

if TYPE_CHECKING:
    from tests.project import Project


def test_exceptions_of_other_checks_are_errors_and_odd_values_are_valid(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("conftest.py", OTHERS)
    project.write("frictionless.yaml", PINNED)
    project.run("models", "-m", "frictionless_measure or frictionless_broken")
    measured, broken = record(project).items
    assert measured.measurements == {
        "gap": "NaN", "top": "Infinity", "low": "-Infinity", "where": "a", "sizes": [1, 2],
        "by_size": {"1": 2.5}, "name": "caf\\udce9",
    }  # fmt: skip
    assert measured.findings[0].evidence == (("count", "3"),)
    assert measured.notes == ("measured",)
    assert broken.outcome == "error"
    (finding,) = broken.findings
    assert finding.headline == "FR010 broken ended without an answer: LookupError: no such table"
    assert "raise LookupError" in finding.log
    assert finding.place is not None
    assert (finding.place.file, finding.place.line) == ("conftest.py", 15)


def test_marks_of_others_and_a_broken_teardown_are_told(shop_floor: Project) -> None:
    shop_floor.onnx("models/det.onnx", DET)
    shop_floor.write("frictionless.yaml", PINNED + "models: {b: {skip: 'not yet trained'}}\n")
    shop_floor.write(
        "conftest.py",
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        if item.name in ('operators', 'opset') and item.path.stem == 'det':\n"
        "            item.add_marker(pytest.mark.xfail(reason='no Det yet'))\n"
        "        if item.name == 'opset' and item.path.stem == 'a':\n"
        "            item.add_marker(pytest.mark.xfail(strict=True, reason='no opset yet'))\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_runtest_teardown(item):\n"
        "    assert item.nodeid != 'models/a.onnx::load', 'no room left'\n",
    )
    shop_floor.run("models", "-k", "load or operators or opset")
    items = {item.id: item for item in record(shop_floor).items}
    expected = items["models/det.onnx::operators"]
    assert (expected.outcome, expected.skip) == ("xfailed", "no Det yet")
    assert items["models/det.onnx::opset"].outcome == "xpassed"
    unexpected = items["models/a.onnx::opset"]
    assert (unexpected.outcome, [each.headline for each in unexpected.findings]) == (
        "failed",
        ["FR010 opset passed, and is marked as one that fails (xfail, strict): no opset yet"],
    )
    skipped = items["models/b.onnx::load"]
    assert (skipped.outcome, skipped.skip) == ("skipped", "not yet trained")
    torn = items["models/a.onnx::load"]
    assert torn.outcome == "error"
    assert "in its teardown: AssertionError: no room left" in torn.findings[-1].message


def test_a_broken_setup_and_a_verdict_of_a_plugin_are_told(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("frictionless.yaml", PINNED)
    project.write(
        "conftest.py",
        "import pytest\n"
        "def pytest_runtest_setup(item):\n"
        "    assert item.name != 'load', 'no room'\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    report = yield\n"
        "    if item.name == 'opset' and call.when == 'call':\n"
        "        report.outcome, report.longrepr = 'failed', '3 threads are left'\n"
        "    return report\n",
    )
    project.run("models", "-k", "load or opset")
    told = {item.id.rpartition("::")[2]: item for item in record(project).items}
    assert told["load"].outcome == "error"
    assert "load ended without an answer in its setup: AssertionError: no room" in (
        told["load"].findings[-1].message
    )
    assert [each.headline for each in told["opset"].findings] == [
        "FR010 opset failed without an exception: 3 threads are left"
    ]


@pytest.mark.parametrize("more", [(), ("--continue-on-collection-errors",), ("-n2",)])
def test_what_cannot_be_collected_is_a_finding_of_the_run(
    project: Project, more: tuple[str, ...]
) -> None:
    project.onnx("models/a.onnx")
    project.write("tests/test_own.py", "import nothing_of_the_sort\n")
    project.run(".", "-k", "load", *more)
    results = record(project)
    (run,) = results.runs
    (finding,) = run.findings
    assert finding.headline == (
        "FR010 tests/test_own.py cannot be collected: ModuleNotFoundError: No module named "
        "'nothing_of_the_sort'"
    )
    assert finding.place is not None
    assert finding.place.file == "tests/test_own.py"
    assert "import nothing_of_the_sort" in finding.log
    assert has_failed(results)
