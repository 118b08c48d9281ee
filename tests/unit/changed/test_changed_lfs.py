"""Repositories that keep weights in Git LFS."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.changes import OTHER, PLAIN, Repository
from tests.checkout import ONNX

from pytest_frictionless.ci.needs import include_of, missing_files
from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from pathlib import Path


needs_lfs = pytest.mark.skipif(
    not shutil.which("git-lfs"), reason="git-lfs is not installed: apt install git-lfs"
)


@pytest.fixture
def lfs(repository: Repository) -> Repository:
    """With weights in Git LFS."""
    repository.git("lfs", "install", "--local")
    repository.write(".gitattributes", "*.onnx filter=lfs diff=lfs merge=lfs -text\n"
                     "*.bin filter=lfs diff=lfs merge=lfs -text\n")  # fmt: skip
    repository.write("models/a, b[1] ::é.onnx", ONNX + b"\x01\x00")
    repository.write("models/sub/weights.bin", b"\0" * 3000)
    repository.write("models/hidden.bin", b"\0" * 5000)
    repository.git("add", "--renormalize", "-A")
    repository.commit()
    return repository


def cloned(repository: Repository, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone that has pointers alone."""
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
    subprocess.run(["git", "clone", "-q", f"file://{repository.top}", folder], check=True)
    return Repository(folder, repository.root.relative_to(repository.top).as_posix())


@needs_lfs
def test_a_clone_of_pointers_is_split_like_one_that_is_pulled(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    assert (clone.root / PLAIN).read_bytes().startswith(b"version https://git-lfs")
    found = []
    for root in (lfs.root, clone.root):
        monkeypatch.chdir(root)
        assert main(["ci", "discover"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
    # Both know that the .bin may be a checkpoint, and only its content tells.
    problem = clone.model("models/hidden.bin").problem()
    assert problem is not None
    assert problem.code == "FR102"
    assert lfs.model("models/hidden.bin").problem() is None


@needs_lfs
def test_the_include_list_pulls_what_a_shard_needs_and_no_more(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    monkeypatch.chdir(clone.root)
    total = 3
    for index in range(1, total + 1):
        asked = ["ci", "discover", "--lfs-include", "--shard", f"{index}/{total}"]
        assert main(asked) == 0
        include = capsys.readouterr().out.strip()
        subprocess.run(["git", "lfs", "pull", "--include", include], cwd=clone.top, check=True)
        assert main(asked) == 0
        assert capsys.readouterr().out == "/no-file-is-missing\n"
    assert missing_files(clone.tree(), clone.tree().models) == []
    before = (clone.root / OTHER).read_bytes()
    subprocess.run(
        ["git", "lfs", "pull", "--include", "/no-file-is-missing"], cwd=clone.top, check=True
    )
    assert before == ONNX == (clone.root / OTHER).read_bytes()


@needs_lfs
def test_one_checkpoint_alone_is_pulled(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    model = clone.model("models/a, b[1] ::é.onnx")
    prefix = clone.root.relative_to(clone.top).as_posix()
    include = include_of(
        [model.path], root=clone.root, prefix="" if prefix == "." else f"{prefix}/"
    )
    subprocess.run(["git", "lfs", "pull", "--include", include], cwd=clone.top, check=True)
    assert model.path.read_bytes() == ONNX + b"\x01\x00"
    assert (clone.root / PLAIN).stat().st_size > 100
    assert (clone.root / PLAIN).read_bytes() != ONNX


@needs_lfs
def test_a_pulled_file_has_not_changed(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = lfs.git("rev-parse", "HEAD")
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    assert clone.changed(base) == set()
    clone.git("lfs", "pull")
    assert clone.changed(base) == set()
