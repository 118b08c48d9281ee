"""results.json: every run leaves one, valid and whole, whatever became of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.project import CHECKS, DET, MLP, Project
from tests.record import PINNED, record

from pytest_frictionless.cli import main
from pytest_frictionless.reports.stored import RESULTS_FILE
from pytest_frictionless.reports.verdict import findings_of, has_failed

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Results


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
