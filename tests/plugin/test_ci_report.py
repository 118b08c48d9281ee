"""`pytest-frictionless ci report`: what the jobs left becomes reports, and the gate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from tests.checkout import Checkout
from tests.project import DET, Project
from tests.reported import RUN, WHOLE, hostile, item, many, results

from pytest_frictionless.cli import main
from pytest_frictionless.reports.results import Commit, Shard
from pytest_frictionless.reports.stored import read_results, to_json, write_text
from pytest_frictionless.reports.verdict import findings_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.reports.results import Results

FILES = (
    "benchmark.json", "comment.md", "gl-code-quality.json", "metrics.txt", "results.json", "sarif.json", "summary.md",
)  # fmt: skip
PINNED = "opset: {version: 19, reason: 'the runtime knows 19'}\n"


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run in CI themselves."""
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the files of a step on GitHub."""
    folder = tmp_path / "github"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    return folder


def leave(folder: Path, *records: Results) -> Path:
    """What jobs leave: a record in a folder of its own."""
    for number, record in enumerate(records, 1):
        write_text(to_json(record), folder / f"shard-{number}/results.json")
    return folder


def told(folder: Path) -> list[str]:
    """What the merged record says of the runs."""
    return [each.headline for each in findings_of(read_results(folder / "report/results.json"))]


def green(**changes: Any) -> Results:
    """The record of a run that passed but for these changes."""
    return results(item("a", "load"), run=replace(RUN, exit=0, **changes))


class TestRealRuns:
    """Shards of pytest, each with results.json and junit.xml."""

    def shard(self, project: Project, number: int, *paths: str) -> None:
        project.run(
            *paths, f"--frictionless-shard={number}/2",
            f"--frictionless-results=out/shard-{number}/results.json", f"--junitxml=out/shard-{number}/junit.xml",
        )  # fmt: skip

    def test_all_reports_are_made_of_all_shards(
        self, shop_floor: Project, github: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shop_floor.write("frictionless.yaml", PINNED)
        shop_floor.onnx("models/det.onnx", DET)
        self.shard(shop_floor, 1, "models/a.onnx", "models/b.onnx")
        self.shard(shop_floor, 2, "models/det.onnx")
        capsys.readouterr()
        out = shop_floor.root / "out"
        assert main(["ci", "report", str(out)]) == 1
        report = out / "report"
        assert sorted(each.name for each in report.iterdir()) == sorted([*FILES, "junit.xml"])
        assert (github / "output").read_text() == "result=failure\ntotal=3\nfailed=1\n"
        assert (github / "summary").read_text() == (report / "summary.md").read_text()
        root = ElementTree.parse(report / "junit.xml").getroot()
        names = [case.get("classname") for case in root.iter("testcase")]
        assert {"models.a.onnx", "models.b.onnx", "models.det.onnx"} <= set(names)
        assert root.get("tests") == str(len(names))
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("::stop-commands::")
        commands = lines[lines.index(f"::{lines[0].rpartition('::')[2]}::") + 1 :]
        assert commands[0].startswith("::error file=models/det.onnx,title=FR501 in ")
        assert any(line.startswith("models/det.onnx ") for line in lines)

    def test_it_is_green_where_all_passed(self, shop_floor: Project, github: Path) -> None:
        shop_floor.write("frictionless.yaml", PINNED)
        self.shard(shop_floor, 1, "models/a.onnx")
        self.shard(shop_floor, 2, "models/b.onnx")
        out = shop_floor.root / "out"
        assert main(["ci", "report", str(out), "--shards", "2"]) == 0
        assert (github / "output").read_text() == "result=success\ntotal=2\nfailed=0\n"
        assert (out / "report/summary.md").read_text().startswith("## ✅")
        assert main(["ci", "report", str(out), "--shards", "3"]) == 1


class TestGate:
    """It is green on nothing that is missing."""

    def test_a_missing_shard_fails(self, tmp_path: Path) -> None:
        shards = [green(shard=Shard(index=index, total=3)) for index in (1, 2, 3)]
        assert main(["ci", "report", str(leave(tmp_path / "all", *shards))]) == 0
        assert main(["ci", "report", str(leave(tmp_path / "some", *shards[:2]))]) == 1
        assert "FR011 shard 3 of 3 left no results" in told(tmp_path / "some")

    def test_no_shard_of_those_expected_fails(self, tmp_path: Path) -> None:
        assert main(["ci", "report", str(leave(tmp_path, green()))]) == 0
        assert main(["ci", "report", str(tmp_path), "--shards", "2"]) == 1
        assert told(tmp_path) == ["FR011 shards 1, 2 of 2 left no results"]

    def test_an_unreadable_record_fails_and_the_others_are_told(self, tmp_path: Path) -> None:
        leave(tmp_path, green())
        write_text(to_json(green())[:-20], tmp_path / "shard-2/results.json")
        assert main(["ci", "report", str(tmp_path)]) == 1
        (finding,) = told(tmp_path)
        assert finding.startswith("FR016 shard-2/results.json is no results.json, or a damaged one")
        assert finding in (tmp_path / "report/summary.md").read_text()
        assert main(["report", "summary", str(tmp_path / "report/results.json")]) == 1
        write_text(to_json(green()), tmp_path / "shard-2/results.json")
        assert main(["ci", "report", str(tmp_path)]) == 0  # its own old record is not read

    def test_a_run_that_was_cut_short_fails(self, tmp_path: Path) -> None:
        assert main(["ci", "report", str(leave(tmp_path, green(complete=False)))]) == 1
        assert "ended early" in told(tmp_path)[0]

    def test_a_run_that_answered_nothing_fails(self, tmp_path: Path) -> None:
        skipped = results(item("a", "load", "skipped", skip="no torch"), run=green().runs[0])
        assert main(["ci", "report", str(leave(tmp_path, skipped))]) == 1
        assert told(tmp_path) == [
            "FR016 1 checkpoints were found, and none of their items was answered"
        ]

    @pytest.mark.parametrize("given", [[], ["--shards", "2"]])
    def test_no_record_at_all_fails_and_says_so_where_people_look(
        self, given: list[str], tmp_path: Path, github: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["ci", "report", str(tmp_path / "nowhere"), *given]) == 1
        why = (
            "FR011 shards 1, 2 of 2 left no results"
            if given
            else "FR016 no results.json is below nowhere"
        )
        for text in (
            capsys.readouterr().out, (github / "summary").read_text(),
            (tmp_path / "nowhere/report/comment.md").read_text(),
        ):  # fmt: skip
            assert why in text
        assert (github / "output").read_text() == "result=failure\ntotal=0\nfailed=0\n"

    def test_nothing_is_green_where_nothing_was_to_be_tested(
        self, tmp_path: Path, github: Path
    ) -> None:
        assert main(["ci", "report", str(tmp_path / "nowhere"), "--shards", "0"]) == 0
        assert (github / "output").read_text() == "result=success\ntotal=0\nfailed=0\n"

    def test_records_that_do_not_belong_together_fail(
        self, tmp_path: Path, github: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pair = [green(commit=Commit(sha=sha * 40)) for sha in "ab"]
        assert main(["ci", "report", str(leave(tmp_path, *pair))]) == 1
        assert "FR016 the results are of different commits" in (github / "summary").read_text()
        assert "::error title=FR016::FR016 the results are of" in capsys.readouterr().out

    def test_records_of_another_commit_than_the_one_here_fail(self, tmp_path: Path) -> None:
        checkout = Checkout(tmp_path)
        checkout.init()
        leave(tmp_path / "out", green(commit=Commit(sha=(tested := checkout.commit()))))
        assert main(["ci", "report", str(tmp_path / "out")]) == 0
        here = checkout.commit()
        assert main(["ci", "report", str(tmp_path / "out")]) == 1
        assert told(tmp_path / "out") == [
            f"FR016 the results are of commit {tested}, and {here} is checked out"
        ]


class TestFiles:
    """What is written where."""

    def test_formats_output_and_comment_can_be_chosen(self, tmp_path: Path) -> None:
        leave(tmp_path / "in", WHOLE)
        main([
            "ci", "report", str(tmp_path / "in"), "--output", str(tmp_path / "out"), "--formats", "sarif", "markdown",
            "--comment", str(tmp_path / "note.md"),
        ])  # fmt: skip
        assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
            "sarif.json", "summary.md",
        ]  # fmt: skip
        assert (tmp_path / "note.md").read_text().startswith("<!-- pytest-frictionless: . -->\n")

    def test_reports_may_lie_around_the_records_and_never_replace_one(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(tmp_path / "out", WHOLE)
        record = (tmp_path / "out/shard-1/results.json").read_bytes()
        for _ in range(2):
            main(["ci", "report", str(tmp_path / "out"), "--output", str(tmp_path)])
            assert (tmp_path / "results.json").read_bytes() == record
        alone = tmp_path / "out/shard-1"
        assert main(["ci", "report", str(alone), "--output", str(alone)]) == 2
        assert "is the folder of the records" in capsys.readouterr().err
        assert (alone / "results.json").read_bytes() == record

    def test_reports_of_an_earlier_call_are_neither_read_nor_left(self, tmp_path: Path) -> None:
        leave(tmp_path, WHOLE)
        main(["ci", "report", str(tmp_path)])
        before = {name: (tmp_path / "report" / name).read_bytes() for name in FILES}
        main(["ci", "report", str(tmp_path)])
        assert before == {name: (tmp_path / "report" / name).read_bytes() for name in FILES}
        main(["ci", "report", str(tmp_path), "--formats", "json"])
        assert [each.name for each in (tmp_path / "report").iterdir()] == ["results.json"]

    def test_the_same_records_give_the_same_bytes(self, tmp_path: Path) -> None:
        written = []
        for seed, names in (("1", "abc"), ("2", "zyx")):
            folder = tmp_path / seed / "in"
            for name, record in zip(names, many(9, shards=3), strict=True):
                write_text(to_json(record), folder / f"{name}/results.json")
            subprocess.run(
                [sys.executable, "-m", "pytest_frictionless", "ci", "report", str(folder)],
                env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=False,
            )  # fmt: skip
            written.append({name: (folder / "report" / name).read_bytes() for name in FILES})
        assert written[0] == written[1]

    def test_without_prometheus_the_rest_is_written_and_the_extra_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(tmp_path, WHOLE)
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        assert main(["ci", "report", str(tmp_path)]) == 1
        assert "metrics.txt is not written" in (said := capsys.readouterr().err)
        assert "pip install 'pytest-frictionless[report]'" in said
        assert {each.name for each in (tmp_path / "report").iterdir()} == {*FILES} - {"metrics.txt"}

    def test_a_damaged_junit_file_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(tmp_path, WHOLE)
        (tmp_path / "shard-1/junit.xml").write_text("<testsuite")
        main(["ci", "report", str(tmp_path)])
        assert "junit.xml is not written" in capsys.readouterr().err
        assert not (tmp_path / "report/junit.xml").exists()

    def test_a_folder_that_cannot_be_written_is_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(tmp_path, WHOLE)
        (tmp_path / "file").write_text("")
        assert main(["ci", "report", str(tmp_path), "--output", str(tmp_path / "file/a")]) == 2
        assert "Not a directory" in capsys.readouterr().err

    def test_what_the_summary_of_the_step_held_stays(self, tmp_path: Path, github: Path) -> None:
        (github / "summary").write_text("before\n" * 140_000)
        main(["ci", "report", str(leave(tmp_path / "in", *many(900)))])
        text = (github / "summary").read_bytes()
        assert text.startswith(b"before\nbefore\n")
        assert text.count(b"before\n") == 140_000
        assert b"300 of 900 checkpoints failed" in text
        assert len(text) <= 2**20


def test_hostile_texts_give_the_log_of_github_no_command(
    tmp_path: Path, github: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ci", "report", str(leave(tmp_path, hostile()))])
    lines = capsys.readouterr().out.splitlines()
    resume = f"::{lines[0].removeprefix('::stop-commands::')}::"
    assert lines.count(resume) == 1
    after = lines[lines.index(resume) + 1 :]
    assert len(after) == 20
    assert all(line.startswith(("::error ", "::warning ")) for line in after)
    assert not any("##[" in line or "##vso[" in line for line in lines[: lines.index(resume)])
    assert len((github / "output").read_text().splitlines()) == 3


def test_a_report_of_a_thousand_checkpoints_takes_less_than_five_seconds(tmp_path: Path) -> None:
    leave(tmp_path, *many(1000, shards=4))
    begun = time.process_time()
    assert main(["ci", "report", str(tmp_path)]) == 1
    assert time.process_time() - begun < 5
    assert len(json.loads((tmp_path / "report/gl-code-quality.json").read_text())) == 334 * 13


@pytest.mark.parametrize("name", ["sarif", "code-quality", "openmetrics", "benchmark", "markdown", "comment", "annotations"])  # fmt: skip
def test_each_format_can_be_had_without_ci(name: str, tmp_path: Path) -> None:
    record = leave(tmp_path, WHOLE) / "shard-1/results.json"
    assert main(["report", name, str(record), "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text()
