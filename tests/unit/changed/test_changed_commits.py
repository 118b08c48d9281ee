"""The commit that is compared with, and what the command says."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.changes import EVERYTHING, PLAIN, Repository
from tests.checkout import ONNX

from pytest_frictionless.ci.changed import changed_since
from pytest_frictionless.ci.tree import read_tree
from pytest_frictionless.cli import main
from pytest_frictionless.opening import open_shop

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("nowhere", "there is no such commit here"),
        ("0" * 40, "there is no such commit here"),
        ("-p", "that is no name of a commit"),
        ("--output=/tmp/x", "that is no name of a commit"),
        ("main:README.md", "there is no such commit here"),
    ],
)
def test_an_unknown_commit_tests_everything_and_says_what_to_do(
    repository: Repository, ref: str, words: str
) -> None:
    selection = repository.since(ref)
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert selection.problem.code == "FR015"
    assert words in selection.problem.message
    assert "fetch" in selection.problem.next_step


def test_a_shallow_clone_tests_everything(repository: Repository, tmp_path: Path) -> None:
    repository.write(PLAIN, ONNX + b"\x00")
    repository.commit()
    clone = tmp_path / "clone"
    url = f"file://{repository.top}"
    subprocess.run(["git", "clone", "-q", "--depth=1", "-b", "feature", url, clone], check=True)
    subprocess.run(
        ["git", "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main"],
        cwd=clone, check=True,
    )  # fmt: skip
    root = clone / repository.root.relative_to(repository.top)
    tree = read_tree(root, open_shop(root).settings)
    selection = changed_since(tree, "origin/main")
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert "what lies between it and HEAD is not here" in selection.problem.message
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=clone, check=True)
    assert set(changed_since(tree, "origin/main").reasons) == {PLAIN}


def test_outside_of_git_everything_is_tested(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(ONNX)
    selection = changed_since(read_tree(tmp_path, open_shop(tmp_path).settings), "main")
    assert set(selection.reasons) == {"a.onnx"}
    assert selection.problem is not None
    assert "not a git repository" in selection.problem.message


def test_without_git_everything_is_tested(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    selection = repository.since()
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert "git is not installed" in selection.problem.message


def test_the_command_says_what_changed_and_why(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("shop/nets.py", "import torch, math\n")
    repository.write("models/::error::x\n.onnx")
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    assert main(["ci", "discover", "--changed-since", "main"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["count"] == 2
    assert "2 of 4 checkpoints changed since main" in err
    assert "- models/made.pt: shop/nets.py changed" in err
    assert not any(line.lstrip().startswith("::") for line in err.splitlines())
    assert main(["ci", "discover", "--changed-since", "nowhere"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["count"] == 4
    assert err.startswith("FR015 everything is tested")
    assert main(["ci", "discover", "--changed-since", ""]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 4


def test_nothing_changed_is_an_empty_matrix_and_no_failure(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    assert main(["ci", "discover", "--changed-since", "main"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "count": 0, "shards": 0, "matrix": {"include": []},
    }  # fmt: skip
