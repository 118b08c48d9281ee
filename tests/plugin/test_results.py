"""results.json: every run leaves one, valid and whole, whatever became of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.project import CHECKS, DET, MLP, Project

from pytest_frictionless.cli import main
from pytest_frictionless.reports.schema import json_schema
from pytest_frictionless.reports.stored import RESULTS_FILE, read_results, to_json
from pytest_frictionless.reports.verdict import findings_of, has_failed

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Results

PINNED = "opset: {version: 19, reason: 'the runtime knows 19'}\n"
OTHERS = """
import math, pathlib
from pytest_frictionless.check import Check, Scope
from pytest_frictionless.finding import Finding

def measure(ctx):
    ctx.measurements.update(
        gap=math.nan, top=math.inf, low=-math.inf, where=pathlib.PurePath("a"), sizes=(1, 2),
        by_size={1: 2.5}, name="caf\\udce9",
    )
    ctx.notes.append("measured")
    yield Finding(code="AB1", message="odd", evidence=(("count", 3),), severity="warning")

def broken(ctx):
    raise LookupError("no such table")
    yield

class Plugin:
    def pytest_frictionless_checks(self):
        return [
            Check(name="measure", scope=Scope.CHECKPOINT, run=measure),
            Check(name="broken", scope=Scope.CHECKPOINT, run=broken),
        ]

def pytest_configure(config):
    config.pluginmanager.register(Plugin())
