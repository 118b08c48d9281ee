"""`pytest-frictionless ci run`: each shard in a process of its own, as a job would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from tests.checkout import pointer
from tests.gpu.conftest import has_gpu
from tests.project import Project

from pytest_frictionless.ci.tree import read_tree
from pytest_frictionless.opening import open_shop
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.stored import read_results
from pytest_frictionless.reports.verdict import findings_of, has_failed

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.reports.results import Results

pytestmark = pytest.mark.real
LOAD = ("--", "-k", "load", "-q")
HOSTILE = ("$(touch pwned)", "`touch pwned`", "a;touch pwned;", "two  words", "it's \"q\"", "-rf", "--co",
           "d::e[1]", "[x]", "@file", "new\nline", "::error::x", "%s{0}", "ünï", "#c", "a,b", "~", "*")  # fmt: skip


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str


class Jobs:
    """A repository, and the jobs of its pipeline."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root

    def ci(self, *arguments: str, cwd: str = ".", **variables: str) -> Done:
        kept = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "GITHUB_", "CI"))
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "pytest_frictionless", "ci", *arguments], cwd=self.root / cwd,
            env={**kept, **variables}, capture_output=True, text=True, check=False, timeout=300,
            errors="backslashreplace",
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def results(self, shard: int = 1, report: str = "frictionless-report") -> Results:
        return read_results(self.root / report / f"shard-{shard}" / "results.json")

    def tested(self, shard: int = 1) -> set[str]:
        return {item.checkpoint for item in self.results(shard).items}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    made = Jobs(Project(tmp_path / "repository"))
    made.project.write("frictionless.yaml", "roots: [models]\n")
    return made


def test_shards_test_everything_once_whatever_the_files_are_called(jobs: Jobs) -> None:
    for name in HOSTILE:
        jobs.project.onnx(f"models/{name}.onnx")
    jobs.project.onnx("models/deep [1]::/$(touch pwned)/net.onnx")
    matrix = json.loads(jobs.ci("discover", "--max-shards", "3").stdout)
    assert matrix["count"] == len(HOSTILE) + 1
    for line in matrix["matrix"]["include"]:
        shard = f"{line['shard']}/{line['total']}"
        done = jobs.ci("run", "--shard", shard, "--plan", line["plan"], *LOAD)
        assert done.code == 0, done.stdout + done.stderr
        assert len(jobs.tested(line["shard"])) == line["models"]
    parts = [jobs.results(index) for index in (1, 2, 3)]
    together = merge(parts)
    assert len(together.checkpoints) == matrix["count"]
    assert not has_failed(together)
    assert not list(jobs.root.rglob("pwned"))
    assert jobs.ci("run", "--shard", "1/3", "--plan", "0" * 12).code == 2


