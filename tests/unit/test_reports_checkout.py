"""What git tells of a folder."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.reports.checkout import commit_of, place_in_repository
from pytest_frictionless.reports.results import Commit

if TYPE_CHECKING:
    from pathlib import Path


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
