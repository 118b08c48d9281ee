"""Mistakes planted in the template are caught: what lints it is set up so that it can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.gitlab import TEMPLATE, Repository, documents, needed
from tests.ci.test_gitlab_templates import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(sys.executable).parent
MISTAKES = {
    "G1 unknown key": ("  parallel: $[[", "  paralel: $[[", "paralel"),
    "G2 value that is no option": ("  when: always\n  needs:", "  when: sometimes\n  needs:", "when"),
    "G3 need of an unknown job": (
        "    - job: $[[ inputs.job-prefix ]]\n", "    - job: $[[ inputs.job-prefix ]]-nowhere\n", "frictionless-nowhere",
    ),
    "G4 use of an undeclared input": ("$[[ inputs.timeout ]]", "$[[ inputs.limit ]]", "limit"),
    "G5 unknown stage": ("default: test\n", "default: nowhere\n", "nowhere"),
    "G6 syntax of a rule": ("CI_COMMIT_BRANCH == $CI", "CI_COMMIT_BRANCH = = $CI", "= = "),
    "G7 unknown type of an input": ("type: boolean", "type: bool", "bool"),
    "G10 syntax of the shell": ('cd "$FRICTIONLESS_FOLDER"', 'cd "$FRICTIONLESS_FOLDER', "SC-1073"),
    "G11 unknown report": ("      junit: frictionless-runs/cpu", "      junti: frictionless-runs/cpu", "junti"),
}  # fmt: skip
"""What is planted in place of what, and a word that tells of it; G8 and G9 are of the include."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    needed("check-jsonschema", "gitlab-ci-verify")
    return Repository(tmp_path)


def linted(repository: Repository) -> dict[str, str]:
    """What each tool complains of, by tool."""
    return dict(_linted(repository))


def _linted(repository: Repository) -> Iterator[tuple[str, str]]:
    repository.commit()
    (pipeline,) = documents((repository.root / ".gitlab-ci.yml").read_text())
    if problems := problems_of(pipeline["include"][0]):
        yield "inputs", "\n".join(problems)
    preview = repository.call("--preview")
    if preview.code:
        yield "preview", preview.text
        return
    merged = repository.write(".gitlab-ci-local/merged.yml", preview.stdout)
    for tool, *arguments in (
        ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", str(merged)),
        ("gitlab-ci-verify", "--no-lint-api", "-S", "warning", "--gitlab-ci-file", str(merged)),
    ):  # fmt: skip
        done = subprocess.run(
            [str(SCRIPTS / tool), *arguments], cwd=repository.root, capture_output=True, text=True,
            check=False, env={"PATH": f"{SCRIPTS}:/usr/bin:/bin", "HOME": str(repository.root)},
        )  # fmt: skip
        if done.returncode:
            yield tool, done.stdout + done.stderr


@pytest.mark.parametrize("gpu", [False, True])
def test_nothing_is_said_of_the_template(repository: Repository, gpu: bool) -> None:
    repository.include(gpu=gpu, shards=3)
    assert linted(repository) == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_caught(repository: Repository, mistake: str) -> None:
    right, wrong, word = MISTAKES[mistake]
    text = TEMPLATE.read_text()
    assert right in text
    repository.include(text.replace(right, wrong), gpu=True)
    assert word in "".join(linted(repository).values())


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        pytest.param({"shard": 3}, "shard is no input", id="G8 unknown input"),
        pytest.param({"shards": "three"}, "shards is of type number", id="G9 value of another type"),
    ],
)  # fmt: skip
def test_mistake_of_the_include_is_caught(
    repository: Repository, inputs: dict[str, Any], told: str
) -> None:
    repository.include(**inputs)
    assert told in linted(repository)["inputs"]