"""


def record(project: Project, path: str = RESULTS_FILE) -> Results:
    """The record of the last run, held against the schema, and the same when written again."""
    text = (project.root / path).read_text()
    jsonschema.validate(json.loads(text), json_schema())
    results = read_results(project.root / path)
    assert to_json(results) == text
    return results


def timeless(project: Project) -> dict[str, Any]:
    """The record without what differs from run to run."""
    content: dict[str, Any] = json.loads((project.root / RESULTS_FILE).read_text())
    for part in (*content["runs"], *content["items"]):
        part.pop("started", None)
        part.pop("seconds")
    for item in content["items"]:
        for name in ("build_s", "peak_mib"):
            item["measurements"].pop(name, None)
    return content


def outcomes(results: Results) -> dict[str, str]:
    return {item.id: str(item.outcome) for item in results.items}


def test_a_passing_run_is_told_whole(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", PINNED)
    outcome = shop_floor.run("models")
    results = record(shop_floor)
    assert [item.id for item in results.items] == outcome.ids
    (run,) = results.runs
    assert (run.exit, run.complete, run.unreached, run.deselected) == (0, True, (), 0)
    assert run.environment["onnx"]
    assert run.environment["python"]
    assert not has_failed(results)
    for place, checkpoint in zip(
        ("models/a.onnx", "models/b.onnx"), results.checkpoints, strict=True
    ):
        assert (checkpoint.path, checkpoint.format) == (place, "onnx")
        assert checkpoint.items == CHECKS
        content = hashlib.sha256((shop_floor.root / place).read_bytes()).hexdigest()
        assert checkpoint.files == {place: content}
        onnx, plan = checkpoint.made
        assert (onnx.kind, onnx.path, onnx.sha256) == ("onnx", place, content)
        engine = (shop_floor.root / plan.path).read_bytes()
        assert (plan.kind, plan.sha256) == ("plan", hashlib.sha256(engine).hexdigest())
    build = next(item for item in results.items if item.id == "models/a.onnx::build-default")
    assert (build.check, build.profile, build.point) == ("build", "default", "")
    assert build.measurements["plan_bytes"] > 1000
    assert build.seconds > 0
    assert [line for line in outcome.stdout.splitlines() if "results" in line] == []


def test_failed_blocked_and_skipped_items_say_why(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.write("frictionless.yaml", PINNED)
    project.run("models")
    results = record(project)
    assert has_failed(results)
    items = {item.id.rpartition("::")[2]: item for item in results.items}
    failed = items["operators"]
    assert failed.outcome == "failed"
    assert failed.findings[0].code == "FR501"
    assert failed.findings[0].place is not None
    assert failed.findings[0].place.operator == "Det"
    assert failed.findings[0].remedy
    assert str(project.root) not in json.dumps([each.to_json() for each in failed.findings])
    script = failed.findings[0].reproducer.partition(" (")[0]
    assert (project.root / script).is_file()
    blocked = items["build-default"]
    assert (blocked.outcome, blocked.blocked_by) == ("skipped", "operators")
    assert blocked.findings == ()
    assert blocked.skip.startswith("needs operators: FR501 Det is rejected")


def test_the_findings_stay_where_the_item_that_failed_first_is_not_run(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.run("models", "-k", "build")
    (build,) = record(project).items
    assert (build.outcome, build.blocked_by) == ("failed", "operators")
    assert [finding.code for finding in build.findings] == ["FR501"]


def test_suppressed_findings_and_unused_suppressions_are_told(project: Project) -> None:
    project.onnx("models/a.onnx", DET)
    ignore = "{FR501: 'a plugin brings Det', FR801: 'a plugin brings Det', FR303: 'old'}"
    project.write("frictionless.yaml", f"{PINNED}models: {{a: {{ignore: {ignore}}}}}\n")
    project.run("models")
    results = record(project)
    operators = next(item for item in results.items if item.check == "operators")
    assert operators.outcome == "passed"
    assert [(each.finding.code, each.reason) for each in operators.ignored] == [
        ("FR501", "a plugin brings Det")
    ]
    assert [finding.code for finding in results.runs[0].findings] == ["FR007"]
    assert not has_failed(results)


def test_warnings_that_fail_a_strict_run_fail_the_record(project: Project) -> None:
    project.onnx("models/a.onnx")
    assert project.run("models").code == 0
    assert not has_failed(record(project))
    assert project.run("models", "--frictionless-strict").code == 1
    results = record(project)
    assert results.runs[0].strict
    assert outcomes(results)["models/a.onnx::opset"] == "failed"


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
        "            item.add_marker(pytest.mark.xfail(strict=True))\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_runtest_teardown(item):\n"
        "    assert item.nodeid != 'models/a.onnx::load', 'no room left'\n",
    )
    shop_floor.run("models", "-k", "load or operators or opset")
    items = {item.id: item for item in record(shop_floor).items}
    expected = items["models/det.onnx::operators"]
    assert (expected.outcome, expected.skip) == ("xfailed", "no Det yet")
    assert items["models/det.onnx::opset"].outcome == "xpassed"
    assert items["models/a.onnx::opset"].outcome == "failed"
    skipped = items["models/b.onnx::load"]
    assert (skipped.outcome, skipped.skip) == ("skipped", "not yet trained")
    torn = items["models/a.onnx::load"]
    assert torn.outcome == "error"
    assert "in its teardown: AssertionError: no room left" in torn.findings[-1].message


def test_a_run_that_stops_early_says_what_it_left(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.run("models", "-x")
    results = record(project)
    (run,) = results.runs
    assert not run.complete
    assert (len(results.items), len(run.unreached)) == (5, len(CHECKS) - 5)
    assert run.unreached[0] == "models/det.onnx::dynamic-default"
    assert [finding.code for finding in findings_of(results)] == ["FR011"]


def test_ctrl_c_leaves_what_was_asked(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write(
        "conftest.py",
        "def pytest_runtest_call(item):\n"
        "    if item.name == 'opset':\n"
        "        raise KeyboardInterrupt\n",
    )
    assert project.run_isolated("models").code == pytest.ExitCode.INTERRUPTED
    results = record(project)
    assert (results.runs[0].exit, results.runs[0].complete) == (2, False)
    assert outcomes(results) == {"models/a.onnx::load": "passed", "models/a.onnx::export": "passed"}
    assert results.runs[0].unreached[0] == "models/a.onnx::opset"


def test_a_part_of_the_items_is_complete_and_tells_the_rest(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", PINNED)
    for arguments in (["-k", "load"], ["models/a.onnx::load", "models/b.onnx::load"]):
        shop_floor.run(*(arguments if "::" in arguments[0] else ["models", *arguments]))
        results = record(shop_floor)
        assert sorted(outcomes(results)) == ["models/a.onnx::load", "models/b.onnx::load"]
        assert results.runs[0].complete
        assert results.runs[0].deselected == 2 * (len(CHECKS) - 1)


def test_the_last_failed_alone_are_told_with_the_rest(shop_floor: Project) -> None:
    shop_floor.onnx("models/det.onnx", DET)
    shop_floor.run("models")
    shop_floor.run("models", "--lf")
    results = record(shop_floor)
    assert outcomes(results) == {"models/det.onnx::operators": "failed"}
    assert results.runs[0].complete
    assert [each.path for each in results.checkpoints] == [
        "models/a.onnx", "models/b.onnx", "models/det.onnx",
    ]  # fmt: skip
    assert results.runs[0].deselected == 3 * len(CHECKS) - 1


def test_no_checkpoint_is_a_finding_of_the_run(project: Project) -> None:
    project.write("test_own.py", "def test_own(): pass\n")
    assert project.run().code == 1
    results = record(project)
    assert results.items == ()
    assert [finding.code for finding in findings_of(results)] == ["FR012"]
    assert has_failed(results)
    assert project.run("--frictionless-allow-empty").code == 0
    assert not has_failed(record(project))


def test_the_record_goes_where_it_is_asked_for(shop_floor: Project) -> None:
    outcome = shop_floor.run("models", "-k", "load", "--frictionless-results", "out/r.json")
    assert "results: out/r.json" in outcome.stdout
    assert (shop_floor.root / "out/r.json").read_text() == (
        shop_floor.root / RESULTS_FILE
    ).read_text()
    shop_floor.write("pytest.ini", "[pytest]\nfrictionless_results = ini/r.json\n")
    shop_floor.run("-k", "load", cwd="models")
    assert len(record(shop_floor, "ini/r.json").items) == 2


def test_a_place_that_takes_no_file_is_an_error(shop_floor: Project) -> None:
    refused = shop_floor.run("models", "-k", "load", "--frictionless-results", "models")
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "--frictionless-results takes a file" in refused.stderr
    shop_floor.write("out", "a file")
    outcome = shop_floor.run("models", "-k", "load", "--frictionless-results", "out/r.json")
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    assert "results are not written" in outcome.stdout
    assert record(shop_floor).runs[0].exit == 1


def test_an_old_record_does_not_outlive_the_next_run(shop_floor: Project) -> None:
    shop_floor.run("models", "-k", "load")
    shop_floor.run("models", "--collect-only")
    assert (shop_floor.root / RESULTS_FILE).exists()
    shop_floor.write("conftest.py", "import os\ndef pytest_collection(): os._exit(7)\n")
    assert shop_floor.run_isolated("models").code == 7
    assert not (shop_floor.root / RESULTS_FILE).exists()


def test_the_commit_is_told_and_the_record_does_not_change_it(shop_floor: Project) -> None:
    def git(*arguments: str) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=trunk")
        command = ["git", *author, *arguments]
        done = subprocess.run(
            command, cwd=shop_floor.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init")
    git("add", "models")
    git("commit", "-m", "models")
    shop_floor.run("models", "-k", "load")
    commit = record(shop_floor).runs[0].commit
    assert commit is not None
    assert (commit.sha, commit.branch, commit.dirty) == (git("rev-parse", "HEAD"), "trunk", False)
    assert ".frictionless" not in git("status", "--porcelain")
    shop_floor.onnx("models/a.onnx", MLP.replace("Neg", "Exp"))
    ignore = shop_floor.write(".frictionless/.gitignore", "mine\n")
    shop_floor.run("models", "-k", "load")
    commit = record(shop_floor).runs[0].commit
    assert commit is not None
    assert commit.dirty
    assert ignore.read_text() == "mine\n"


class TestXdist:
    """Workers of xdist and their controller."""

    @pytest.fixture(autouse=True)
    def _xdist(self) -> None:
        pytest.importorskip("xdist")

    def test_the_record_is_that_of_a_run_alone(self, shop_floor: Project) -> None:
        shop_floor.onnx("models/det.onnx", DET)
        shop_floor.write("frictionless.yaml", PINNED + "models: {a: {ignore: {FR501: 'old'}}}\n")
        # Properties of reports, which xdist carries, take no paths and no broken names.
        shop_floor.write(
            "conftest.py",
            OTHERS.replace(', name="caf\\udce9"', "").replace("pathlib.PurePath", "str"),
        )
        shop_floor.run_isolated("models")
        alone = timeless(shop_floor)
        shop_floor.run_isolated("models", "-n", "2")
        record(shop_floor)
        assert timeless(shop_floor) == alone
        assert len(alone["items"]) == 3 * (len(CHECKS) + 2)

    def test_a_worker_that_ends_leaves_an_error_and_loses_nothing(
        self, shop_floor: Project
    ) -> None:
        shop_floor.write(
            "conftest.py",
            "import os\n"
            "def pytest_runtest_call(item):\n"
            "    if item.nodeid == 'models/a.onnx::parity-default-min':\n"
            "        os._exit(3)\n",
        )
        outcome = shop_floor.run_isolated("models", "-n", "2")
        assert outcome.code == 1
        results = record(shop_floor)
        assert results.runs[0].complete
        assert len(results.items) == 2 * len(CHECKS)
        (crashed,) = (item for item in results.items if item.fails)
        assert crashed.outcome == "error"
        assert (crashed.check, crashed.profile, crashed.point) == ("parity", "default", "min")
        assert crashed.findings[0].message.startswith(
            "parity-default-min ended without an answer: worker 'gw"
        )

    def test_workers_that_all_end_leave_an_incomplete_run(self, shop_floor: Project) -> None:
        shop_floor.write(
            "conftest.py",
            "import os\n"
            "def pytest_runtest_call(item):\n"
            "    if item.name == 'opset':\n"
            "        os._exit(3)\n",
        )
        shop_floor.run_isolated("models", "-n", "1", "--max-worker-restart", "0")
        results = record(shop_floor)
        assert not results.runs[0].complete
        assert len(results.items) + len(results.runs[0].unreached) == 2 * len(CHECKS)
        assert has_failed(results)


def test_shards_are_reported_together_and_a_missing_one_is_told(
    shop_floor: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_floor.write("frictionless.yaml", PINNED)
    shop_floor.onnx("models/det.onnx", DET)
    for index, name in enumerate(("a", "b", "det"), 1):
        shop_floor.run(
            f"models/{name}.onnx", f"--frictionless-shard={index}/3",
            f"--frictionless-results={index}.json",
        )  # fmt: skip
    monkeypatch.chdir(shop_floor.root)
    capsys.readouterr()
    assert main(["report", "summary", "1.json", "2.json", "3.json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == [
        "checkpoint", "models/det.onnx", "models/a.onnx", "models/b.onnx",
    ]  # fmt: skip
    assert lines[4].startswith("failed: models/det.onnx::operators: FR501 Det is rejected")
    assert main(["report", "summary", "1.json"]) == 1
    assert "failed: FR011 shards 2, 3 of 3 left no results" in capsys.readouterr().out
    assert main(["report", "json", "1.json", "2.json", "-o", "all.json"]) == 0
    assert main(["report", "summary", "all.json", "3.json"]) == 1
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize("given", ["4", "0/4", "5/4", "a/b", "1/4/2", "-1/4"])
def test_a_shard_is_a_part_of_a_whole(shop_floor: Project, given: str) -> None:
    refused = shop_floor.run("models", f"--frictionless-shard={given}")
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "--frictionless-shard takes a part of a whole, as 2/4" in refused.stderr
