"""Which commit is checked out, and where in its repository a folder lies, as git tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.git import GitFailed, git
from pytest_frictionless.reports.results import Commit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no")
"""Commit, branch and changed files in one call: https://git-scm.com/docs/git-status"""
TIMEOUT_S = 10
BRANCHES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")
"""Variables by which GitHub and GitLab name the branch: what they check out has no name."""


def commit_of(root: Path, environment: Mapping[str, str]) -> Commit | None:
    """The commit that is checked out; None where git knows of none, or does not answer in time."""
    try:
        lines = git(root, *STATUS, timeout_s=TIMEOUT_S).splitlines()
    except GitFailed:
        return None
    headers = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
    sha, branch = headers.get("branch.oid", "(initial)"), headers.get("branch.head", "")
    if sha == "(initial)":
        return None
    if branch == "(detached)":
        branch = next((environment[name] for name in BRANCHES if environment.get(name)), "")
    return Commit(sha=sha, branch=branch, dirty=len(headers) < len(lines))


def place_in_repository(root: Path) -> str:
    """The folder as seen from the top of its git repository; "." where it is the top, or in none."""
    top = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
    return root.relative_to(top).as_posix()
