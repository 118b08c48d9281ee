"""The record of runs: reading, merging, what counts, and what is told of it."""

from __future__ import annotations

import datetime
import json
import math
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.reports import summary
from pytest_frictionless.reports.checkout import commit_of, place_in_repository
from pytest_frictionless.reports.formats import FORMATS
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.results import (
    Checkpoint,
    Commit,
    Ignored,
    Item,
    Made,
    Outcome,
    Results,
    Run,
    Shard,
)
from pytest_frictionless.reports.schema import SCHEMA_FILE, json_schema
from pytest_frictionless.reports.stored import adapter, read_all, read_results, to_json, write_text
from pytest_frictionless.reports.verdict import answers_of, findings_of, has_failed

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
NAMES = ("load", "export", "build-default")
RUN = Run(written_by="pytest-frictionless 0.1.0", started=NOON, seconds=2.5, exit=0, complete=True)
NO_DET = Finding(
    code="FR501", message="Det is rejected", place=Place(node="y", operator="Det", line=3),
    evidence=(("by", "TensorRT-RTX 1.7.1"),),
)  # fmt: skip
ODD = Finding(code="FR303", message="no opset is pinned", severity=Severity.WARNING)


def later(minutes: float, **changes: Any) -> Run:
    return replace(RUN, started=NOON + datetime.timedelta(minutes=minutes), **changes)


def checkpoint(stem: str, **facts: Any) -> Checkpoint:
    return Checkpoint(path=f"{stem}.onnx", name=stem, format="onnx", items=NAMES, **facts)


def item(stem: str, name: str, outcome: str = "passed", **facts: Any) -> Item:
    check, _, profile = name.partition("-")
    return Item(
        id=f"{stem}.onnx::{name}", checkpoint=f"{stem}.onnx", check=check, profile=profile,
        outcome=Outcome(outcome), **facts,
    )  # fmt: skip


def results(*items: Item, run: Run = RUN) -> Results:
    stems = dict.fromkeys(each.checkpoint.removesuffix(".onnx") for each in items)
    return Results.of([run], map(checkpoint, stems), items)


WHOLE = Results.of(
    [RUN],
    [
        checkpoint("a", files={"a.onnx": "1" * 64}),
        checkpoint("b", made=(Made(kind="plan", path="b.plan", sha256="2" * 64),)),
        checkpoint("c"),
    ],
    [
        item("a", "load", measurements={"gap": "NaN", "sizes": [1, {"x": None}]}, seconds=0.25),
        item("a", "export", findings=(ODD,)),
        item("a", "build-default", "skipped", skip="needs export", blocked_by="export"),
        item("b", "load", "failed", findings=(NO_DET,), notes=("see b",)),
        item("b", "export", ignored=(Ignored(finding=NO_DET, reason="a plugin"),)),
        item("c", "load", "error", findings=(Finding(code="FR010", message="load ended"),)),
    ],
)


class TestForm:
    """The types, the schema and the file."""

    def test_what_was_written_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "deep/results.json"
        write_text(to_json(WHOLE), path)
        assert read_results(path) == WHOLE
        assert [each.name for each in path.parent.iterdir()] == ["results.json"]

    def test_it_is_valid_in_the_published_schema(self) -> None:
        jsonschema.validate(json.loads(to_json(WHOLE)), json_schema())

    def test_the_published_schema_is_current(self) -> None:
        hint = "run: python -m pytest_frictionless.reports.schema"
        assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema(), hint

    def test_every_field_is_described_and_no_other_is_allowed(self) -> None:
        schema = json_schema()
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
            jsonschema.validate(record, json_schema())

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


@dataclass
class Parts:
    """A way to cut a record up."""

    shares: list[list[Item]]
    order: list[int]


@st.composite
def cuts(draw: st.DrawFn) -> Parts:
    count = draw(st.integers(1, 4))
    shares: list[list[Item]] = [[] for _ in range(count)]
    for each in WHOLE.items:
        for share in draw(st.sets(st.integers(0, count - 1), min_size=1)):
            shares[share].append(each)
    return Parts(shares, draw(st.permutations(range(count))))


