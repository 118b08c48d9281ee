"""Pipelines that run: the jobs' shells, git, pytest and the engines are real, the images are not."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.ci.gitlab import Ended, Repository, needed
from tests.project import DET, MLP

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "$(touch pwned)`touch pwned`;'touch pwned\" [1].onnx"
"""Name of a healthy model that a shell would make commands of."""
PINNED = 'roots: [models]\nopset: {version: 19, reason: "what production runs"}\n'
MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_BRANCH": ""}
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {"path": {"type": "string", "pattern": "^[^./]"}},
            },
        },
    },
}
"""https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""

Run = tuple[Repository, Ended]


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The default branch, with the checkpoints split over three jobs."""
    needed()
    repository = Repository(tmp_path_factory.mktemp("green"))
    repository.example("local")
    repository.write("frictionless.yaml", PINNED)
    repository.onnx("models/a.onnx")
    repository.onnx("models/b.onnx", MLP.replace("Neg", "Abs"))
    repository.onnx("models/c.onnx", MLP.replace("Neg", "Exp"))
    repository.commit()
    return repository, repository.run()


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A merge request with a model that TensorRT refuses, and one with a hostile name."""
    needed()
    repository = Repository(tmp_path_factory.mktemp("red"))
    repository.include(
        shards=2, working_directory="vision",
        pytest_args='-m "frictionless_load or frictionless_operators" -o junit_suite_name="$(touch pwned)"',
    )  # fmt: skip
    repository.write("vision/frictionless.yaml", "roots: [models]\n")
    repository.onnx(f"vision/models/{HOSTILE}")
    repository.onnx("vision/models/det.onnx", DET)
    repository.commit()
    return repository, repository.run(event=MERGE_REQUEST)


def _checkpoints(repository: Repository, record: str) -> list[str]:
    return [each["path"] for each in repository.json(record)["checkpoints"]]


def test_healthy_models_make_a_green_pipeline(green: Run) -> None:
    _, ended = green
    assert ended.code == 0, ended.text
    assert ended.outcomes == {
        **{f"frictionless: [{shard}/3]": "PASS" for shard in (1, 2, 3)}, "frictionless-report": "PASS",
    }  # fmt: skip


def test_every_checkpoint_is_tested_by_one_job(green: Run) -> None:
    repository, _ = green
    runs = "frictionless-runs/cpu"
    parts = [_checkpoints(repository, f"{runs}/shard-{shard}/results.json") for shard in (1, 2, 3)]
    models = ["models/a.onnx", "models/b.onnx", "models/c.onnx"]
    assert sorted(path for part in parts for path in part) == models
    assert _checkpoints(repository, "frictionless-report/results.json") == models


def test_engines_are_built_for_real(green: Run) -> None:
    repository, _ = green
    items = repository.json("frictionless-report/results.json")["items"]
    built = [each["outcome"] for each in items if each["check"] == "build"]
    assert built == ["passed"] * 3


def test_every_job_leaves_junit(green: Run) -> None:
    repository, _ = green
    for shard in (1, 2, 3):
        file = repository.root / f"frictionless-runs/cpu/shard-{shard}/junit.xml"
        assert ET.parse(file).getroot().tag == "testsuites"


@pytest.mark.parametrize("pipeline", ["green", "red"])
def test_every_report_that_gitlab_is_told_of_is_an_artifact(
    pipeline: str, request: pytest.FixtureRequest
) -> None:
    """Of each job by itself: its folder in .gitlab-ci-local holds what it handed over, and no more."""
    repository, _ = request.getfixturevalue(pipeline)
    jobs = repository.preview()
    reports = {
        (name, kind): pattern
        for name in ("frictionless", "frictionless-report")
        for kind, pattern in jobs[name]["artifacts"]["reports"].items()
    }
    assert {kind for _, kind in reports} == {"junit", "codequality", "metrics"}
    for (name, _), pattern in reports.items():
        folders = list((repository.root / ".gitlab-ci-local/artifacts").glob(f"{name}*"))
        ours = [each for each in folders if each.name.endswith("report") == name.endswith("report")]
        assert len(ours) == jobs[name].get("parallel", 1)
        for folder in ours:
            assert list(folder.glob(pattern)), f"{folder} has no {pattern}"


def test_default_branch_writes_the_cache(green: Run) -> None:
    repository, _ = green
    kept = repository.root / ".gitlab-ci-local" / "cache" / "frictionless-1-3"
    assert list(kept.rglob("entry.json"))


def test_failing_model_makes_the_pipeline_red(red: Run) -> None:
    _, ended = red
    assert ended.code != 0
    assert sorted(ended.outcomes.values()) == ["FAIL", "FAIL", "PASS"]
    assert ended.outcomes["frictionless-report"] == "FAIL"


def test_code_quality_names_the_model(red: Run, green: Run) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    issues = red[0].json("frictionless-report/gl-code-quality.json")
    jsonschema.validate(issues, SCHEMA)
    assert {each["location"]["path"] for each in issues} == {"vision/models/det.onnx"}
    assert green[0].json("frictionless-report/gl-code-quality.json") == []


def test_metrics_are_written(red: Run) -> None:
    text = (red[0].root / "frictionless-report/metrics.txt").read_text()
    assert "frictionless_failed 1" in text
    assert text.endswith("# EOF\n")


def test_neither_name_nor_argument_reaches_a_shell(red: Run) -> None:
    repository, _ = red
    assert f"models/{HOSTILE}" in _checkpoints(repository, "frictionless-report/results.json")
    assert list(repository.root.rglob("pwned")) == []


def test_merge_request_writes_no_cache(red: Run) -> None:
    assert not (red[0].root / ".gitlab-ci-local" / "cache").exists()


def test_gpu_job_without_a_gpu_is_red(tmp_path: Path) -> None:
    needed()
    repository = Repository(tmp_path)
    # The packages for a GPU are not needed to see that there is none.
    repository.include(gpu=True, gpu_extras="onnx,rtx", install="requirements.txt")
    repository.write("requirements.txt", "pytest>=9\n")
    repository.write("frictionless.yaml", "roots: [models]\n")
    repository.onnx("models/a.onnx")
    repository.commit()
    ended = repository.run("frictionless-gpu")
    assert ended.outcomes == {"frictionless-gpu": "FAIL"}
    assert "FR014 no checkpoint of shard 1 of 1 ran on a GPU" in ended.text
    assert "Requirement already satisfied: pytest>=9 in" in ended.text


def test_release_that_is_not_there_is_red(tmp_path: Path) -> None:
    needed()
    repository = Repository(tmp_path)
    repository.include(frictionless_version="99.0")
    repository.onnx("models/a.onnx")
    repository.commit()
    ended = repository.run("frictionless")
    assert ended.outcomes == {"frictionless: [1/1]": "FAIL"}
    assert "No matching distribution found for pytest-frictionless" in ended.text
