"""Alerts: a finding with a file and a line, and none left out of any report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.reported import IN_THE_GRAPH, NO_DET, ODD, RUN, WHOLE, hostile, item, results

from pytest_frictionless.finding import Place, Severity
from pytest_frictionless.reports import code_quality, markdown, sarif, summary, workflow_commands
from pytest_frictionless.reports.alert import alerts_of, in_repository
from pytest_frictionless.reports.results import Ignored, Results, Shard
from pytest_frictionless.reports.verdict import has_failed

GREEN = replace(RUN, exit=0)
RED = {
    "an expected failure that passed": results(item("a", "load", "failed")),
    "the same with a warning": results(item("a", "load", "failed", findings=(ODD,))),
    "the same with a suppressed finding": results(
        item("a", "load", "failed", ignored=(Ignored(finding=NO_DET, reason="known"),))
    ),
    "an error": results(item("a", "load", "error")),
    "one that failed before": results(item("a", "build-x", "failed", findings=(ODD,), blocked_by="load")),
    "a test of the user": results(item("a", "load")),
    "a warning of a strict run": results(
        item("a", "load"), run=replace(RUN, strict=True, findings=(ODD,))
    ),
    "a run that was cut short": results(item("a", "load"), run=replace(RUN, exit=2, complete=False)),
    "a lost shard": results(item("a", "load"), run=replace(GREEN, shard=Shard(index=1, total=2))),
    "no answer": results(item("a", "load", "skipped", skip="no torch"), run=GREEN),
}  # fmt: skip
"""Records that close the gate, by what is wrong."""


class TestAlerts:
    """A finding with a place in the repository."""

    @pytest.mark.parametrize("record", RED.values(), ids=list(RED))
    def test_what_is_red_is_red_in_every_report(self, record: Results) -> None:
        assert has_failed(record)
        worst, *_ = json.loads(code_quality.render(record))
        assert worst["severity"] == "critical"
        first, *_ = json.loads(sarif.render(record))["runs"][0]["results"]
        assert (first["level"], "suppressions" in first) == ("error", False)
        assert workflow_commands.render(record).startswith("::error ")
        assert any(
            line.startswith(("failed: ", "error: ")) for line in summary.render(record).splitlines()
        )
        assert "### What failed" in markdown.render(record)

    def test_what_is_green_is_red_in_none(self) -> None:
        record = results(item("a", "load"), item("a", "opset", "xpassed"), run=GREEN)
        assert not has_failed(record)
        assert alerts_of(record) == []

    def test_a_failure_without_a_finding_has_a_name_that_stays(self) -> None:
        one, two = (alerts_of(results(item("a", name, "failed"))) for name in ("load", "opset"))
        assert one == alerts_of(results(item("a", "load", "failed")))
        assert [(each.item, each.path, each.finding.headline) for each in one] == [
            ("models/a.onnx::load", "models/a.onnx", "FR010 load failed, and no finding says why")
        ]
        assert one[0].fingerprint != two[0].fingerprint

    def test_it_is_on_the_users_line_else_on_the_checkpoint(self) -> None:
        places = [(each.finding.code, each.path, each.line) for each in alerts_of(WHOLE)]
        assert places == [
            ("FR501", "src/nets.py", 12),
            ("FR501", "models/det.onnx", 0),
            ("FR010", "models/lost.onnx", 0),
            ("FR303", "models/a.onnx", 0),
            ("FR501", "models/known.onnx", 0),
            ("FR501", "models/plugin.onnx", 0),
        ]

    def test_what_is_suppressed_or_expected_says_why(self) -> None:
        why = [each.accepted for each in alerts_of(WHOLE) if each.accepted]
        assert why == ["until 1.8", "our plugin serves it"]

    @pytest.mark.parametrize(
        ("path", "root", "seen"),
        [
            ("models/a.onnx", ".", "models/a.onnx"),
            ("models/a.onnx", "services/shop", "services/shop/models/a.onnx"),
            ("../lib/nets.py", "services", "lib/nets.py"),
            ("../lib/nets.py", ".", ""),
            ("..", ".", ""),
            ("/usr/lib/nets.py", "services", ""),
            ("./a/../b.py", ".", "b.py"),
        ],
    )
    def test_a_path_is_seen_from_the_top_of_the_repository(
        self, path: str, root: str, seen: str
    ) -> None:
        assert in_repository(path, root) == seen

    def test_a_line_of_a_package_is_none_of_the_repository(self) -> None:
        for file in (".venv/lib/python3.11/site-packages/timm/net.py", "/opt/net.py"):
            finding = replace(NO_DET, place=Place(file=file, line=3))
            record = results(item("a", "load", "failed", findings=(finding,)))
            assert [each.path for each in alerts_of(record)] == ["models/a.onnx"]

    def test_a_run_has_alerts_too(self) -> None:
        lost = replace(RUN, complete=False, exit=2, root="services/shop")
        (alert,) = alerts_of(results(item("a", "load"), run=lost))
        assert (alert.finding.code, alert.path, alert.fails) == (
            "FR011", "services/shop/frictionless.yaml", True,
        )  # fmt: skip

    def test_a_warning_fails_where_the_run_was_strict(self) -> None:
        for strict in (True, False):
            record = results(item("a", "load", findings=(ODD,)), run=replace(GREEN, strict=strict))
            assert [each.fails for each in alerts_of(record)] == [strict]

    def test_warnings_of_what_failed_first_are_not_told_twice(self) -> None:
        both = (NO_DET, ODD)
        record = results(
            item("a", "operators", "failed", findings=both),
            item("a", "build-x", "failed", findings=both, blocked_by="operators"),
        )
        assert [each.finding.code for each in alerts_of(record)] == ["FR501", "FR501", "FR303"]
        skip = replace(ODD, severity=Severity.SKIP)
        assert alerts_of(results(item("a", "manifest", findings=(skip,)), run=GREEN)) == []
        assert alerts_of(results(item("a", "load"), run=replace(GREEN, findings=(skip,)))) == []

    def test_a_fingerprint_stays_when_lines_move_and_is_no_other_ones(self) -> None:
        moved = replace(NO_DET, message="other words", place=Place(file="src/nets.py", line=99))
        old, new = (
            [each.fingerprint for each in alerts_of(results(item("a", "load", "failed", findings=said)))]
            for said in ((NO_DET, IN_THE_GRAPH), (moved, IN_THE_GRAPH))
        )  # fmt: skip
        assert old == new
        assert len(set(old)) == 2
        everything = [each.fingerprint for each in alerts_of(hostile())]
        assert len(set(everything)) == len(everything)
