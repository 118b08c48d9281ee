"""The form of the record of runs, and how it is read."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.shards import NO_DET, RUN, WHOLE, item

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Place
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.stored import adapter, read_all, read_results, to_json, write_text
from pytest_frictionless.schemas import RESULTS

if TYPE_CHECKING:
    from pathlib import Path


class TestForm:
    """The types, the schema and the file."""

    def test_what_was_written_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "deep/results.json"
        write_text(to_json(WHOLE), path)
        assert read_results(path) == WHOLE
        assert [each.name for each in path.parent.iterdir()] == ["results.json"]

    def test_it_is_valid_in_the_published_schema(self) -> None:
        jsonschema.validate(json.loads(to_json(WHOLE)), RESULTS.content())

    def test_every_field_is_described_and_no_other_is_allowed(self) -> None:
        schema = RESULTS.content()
        parts = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
        assert len(parts) > 8
        for part in parts:
            assert part["additionalProperties"] is False
            assert [
                n for n, field in part["properties"].items() if "description" not in field
            ] == []

    @pytest.mark.parametrize("part", ["runs", "checkpoints", "items"])
    def test_an_unknown_field_is_refused_anywhere(self, part: str) -> None:
        record = json.loads(to_json(WHOLE))
        record[part][0]["more"] = 1
        with pytest.raises(ValueError, match=f"{part}.0.more"):
            adapter().validate_python(record)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(record, RESULTS.content())

    def test_values_that_json_does_not_know_are_told_in_words(self) -> None:
        odd = {"gap": math.nan, "top": math.inf, "low": -math.inf, 3: {1}, "name": "caf\udce9"}
        told = json.loads(line_of(item("a", "load", measurements={"deep": [odd], "ok": 0.1})))
        assert told["measurements"] == {
            "deep": [
                {
                    "gap": "NaN",
                    "top": "Infinity",
                    "low": "-Infinity",
                    "3": [1],
                    "name": "caf\\udce9",
                }
            ],
            "ok": 0.1,
        }
        assert told["outcome"] == "passed"
        odd_run = replace(RUN, environment={"os": "\udce9"})
        assert json.loads(line_of(odd_run))["started"] == "2026-05-04T12:00:00+00:00"

    def test_paths_below_the_root_are_shortened(self) -> None:
        finding = replace(NO_DET, log='in "/repo é/net.py"', place=Place(file="/repo é/net.py"))
        line = line_of(item("a", "load", findings=(finding,)), root="/repo é/")
        (told,) = json.loads(line)["findings"]
        assert (told["place"]["file"], told["log"]) == ("net.py", 'in "net.py"')


class TestReading:
    """A file that cannot be used is one clear line."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "is no results.json, or a damaged one"),
            ('{"results": 1, "runs": [', "is no results.json, or a damaged one"),
            ("[1]", "is no results.json: it does not say its version"),
            ('{"results": "1"}', "is no results.json: it does not say its version"),
            (
                '{"results": 2, "new": []}',
                "is of version 2, and this pytest-frictionless reads up to 1",
            ),
            ('{"results": 1}', "is damaged: runs: Field required"),
            ('{"results": 1, "runs": []}', "is damaged: .*there is no run"),
            ("[" * 100_000, "is no results.json, or a damaged one"),
        ],
    )
    def test_a_damaged_file_is_named(self, text: str, said: str, tmp_path: Path) -> None:
        path = tmp_path / "results.json"
        path.write_text(text)
        with pytest.raises(ConfigError, match=f"^{path} {said}"):
            read_results(path)

    @pytest.mark.parametrize(
        ("part", "change", "said"),
        [
            ("items", {"run": 1}, "a.onnx::load: there is no run 1"),
            ("items", {"run": -1}, "a.onnx::load: there is no run -1"),
            ("items", {"checkpoint": "z"}, "a.onnx::load: there is no checkpoint z"),
            ("items", {"id": "a.onnx::export"}, "a.onnx::export is there twice for one run"),
            ("items", {"outcome": "good"}, "items.0.outcome: Input should be 'error'"),
            ("runs", {"started": "noon"}, "runs.0.started"),
        ],
    )
    def test_parts_that_do_not_fit_are_named(
        self, part: str, change: dict[str, Any], said: str, tmp_path: Path
    ) -> None:
        record = json.loads(to_json(WHOLE))
        record[part][0] |= change
        (tmp_path / "r.json").write_text(json.dumps(record))
        with pytest.raises(ConfigError, match=said):
            read_results(tmp_path / "r.json")

    def test_every_file_that_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            read_all([tmp_path / "none.json", tmp_path])
        assert [problem.rpartition(": ")[2] for problem in caught.value.problems] == [
            "No such file or directory", "Is a directory",
        ]  # fmt: skip


def test_writing_a_record_needs_no_reader() -> None:
    code = (
        "import sys, pytest_frictionless._glue.recording\n"
        "from pytest_frictionless.reports import stored\n"
        "import pytest_frictionless.reports.results as results\n"
        "print(hasattr(results.Results, '__pydantic_validator__'), 'rich.table' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
