"""What counts of a record, and its summary."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.shards import RUN, WHOLE, checkpoint, item, later, results

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports import summary
from pytest_frictionless.reports.formats import FORMATS
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.results import Results, Shard
from pytest_frictionless.reports.verdict import answers_of, findings_of, has_failed


class TestWhatCounts:
    """Of several runs, and of runs that are not whole."""

    @pytest.mark.parametrize(
        ("cpu", "gpu", "counts"),
        [
            ("skipped", "passed", "passed"),
            ("passed", "skipped", "passed"),
            ("failed", "passed", "failed"),
            ("passed", "failed", "failed"),
            ("failed", "error", "error"),
            ("skipped", "skipped", "skipped"),
        ],
    )
    def test_an_answer_counts_before_a_skip_and_a_failure_before_all(
        self, cpu: str, gpu: str, counts: str
    ) -> None:
        merged = merge(
            [
                results(item("a", "load", cpu, notes=("cpu",))),
                results(item("a", "load", gpu, notes=("gpu",)), run=later(1)),
            ]
        )
        (answer,) = answers_of(merged)
        assert answer.outcome == counts
        assert len(merged.items) == 2
        if cpu == gpu:
            assert answer.notes == ("gpu",)
        # Where nothing was answered nothing was proved.
        assert has_failed(merged) == (counts != "passed")

    def test_a_missing_shard_fails(self) -> None:
        merged = results(item("a", "load"), run=replace(RUN, shard=Shard(index=2, total=3)))
        assert [each.message for each in findings_of(merged)] == [
            "shards 1, 3 of 3 left no results"
        ]
        assert has_failed(merged)

    def test_a_run_that_ended_early_fails(self) -> None:
        run = replace(RUN, complete=False, exit=2, unreached=("a.onnx::export",))
        (finding,) = findings_of(results(item("a", "load"), run=run))
        assert finding.headline == (
            "FR011 the run of 2026-05-04 12:00:00 ended early, with exit status 2; "
            "items not asked: 1"
        )
        assert finding.cause == "a.onnx::export"

    def test_what_a_run_says_of_itself_is_told_once(self) -> None:
        unused = Finding(code="FR007", message="unused", severity=Severity.WARNING)
        runs = [later(minute, findings=(unused,)) for minute in (0, 1)]
        merged = merge(results(item("a", "load"), run=run) for run in runs)
        assert findings_of(merged) == (unused,)
        assert not has_failed(merged)

    @pytest.mark.parametrize(("status", "fails"), [(0, False), (5, False), (1, True), (3, True)])
    def test_the_exit_status_of_pytest_counts(self, status: int, fails: bool) -> None:
        assert has_failed(results(item("a", "load"), run=replace(RUN, exit=status))) is fails

    def test_a_record_without_an_answer_fails(self) -> None:
        skipped = [item("a", name, "skipped", skip="no torch here") for name in ("load", "export")]
        (finding,) = findings_of(results(*skipped))
        assert finding.code == "FR016"
        assert finding.message == "1 checkpoints were found, and none of their items was answered"
        assert finding.cause == "no torch here"
        unasked = Results.of([RUN], [checkpoint("a"), checkpoint("b")], [])
        assert [each.message for each in findings_of(unasked)] == [
            "2 checkpoints were found, and none of their items was answered"
        ]
        assert findings_of(results(*skipped, item("a", "build-default"))) == ()
        assert findings_of(Results.of([RUN], [], [])) == ()


class TestSummary:
    """The table in words."""

    def test_the_worst_comes_first_and_every_failure_has_a_line(self) -> None:
        assert summary.render(WHOLE).splitlines() == [
            "checkpoint  load   export",
            "c.onnx      ERROR",
            "b.onnx      FAIL     ok",
            "a.onnx       ok     warn",
            "error: c.onnx::load: FR010 load ended",
            "failed: b.onnx::load: FR501 Det is rejected",
            "warning: a.onnx::export: FR303 no opset is pinned",
            "3 checkpoints: 1 error, 1 failed, 3 passed, 1 skipped, 3 not asked",
        ]

    def test_a_failure_beside_the_checkpoints_is_told(self) -> None:
        text = summary.render(results(item("a", "load"), run=replace(RUN, exit=1)))
        assert "FR086 the run of 2026-05-04 12:00:00 ended with exit status 1" in text
        assert summary.render(results(run=RUN)) == "0 checkpoints: nothing was asked\n"

    @pytest.mark.parametrize("strict", [True, False])
    def test_findings_of_a_run_are_told_as_it_counted_them(self, strict: bool) -> None:
        unread = Finding(code="FR070", message="no reader", severity=Severity.SKIP)
        unused = Finding(code="FR007", message="unused", severity=Severity.WARNING)
        run = replace(RUN, strict=strict, exit=int(strict), findings=(unread, unused))
        lines = summary.render(results(item("a", "load"), run=run)).splitlines()
        word = "failed" if strict else "warning"
        assert lines[2:4] == ["not asked: FR070 no reader", f"{word}: FR007 unused"]

    def test_formats_have_names_of_their_own(self) -> None:
        names = [each.name for each in FORMATS]
        assert names == [
            "summary", "json", "markdown", "comment", "annotations", "sarif", "code-quality", "openmetrics",
            "benchmark",
        ]  # fmt: skip
        files = [each.file for each in FORMATS if each.file]
        assert len(set(files)) == len(files) == 7
        assert json.loads(FORMATS[1].render(WHOLE))["results"] == 1
