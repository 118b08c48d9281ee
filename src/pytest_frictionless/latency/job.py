"""Which job this is, as its CI tells."""

from __future__ import annotations

import datetime
import re
import secrets
import socket
from typing import TYPE_CHECKING

from pytest_frictionless.git import GitFailed, git
from pytest_frictionless.latency.run import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def this_job(environment: Mapping[str, str], root: Path) -> Job:
    """The job this process is part of; on a machine of one's own, one for each call."""
    get = environment.get
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    if get("GITHUB_RUN_ID"):
        # A matrix has one name for all its jobs, so chance tells them apart.
        job = f"{get('GITHUB_RUN_ID')}-{get('GITHUB_JOB', 'job')}-{secrets.token_hex(3)}"
        attempt = int(get("GITHUB_RUN_ATTEMPT", "1"))
        commit, branch = get("GITHUB_SHA", ""), get("GITHUB_REF_NAME", "")
    elif get("CI_JOB_ID"):
        job, attempt = get("CI_JOB_ID", ""), 1
        commit, branch = get("CI_COMMIT_SHA", ""), get("CI_COMMIT_REF_NAME", "")
    else:
        job = f"{socket.gethostname()}-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        attempt = 1
        commit, branch = said(root, "rev-parse", "HEAD"), said(root, "branch", "--show-current")
    return Job(
        commit=commit, job=re.sub(r"[^A-Za-z0-9_.]+", "-", job), attempt=attempt, branch=branch,
        date=now, dirty=bool(said(root, "status", "--porcelain", "--untracked-files=no")),
    )  # fmt: skip


def said(root: Path, *arguments: str) -> str:
    """What git says; nothing where there is no git or no repository."""
    try:
        return git(root, *arguments).strip()
    except GitFailed:
        return ""