class TestMerge:
    """Records of one run or of several become one."""

    @given(cuts())
    def test_any_parts_of_a_run_make_the_whole(self, cut: Parts) -> None:
        parts = [Results.of([RUN], WHOLE.checkpoints, share) for share in cut.shares]
        assert merge(parts[place] for place in cut.order) == WHOLE

    @given(st.permutations(range(3)), st.integers(1, 2))
    def test_neither_order_nor_grouping_of_shards_matters(self, order: list[int], at: int) -> None:
        shards = [
            results(
                *(each for each in WHOLE.items if each.checkpoint == f"{stem}.onnx"),
                run=later(index, shard=Shard(index=index + 1, total=3), seconds=index),
            )
            for index, stem in enumerate("abc")
        ]
        merged = merge(shards)
        mixed = [shards[place] for place in order]
        assert merge([merge(mixed[:at]), merge(mixed[at:])]) == merged
        assert [run.shard.index for run in merged.runs if run.shard] == [1, 2, 3]
        assert [each.run for each in merged.items] == [0, 0, 0, 1, 1, 2]
        assert [replace(each, run=0) for each in merged.items] == list(WHOLE.items)

    def test_what_each_run_knows_of_a_checkpoint_is_kept(self) -> None:
        plan = Made(kind="plan", path="other.plan", sha256="3" * 64)
        bare = Results.of([later(1)], [Checkpoint(path="b.onnx")], [])
        other = Results.of([later(2)], [checkpoint("b", made=(plan,), files={"b.onnx": "4"})], [])
        merged = merge([bare, other, WHOLE]).checkpoints[1]
        assert merged == checkpoint(
            "b", files={"b.onnx": "4"}, made=(*WHOLE.checkpoints[1].made, plan)
        )

    def test_nothing_is_nothing_to_merge(self) -> None:
        with pytest.raises(ConfigError, match="no results to merge"):
            merge([])

    def test_results_of_other_commits_and_other_files_are_refused(self) -> None:
        one = results(item("a", "load"), run=replace(RUN, commit=Commit(sha="aa")))
        other = replace(one, runs=(later(1, commit=Commit(sha="bb")),))
        with pytest.raises(ConfigError, match="different commits: aa, bb"):
            merge([one, other])
        changed = Results.of([later(1)], [checkpoint("a", files={"a.onnx": "9" * 64})], [])
        with pytest.raises(ConfigError, match=r"a\.onnx has other content in one of the runs"):
            merge([WHOLE, changed])

    def test_runs_with_other_settings_are_refused(self) -> None:
        one, other = (
            Results.of([later(day)], [checkpoint("a", settings={"budget": str(day)})], [])
            for day in (1, 2)
        )
        assert merge([one]).checkpoints[0].settings == {"budget": "1"}
        read, other_read = (
            Results.of([later(day)], [checkpoint("a", sources={"own.py": str(day)})], [])
            for day in (1, 2)
        )
        assert merge([read, one]).checkpoints[0].sources == {"own.py": "1"}
        with pytest.raises(ConfigError, match=r"own\.py, read for a\.onnx has other content"):
            merge([read, other_read])
        with pytest.raises(
            ConfigError, match=r"budget of a\.onnx has other content in one of the runs"
        ):
            merge([one, other])

    def test_two_stories_of_one_item_in_one_run_are_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"a\.onnx::load: the results tell differently"):
            merge([WHOLE, results(item("a", "load", "failed"))])


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
        assert "ended with exit status 1, and no item of a checkpoint failed" in text
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


class TestCheckout:
    """What git tells of a folder."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        (tmp_path / "services/shop").mkdir(parents=True)
        (tmp_path / "services/shop/net.py").write_text("")
        self.git(tmp_path, "init", "-b", "trunk")
        self.git(tmp_path, "add", ".")
        return tmp_path

    def git(self, root: Path, *arguments: str) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@b")
        command = ["git", *author, *arguments]
        return subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()

    def test_without_a_commit_there_is_none(self, repository: Path, tmp_path: Path) -> None:
        assert commit_of(repository, {}) is None
        assert commit_of(tmp_path / "nowhere", {}) is None

    def test_a_branch_a_detached_head_and_changes(self, repository: Path) -> None:
        self.git(repository, "commit", "-m", "first")
        sha = self.git(repository, "rev-parse", "HEAD")
        shop = repository / "services/shop"
        assert commit_of(shop, {}) == Commit(sha=sha, branch="trunk")
        assert place_in_repository(shop) == "services/shop"
        assert place_in_repository(repository) == "."
        (shop / "new.py").write_text("")
        assert commit_of(shop, {}) == Commit(sha=sha, branch="trunk")
        (shop / "net.py").write_text("x = 1\n")
        self.git(repository, "checkout", "--detach")
        assert commit_of(shop, {}) == Commit(sha=sha, dirty=True)
        named = {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "12/merge"}
        assert commit_of(shop, named) == Commit(sha=sha, branch="12/merge", dirty=True)


def test_writing_a_record_needs_no_reader() -> None:
    code = (
        "import sys, pytest_frictionless._glue.recording\n"
        "from pytest_frictionless.reports import stored\n"
        "import pytest_frictionless.reports.results as results\n"
        "print(hasattr(results.Results, '__pydantic_validator__'), 'rich.table' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
