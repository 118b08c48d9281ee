"""Which jobs a pipeline has, what they are made of, and which runner they may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.gitlab import COMPONENT, EXAMPLES, Repository, needed

if TYPE_CHECKING:
    from pathlib import Path

CPU = {"frictionless: [1/1]", "frictionless-report"}
GPU = {*CPU, "frictionless-gpu"}
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_BRANCH": "",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "shop/models",
}  # fmt: skip
FORK = {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "somebody/models"}
BRANCH = {"CI_COMMIT_BRANCH": "wider-head"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    needed()
    return Repository(tmp_path)


@pytest.fixture
def component(tmp_path: Path) -> Repository:
    """The component project itself, whose pipeline tries its own components."""
    needed()
    repository = Repository(tmp_path, path="platform/frictionless")
    for file in (each for each in COMPONENT.rglob("*") if each.is_file()):
        repository.write(file.relative_to(COMPONENT).as_posix(), file.read_bytes())
    repository.commit()
    return repository


@pytest.mark.parametrize(
    ("inputs", "event", "jobs"),
    [
        pytest.param({}, {}, CPU, id="default branch"),
        pytest.param({"gpu": True}, {}, GPU, id="default branch, GPU"),
        pytest.param({"gpu": True}, MERGE_REQUEST, GPU, id="merge request"),
        pytest.param({"gpu": True}, FORK, CPU, id="merge request of a fork"),
        pytest.param({"gpu": True}, BRANCH, GPU, id="branch"),
        pytest.param(
            {"gpu": True}, {**BRANCH, "CI_OPEN_MERGE_REQUESTS": "shop/models!7"}, set(),
            id="branch that has a merge request",
        ),
        pytest.param(
            {"gpu": True, "gpu_protected_only": True}, {**BRANCH, "CI_COMMIT_REF_PROTECTED": "false"},
            CPU, id="branch that is not protected",
        ),
        pytest.param(
            {"gpu": True, "gpu_protected_only": True}, {"CI_COMMIT_REF_PROTECTED": "true"}, GPU,
            id="protected branch",
        ),
        pytest.param(
            {"rules": [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]}, {}, set(), id="own rules"
        ),
    ],
)  # fmt: skip
def test_jobs_of_a_pipeline(
    repository: Repository, inputs: dict[str, Any], event: dict[str, str], jobs: set[str]
) -> None:
    repository.include(**inputs)
    repository.commit()
    assert set(repository.jobs(event)) == jobs


def test_gpu_job_of_the_component_is_that_of_the_template(tmp_path: Path) -> None:
    needed()
    jobs = {}
    for name in ("template", "component"):
        repository = Repository(tmp_path / name, path="platform/frictionless")
        if name == "template":
            repository.include(gpu=True)
        else:
            gpu = COMPONENT / "templates" / "frictionless-gpu" / "template.yml"
            repository.include(gpu.read_text())
        repository.commit()
        merged = repository.preview()
        jobs[name] = merged[
            "frictionless-gpu" if name == "template" else "frictionless-gpu-compare"
        ]
    unconditional = jobs["template"]["rules"][1:]  # without that of the input `gpu`
    assert {**jobs["template"], "rules": unconditional} == jobs["component"]


def test_component_project_tries_its_components(component: Repository) -> None:
    assert component.jobs() == {
        "frictionless: [1/1]": "on_success", "frictionless-report": "always",
        "two-shards: [1/2]": "on_success", "two-shards: [2/2]": "on_success",
        "two-shards-report": "always",
        **{f"frictionless-gpu-record: [{job}/8]": "manual" for job in range(1, 9)},
    }  # fmt: skip


def test_version_tag_is_released(component: Repository) -> None:
    assert (
        component.jobs({"CI_COMMIT_TAG": "0.1.0", "CI_COMMIT_BRANCH": ""})["release"]
        == "on_success"
    )
    assert "release" not in component.jobs({"CI_COMMIT_TAG": "nightly", "CI_COMMIT_BRANCH": ""})


def test_record_is_for_the_default_branch(component: Repository) -> None:
    assert not any("record" in job for job in component.jobs(MERGE_REQUEST))


def test_gpu_jobs_of_all_includes_keep_their_own_rules(component: Repository) -> None:
    """Jobs of one name merge in silence: the components have other names for theirs."""
    text = (EXAMPLES / "component-gpu" / ".gitlab-ci.yml").read_text()
    component.write(".gitlab-ci.yml", text.replace("@0.1.0", "@$CI_COMMIT_SHA"))
    component.commit()
    jobs = component.jobs({"CI_COMMIT_REF_PROTECTED": "true"})
    assert jobs["frictionless-gpu-compare"] == "on_success"
    assert jobs["frictionless-gpu-record: [8/8]"] == "manual"
    assert "frictionless-gpu" not in jobs
    needs = component.preview()["frictionless-report"]["needs"]
    assert {"job": "frictionless-gpu-compare", "artifacts": True, "optional": True} in needs


def test_two_includes_with_a_prefix_each_are_whole(component: Repository) -> None:
    merged = component.preview()
    one, two = merged["frictionless"], merged["two-shards"]
    assert (one["parallel"], two["parallel"]) == (1, 2)
    assert one["script"] == two["script"]
    assert merged["two-shards-report"]["needs"][0]["job"] == "two-shards"


def test_one_prefix_for_two_includes_makes_one_job_of_both(component: Repository) -> None:
    """What the documentation warns of."""
    pipeline = (component.root / ".gitlab-ci.yml").read_text()
    component.write(".gitlab-ci.yml", pipeline.replace("job-prefix: two-shards", "stage: test"))
    component.commit()
    jobs = component.jobs()
    assert {"frictionless: [1/2]", "frictionless: [2/2]"} <= set(jobs)
    assert "frictionless: [1/1]" not in jobs


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"shards": "three"}, "shards"),
        ({"gpu": "yes"}, "gpu"),
        ({"gpu_tags": "h200"}, "gpu-tags"),
        ({"rules": "always"}, "rules"),
    ],
)
def test_bad_input_is_refused(repository: Repository, inputs: dict[str, Any], told: str) -> None:
    repository.include(**inputs)
    repository.commit()
    ended = repository.call("--preview")
    assert ended.code != 0
    assert f"`{told}`" in ended.text or told in ended.text


def test_unknown_mode_is_refused(component: Repository) -> None:
    pipeline = (component.root / ".gitlab-ci.yml").read_text()
    component.write(".gitlab-ci.yml", pipeline.replace("mode: record", "mode: accept"))
    component.commit()
    ended = component.call("--preview")
    assert ended.code != 0
    assert "mode" in ended.text
