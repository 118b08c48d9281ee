"""results.json where something other than a model is at fault: checks, plugins, setup, collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.project import DET
from tests.record import OTHERS, PINNED, record

from pytest_frictionless.reports.verdict import findings_of, has_failed

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
        "FR086 tests/test_own.py cannot be collected: ModuleNotFoundError: No module named "
        "'nothing_of_the_sort'"
    )
    assert finding.place is not None
    assert finding.place.file == "tests/test_own.py"
    assert "import nothing_of_the_sort" in finding.log
    assert has_failed(results)


@pytest.mark.parametrize("more", [(), ("-n2",)], ids=["alone", "xdist"])
def test_tests_of_ones_own_that_fail_are_one_finding_of_the_run(
    project: Project, more: tuple[str, ...]
) -> None:
    project.onnx("models/det.onnx", DET)
    project.write(
        "tests/test_own.py",
        "import pytest\n"
        "def test_one(): assert 1 + 1 == 3, 'no sum'\n"
        "@pytest.fixture\n"
        "def torn():\n"
        "    yield\n"
        "    raise RuntimeError('teardown, too')\n"
        "def test_two(torn): assert False\n"
        "@pytest.mark.xfail\n"
        "def test_expected(): assert False\n"
        "def test_good(): pass\n",
    )
    project.run(".", "-k", "test_own or operators", *more)
    results = record(project)
    (run,) = results.runs
    (finding,) = run.findings
    # With workers either may be the first.
    assert finding.message in (
        "tests/test_own.py::test_one failed, as did 1 more that are of no checkpoint: "
        "AssertionError: no sum",
        "tests/test_own.py::test_two failed, as did 1 more that are of no checkpoint: assert False",
    )
    assert finding.code == "FR086"
    assert "def test_" in finding.log
    assert [item.findings[0].code for item in results.items if item.fails] == ["FR501"]
    assert findings_of(results) == (finding,)


def test_a_plugin_that_fails_the_run_is_told(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("conftest.py", "def pytest_sessionfinish(session): session.exitstatus = 1\n")
    assert project.run("models", "-k", "load").code == 1
    (finding,) = findings_of(record(project))
    assert finding.code == "FR086"
    assert "ended with exit status 1, and no item of a checkpoint failed" in finding.message
