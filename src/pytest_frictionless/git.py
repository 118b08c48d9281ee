"""What git knows of a repository; without git, or outside of one, nothing is known."""

from __future__ import annotations

import os
import posixpath
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TIMEOUT_S = 120


class GitFailed(Exception):
    """git does not answer; the message is its own."""


def git(root: Path, *arguments: str, timeout_s: float = TIMEOUT_S) -> str:
    """Output of one git command in this folder; raises GitFailed."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, check=True, timeout=timeout_s,
            env=environment,
        )  # fmt: skip
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip().splitlines()
        raise GitFailed(said[0] if said else f"git {arguments[0]} failed") from None
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git {arguments[0]} takes more than {timeout_s:g} s") from None
    except OSError as error:
        raise GitFailed(f"git cannot be started: {error.strerror or error}") from None
    return os.fsdecode(done.stdout)


def prefix_of(root: Path) -> str:
    """The folder from the top of its repository, as "services/vision/"; empty at the top."""
    return git(root, "rev-parse", "--show-prefix").removesuffix("\n")


def paths_of(root: Path, *arguments: str) -> set[str]:
    """Paths that a git command lists with -z from the top of the repository, as seen from `root`."""
    prefix = prefix_of(root)
    listed = [path for path in git(root, *arguments).split("\0") if path]
    return {posixpath.relpath(path, prefix) for path in listed} if prefix else set(listed)


def lfs_files(root: Path, suffixes: Iterable[str]) -> set[str]:
    """Files that .gitattributes gives to Git LFS, by suffix; none where git knows nothing."""
    wanted = [f":(top,attr:filter=lfs)*{suffix}" for suffix in suffixes]
    try:
        return paths_of(root, "ls-files", "-z", "--full-name", "--", *wanted)
    except GitFailed:
        return set()


def tracked_files(root: Path) -> set[str]:
    """Every file that git tracks, submodules included."""
    return paths_of(root, "ls-files", "-z", "--full-name", "--recurse-submodules", "--", ":/")


def untracked_files(root: Path) -> set[str]:
    """Files that git would add, without bytecode: neither tracked nor ignored."""
    listed = paths_of(
        root, "ls-files", "-z", "--full-name", "--others", "--exclude-standard", "--", ":/"
    )
    return {path for path in listed if not path.endswith(".pyc")}


def merge_base(root: Path, ref: str) -> str:
    """The commit where the history of HEAD left that of `ref`; raises GitFailed."""
    if ref.startswith("-"):
        raise GitFailed("that is no name of a commit")
    git(root, "rev-parse", "--show-prefix")  # says what is wrong with the repository
    try:
        commit = git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip()
    except GitFailed:
        raise GitFailed("there is no such commit here") from None
    try:
        return git(root, "merge-base", commit, "HEAD").split()[0]
    except GitFailed:
        raise GitFailed("what lies between it and HEAD is not here") from None


def changed_files(root: Path, base: str) -> set[str]:
    """Tracked files that differ between a commit and the tree, those that are gone included."""
    return paths_of(
        root, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-relative",
        "--ignore-submodules=none", base, "--",
    )  # fmt: skip


def text_at(root: Path, commit: str, place: str) -> str | None:
    """Content of a file in a commit; None where it is not there."""
    try:
        return git(root, "show", f"{commit}:./{place}")
    except GitFailed:
        return None
