"""Baselines on GitLab, as its page tells: recorded by jobs, accepted by a person, and judged by."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.ci.gitlab import COMPONENT, ROOT, Repository, needed, outer_environment
from tests.recorded import RECORDED_GPU

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "how-to" / "gitlab.md").read_text()
ON_THE_GPU_RUNNER = """
import os
if os.environ.get("CI_JOB_NAME", "").startswith("frictionless-gpu"):
    import recorded
"""
GPU = "frictionless-gpu"
PIPELINE = """
include:
- component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/frictionless-gpu@$CI_COMMIT_SHA
  inputs: {gpu-extras: "onnx,rtx,gpu"}
- component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/frictionless-gpu@$CI_COMMIT_SHA
  inputs: {gpu-extras: "onnx,rtx,gpu", mode: record, record-jobs: 3}
"""
"""Both modes; the project has the component itself here."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose GPU was measured by three jobs."""
    needed()
    repository = Repository(tmp_path_factory.mktemp("recorded"), path="platform/frictionless")
    template = COMPONENT / "templates" / GPU / "template.yml"
    repository.write(f"templates/{GPU}/template.yml", template.read_bytes())
    repository.write(".gitlab-ci.yml", PIPELINE)
    repository.write(
        ".gitignore", ".frictionless/\n.gitlab-ci-local/\nfrictionless-*/\n__pycache__/\n"
    )
    repository.write("recorded.py", RECORDED_GPU)
    repository.write("conftest.py", ON_THE_GPU_RUNNER)
    repository.write("frictionless.yaml", "roots: [models]\nlatency: {rounds: 7}\n")
    repository.onnx("models/net.onnx")
    repository.commit()
    ended = repository.run(f"{GPU}-record")
    assert list(ended.outcomes.values()) == ["PASS"] * 3, ended.text
    return repository


def _download(repository: Repository, home: Path) -> None:
    """Each job's artifacts as GitLab hands them out, and nothing of them left where the jobs ran."""
    (home / "Downloads").mkdir()
    jobs = sorted((repository.root / ".gitlab-ci-local/artifacts").glob(f"{GPU}-record*"))
    for number, job in enumerate(jobs):
        shutil.make_archive(str(home / f"Downloads/artifacts ({number})"), "zip", job)
    shutil.rmtree(repository.root / ".frictionless")


def test_a_person_accepts_what_jobs_recorded_and_the_next_job_judges_by_it(
    recorded: Repository, tmp_path: Path
) -> None:
    assert recorded.git("status", "--porcelain") == ""
    _download(recorded, tmp_path)
    (shown,) = re.findall(r"(?ms)^   ```sh\n(.*?)^   ```$", PAGE)
    outer = outer_environment()
    author = {"GIT_CONFIG_COUNT": "0", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-ec", textwrap.dedent(shown)], cwd=recorded.root, env=outer | author, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    changed = recorded.git("diff", "--name-only", "main", "accept-baselines").splitlines()
    assert [os.path.basename(each) for each in changed] == ["net.json"]
    assert {each.partition("/")[0] for each in changed} == {"baselines"}

    ended = recorded.run(f"{GPU}-compare", environment={"SLOWER": "1.1"})
    assert ended.outcomes == {f"{GPU}-compare": "FAIL"}
    assert "FR920 net/default-opt (batch=4) is slower than accepted: +10.0 %" in ended.text
