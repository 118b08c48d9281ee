"""The hook of pre-commit, run by pre-commit itself in a repository of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_frictionless.checkpoint import formats
from tests.ci.gitlab import ROOT, Repository, documents
from tests.project import DET

HOOKS = ROOT / ".pre-commit-hooks.yaml"


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    return kept | {"PATH": path, "PRE_COMMIT_HOME": str(home), "PIP_NO_INDEX": "1"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository whose commits pre-commit judges, with a healthy and an empty model."""
    if shutil.which("pre-commit", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("the hook needs pre-commit (pip install -r requirements/ci-tools.txt)")
    ours = Repository(tmp_path / "ours")
    ours.write(HOOKS.name, HOOKS.read_bytes())
    revision = ours.commit()
    repository = Repository(tmp_path / "theirs")
    repository.write(
        ".pre-commit-config.yaml",
        f"repos:\n- repo: {ours.root}\n  rev: {revision}\n  hooks:\n  - id: frictionless\n",
    )
    repository.write("frictionless.yaml", "roots: [models]\n")
    repository.write("models/.gitkeep", "")
    repository.onnx("models/old.onnx", DET)
    repository.write("models/broken.onnx", b"")
    repository.commit()
    subprocess.run(
        ["pre-commit", "install"], cwd=repository.root, check=True, capture_output=True,
        env=_environment(tmp_path / "home"),
    )  # fmt: skip
    return repository


def _commit(repository: Repository) -> tuple[int, str]:
    repository.git("add", "--all")
    done = subprocess.run(
        ["git", "commit", "--message", "A change"], cwd=repository.root, capture_output=True,
        text=True, check=False, env=_environment(repository.root.parent / "home"),
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_commit_of_a_healthy_model_is_taken(repository: Repository) -> None:
    """That models/broken.onnx, which the commit does not touch, is broken, is no matter of it."""
    name = "models/$(touch pwned).onnx"
    repository.onnx(name)
    code, told = _commit(repository)
    assert code == 0, told
    assert re.search(r"(?m)^frictionless\.+Passed$", told)
    record = repository.json(".frictionless/pre-commit/shard-1/results.json")
    assert [each["path"] for each in record["checkpoints"]] == [name]
    assert list(repository.root.rglob("pwned")) == []
    assert repository.git("status", "--porcelain") == ""


def test_commit_of_a_broken_model_is_refused(repository: Repository) -> None:
    repository.write("models/new.onnx", b"")
    code, told = _commit(repository)
    assert code != 0
    assert "models/new.onnx" in told
    assert "FR1" in told
    assert repository.git("status", "--porcelain").startswith("A  models/new.onnx")


def test_commit_of_other_files_is_not_asked(repository: Repository) -> None:
    repository.write("notes.md", "nothing of models")
    code, told = _commit(repository)
    assert code == 0, told
    assert "(no files to check)Skipped" in told


def test_hook_looks_at_every_file_that_may_be_a_checkpoint() -> None:
    (hooks,) = documents(HOOKS.read_text())
    names = [f"models/net{suffix}" for suffix in formats._SUFFIXES]
    names += ["models/bert/config.json", "frictionless.yaml", "shop/nets.py"]
    assert [name for name in names if not re.search(hooks[0]["files"], name)] == []
    assert not re.search(hooks[0]["files"], "README.md")