def test_a_job_leaves_results_junit_and_the_list_of_its_checkpoints(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.onnx("models/b.onnx")
    done = jobs.ci("run", "--report", "out/put", *LOAD)
    assert done.code == 0, done.stdout
    assert done.stdout.startswith("shard 1 of 1: 2 of 2 checkpoints\n")
    folder = jobs.root / "out/put/shard-1"
    assert json.loads((folder / "checkpoints.json").read_text()) == [
        "models/a.onnx",
        "models/b.onnx",
    ]
    cases = ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    assert [case.get("name") for case in cases] == ["load", "load"]
    (run,) = jobs.results(report="out/put").runs
    assert str(run.shard) == "1 of 1"


def test_a_failure_is_the_exit_status_of_pytest(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.write("models/b.onnx", "no model")
    done = jobs.ci("run", *LOAD)
    assert done.code == 1
    assert "FR101" in done.stdout
    assert jobs.ci("run", "--", "--no-such-option").code == 4


def test_a_pointer_that_was_not_pulled_fails_and_says_how_to_pull_it(jobs: Jobs) -> None:
    jobs.project.write("models/a.onnx", pointer())
    done = jobs.ci("run", *LOAD)
    assert done.code == 1
    assert "FR102" in done.stdout
    assert "git lfs pull --include" in done.stdout


def test_a_pointer_that_pytest_would_pass_over_fails_too(jobs: Jobs) -> None:
    jobs.project.write("models/a.bin", pointer())
    jobs.project.onnx("models/b.onnx")
    jobs.project.write(".gitattributes", "*.bin filter=lfs\n")
    for command in (["init", "-q"], ["-c", "filter.lfs.clean=cat", "add", "-A"]):
        subprocess.run(["git", *command], cwd=jobs.root, check=True)
    done = jobs.ci("run", *LOAD)
    assert done.code == 1
    assert "FR102 models/a.bin is a Git LFS pointer" in done.stderr
    jobs.project.write("models/a.bin", b"\0" * 5000)
    assert jobs.ci("run", *LOAD).code == 0


def test_more_jobs_than_checkpoints_leave_an_empty_record_each(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    done = [jobs.ci("run", *LOAD, CI_NODE_INDEX=str(i), CI_NODE_TOTAL="3") for i in (1, 2, 3)]
    assert [each.code for each in done] == [0, 0, 0]
    parts = [jobs.results(index) for index in (1, 2, 3)]
    assert sorted(len(part.items) for part in parts) == [0, 0, 1]
    assert not has_failed(merge(parts))
    assert has_failed(merge(parts[1:]))  # one is missing


def test_only_what_changed_is_tested(jobs: Jobs) -> None:
    for name in ("a", "b"):
        jobs.project.onnx(f"models/{name}.onnx")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=jobs.root, check=True)
    jobs.project.onnx("models/b.onnx", header='<ir_version: 10, opset_import: ["" : 18]>')
    done = jobs.ci("run", "--changed-since", "main", *LOAD)
    assert done.code == 0, done.stdout + done.stderr
    assert jobs.tested() == {"models/b.onnx"}
    assert "- models/b.onnx: models/b.onnx changed" in done.stderr
    status = subprocess.run(["git", "status", "-s"], cwd=jobs.root, capture_output=True, check=True)
    assert status.stdout == b" M models/b.onnx\n"  # the report is no change
    done = jobs.ci("run", "--changed-since", "elsewhere", *LOAD)
    assert "FR015" in done.stderr
    assert jobs.tested() == {"models/a.onnx", "models/b.onnx"}


def test_the_same_is_found_as_pytest_finds_alone(jobs: Jobs) -> None:
    jobs.project.write(
        "frictionless.yaml",
        "roots: [models, dist/made]\nexclude: ['models/old/*', '*/draft.onnx']\n",
    )
    for name in (
        "models/a.onnx", "models/old/b.onnx", "models/draft.onnx", "models/build/c.onnx", "models/.d/e.onnx",
        "models/sub/f.onnx", "elsewhere/g.onnx", "dist/made/h.onnx", "dist/i.onnx", "models/node_modules/j.onnx",
    ):  # fmt: skip
        jobs.project.onnx(name)
    (jobs.root / "models/gone.onnx").symlink_to("nowhere.onnx")
    alone = jobs.project.run_isolated("-k", "load", "-q")
    found = {item.rpartition("::")[0] for item in alone.ids}
    tree = read_tree(jobs.root, open_shop(jobs.root).settings)
    assert {model.place for model in tree.models} == found
    assert found == {"models/a.onnx", "models/sub/f.onnx", "dist/made/h.onnx", "models/gone.onnx"}
    assert jobs.ci("run", *LOAD).code == 1
    assert jobs.tested() == found


def test_nothing_else_is_collected_and_a_conftest_counts(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.onnx("models/package/b.onnx")
    jobs.project.write("models/package/__init__.py", "")
    jobs.project.write("tests/test_own.py", "raise SystemError")
    jobs.project.write("models/test_beside.py", "raise SystemError")
    jobs.project.write("conftest.py", "def pytest_report_header(): return 'conftest was read'")
    done = jobs.ci("run", "--", "-k", "load")
    assert done.code == 0, done.stdout
    assert "conftest was read" in done.stdout
    assert jobs.tested() == {"models/a.onnx", "models/package/b.onnx"}


def test_a_checkpoint_that_pytest_is_kept_from_fails_the_job(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.onnx("models/b.onnx")
    jobs.project.write("pytest.ini", "[pytest]\nfrictionless_roots = models/a.onnx\n")
    done = jobs.ci("run", *LOAD)
    assert done.code == 1
    assert "FR013 pytest did not collect models/b.onnx" in done.stderr
    assert [each.code for each in findings_of(jobs.results())] == ["FR013"]
    assert has_failed(jobs.results())


def test_a_pytest_that_ends_before_its_results_is_told(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    assert jobs.ci("run", *LOAD).code == 0
    jobs.project.write("conftest.py", "raise SystemError")
    done = jobs.ci("run", *LOAD)
    assert done.code == 4
    assert "FR013 pytest ended with exit status 4 and left no results" in done.stderr
    assert not (jobs.root / "frictionless-report/shard-1/results.json").exists()


@pytest.mark.parametrize(
    "conftest",
    [
        "import pytest\ndef pytest_runtest_setup(): pytest.exit('enough', returncode=0)",
        "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(): return True",
    ],
    ids=["it leaves", "it answers nothing"],
)
def test_a_pytest_that_ends_early_is_not_green_whatever_its_exit_status(
    jobs: Jobs, conftest: str
) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.write("conftest.py", conftest)
    done = jobs.ci("run", *LOAD)
    assert done.code == 1
    assert "ended early, with exit status 0; items not asked: 1" in done.stderr
    assert [each.code for each in findings_of(jobs.results())] == ["FR011", "FR016"]


def test_no_junit_of_an_earlier_run_is_left(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    assert jobs.ci("run", *LOAD).code == 0
    jobs.project.write("conftest.py", "raise SystemError")
    assert jobs.ci("run", *LOAD).code == 4
    assert not (jobs.root / "frictionless-report/shard-1/junit.xml").exists()


@pytest.mark.skipif(has_gpu(), reason="a GPU is here")
def test_a_gpu_job_without_a_gpu_fails_with_the_reason(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    done = jobs.ci("run", "--gpu", "--", "-k", "load or run")
    assert done.code == 1
    assert "FR014 no checkpoint of shard 1 of 1 ran on a GPU" in done.stderr
    assert "no GPU here" in done.stderr


@pytest.mark.parametrize(
    ("measured", "code"),
    [({"gpu": "NVIDIA H200"}, 0), ({"gpu": "NVIDIA H200", "evidence": "signed by gpu"}, 1)],
    ids=["it ran there", "evidence tells of it"],
)
def test_a_gpu_job_is_satisfied_by_an_item_that_ran_on_a_gpu(
    jobs: Jobs, measured: dict[str, str], code: int
) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.write(
        "conftest.py",
        "from pytest_frictionless.check import Check, Scope\n\n"
        f"def run(ctx):\n    ctx.measurements.update({measured})\n    yield from ()\n\n"
        "def pytest_frictionless_checks():\n"
        "    return [Check(name='mine', scope=Scope.CHECKPOINT, run=run, title='t')]\n",
    )
    done = jobs.ci("run", "--gpu", "--", "-k", "mine")
    assert done.code == code, done.stdout + done.stderr
    assert ("FR014" in done.stderr) == bool(code)


def test_arguments_of_the_environment_and_workers_count(jobs: Jobs) -> None:
    for name in ("a", "b", "c::d"):
        jobs.project.onnx(f"models/{name}.onnx")
    done = jobs.ci(
        "run", "--", "-n", "2", PYTEST_ADDOPTS="-k 'load or opset' --frictionless-strict"
    )
    assert done.code == 1
    assert "FR303" in done.stdout
    assert {item.check for item in jobs.results().items} == {"load", "opset"}
    assert len(jobs.tested()) == 3


def test_an_entry_of_another_shard_is_not_called_unmatched(jobs: Jobs) -> None:
    jobs.project.write(
        "frictionless.yaml",
        "roots: [models]\nmodels: {a: {precision: fp32}, b: {precision: fp32}}\n",
    )
    for name in ("a", "b"):
        jobs.project.onnx(f"models/{name}.onnx")
    for index in (1, 2):
        assert jobs.ci("run", "--shard", f"{index}/2", *LOAD).code == 0
        assert [f.code for run in jobs.results(index).runs for f in run.findings] == []


def test_on_github_no_line_of_a_run_is_a_command(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    done = jobs.ci("run", *LOAD, GITHUB_ACTIONS="true")
    lines = done.stdout.splitlines()
    (stop,) = (line for line in lines if line.startswith("::stop-commands::"))
    assert lines[-1] == f"::{stop.removeprefix('::stop-commands::')}::"
    assert len(stop) > len("::stop-commands::") + 16


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1/0"])
def test_a_shard_that_is_none_is_a_usage_error(jobs: Jobs, shard: str) -> None:
    done = jobs.ci("run", "--shard", shard)
    assert done.code == 2
    assert "takes a part of a whole, as 2/4" in done.stderr


@pytest.mark.parametrize("content", ["", "{", "3", "[1]", "[null]"])
def test_a_list_of_checkpoints_that_is_none_is_a_usage_error(jobs: Jobs, content: str) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.write("only.json", content)
    done = jobs.project.run_isolated("--frictionless-only", "only.json")
    assert done.code == 4
    assert "--frictionless-only only.json is no list of paths in JSON" in done.stderr


def test_a_folder_that_cannot_be_written_is_told(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    jobs.project.write("file", "")
    done = jobs.ci("run", "--report", "file/below")
    assert done.code == 2
    assert "Traceback" not in done.stderr


def test_a_folder_below_runs_the_whole_repository(jobs: Jobs) -> None:
    jobs.project.onnx("models/a.onnx")
    (jobs.root / "tools").mkdir()
    assert jobs.ci("run", *LOAD, cwd="tools").code == 0
    assert (jobs.root / "tools/frictionless-report/shard-1/results.json").is_file()
