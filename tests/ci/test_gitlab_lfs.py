"""Git LFS: jobs are given pointers, and pull what they test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ci.gitlab import Repository, needed
from tests.project import MLP

if TYPE_CHECKING:
    from pathlib import Path

LOAD = '-m "frictionless_load"'


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A bare repository that holds three models in Git LFS, one of which is of no checkpoint."""
    needed()
    author = Repository(tmp_path / "author")
    author.git("lfs", "install", "--local")
    author.git("lfs", "track", "*.onnx")
    author.write("frictionless.yaml", "roots: [models]\n")
    author.onnx("models/a.onnx")
    author.onnx("models/b.onnx", MLP.replace("Neg", "Abs"))
    author.onnx("archive/old.onnx", MLP.replace("Neg", "Exp"))
    author.git("add", "--all")
    author.git("commit", "--quiet", "--message", "Models")
    bare = tmp_path / "server.git"
    author.git("init", "--quiet", "--bare", "--initial-branch", "main", str(bare))
    author.git("push", "--quiet", f"file://{bare}", "HEAD:main")
    return bare


@pytest.fixture
def checkout(tmp_path: Path, server: Path) -> Repository:
    """What a runner checks out with GIT_LFS_SKIP_SMUDGE: pointers."""
    repository = Repository(tmp_path / "checkout")
    repository.git(
        "config", f"url.file://{server}.insteadOf", "https://gitlab.example.com/shop/models.git"
    )
    repository.git("lfs", "install", "--local", "--skip-smudge")
    repository.git("fetch", "--quiet", "origin")
    repository.git("reset", "--quiet", "--hard", "origin/main")
    assert (repository.root / "models/a.onnx").read_bytes().startswith(b"version https://git-lfs")
    return repository


def _pulled(repository: Repository) -> list[list[str]]:
    """What every job has pulled, job by job."""
    return [
        sorted(
            file.relative_to(job).as_posix()
            for file in job.rglob("*.onnx")
            if not file.read_bytes().startswith(b"version https://git-lfs")
        )
        for job in sorted((repository.root / ".gitlab-ci-local/builds").glob("frictionless*"))
    ]


def test_each_job_pulls_what_it_tests(checkout: Repository) -> None:
    checkout.include(shards=2, pytest_args=LOAD)
    checkout.commit()
    ended = checkout.run("frictionless")
    assert ended.outcomes == {"frictionless: [1/2]": "PASS", "frictionless: [2/2]": "PASS"}
    assert sorted(_pulled(checkout)) == [["models/a.onnx"], ["models/b.onnx"]]


def test_pointers_alone_fail_and_say_what_to_do(checkout: Repository) -> None:
    checkout.include(lfs=False, pytest_args=LOAD)
    checkout.commit()
    ended = checkout.run("frictionless")
    assert ended.outcomes == {"frictionless: [1/1]": "FAIL"}
    assert "FR102" in ended.text
    assert "git lfs pull" in ended.text


def test_content_that_the_server_lost_fails(checkout: Repository, server: Path) -> None:
    for file in (each for each in (server / "lfs").rglob("*") if each.is_file()):
        file.unlink()
    checkout.include(pytest_args=LOAD)
    checkout.commit()
    ended = checkout.run("frictionless")
    assert ended.outcomes == {"frictionless: [1/1]": "FAIL"}
    assert "remote missing object" in ended.text


def test_more_patterns_are_pulled_too(checkout: Repository) -> None:
    checkout.include(pytest_args=LOAD, lfs_include="archive/*")
    checkout.commit()
    ended = checkout.run("frictionless")
    assert ended.outcomes == {"frictionless: [1/1]": "PASS"}
    assert _pulled(checkout) == [["archive/old.onnx", "models/a.onnx", "models/b.onnx"]]
