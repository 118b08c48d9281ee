"""What this project demands of its workflows beyond the linters; each rule yields what breaks it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[str], Iterator[str]]

PINNED = re.compile(r"\./.*|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
READ = {"contents": "read"}
MAY_WRITE = {"propose", "comment"}
"""Jobs that open a pull request or comment on one."""


def read(text: str) -> dict[str, Any]:
    """A file of YAML 1.2, in which `on` is a word."""
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return content


def jobs_of(text: str) -> dict[str, dict[str, Any]]:
    """The jobs of a workflow; none of an action."""
    jobs: dict[str, dict[str, Any]] = read(text).get("jobs", {})
    return jobs


def steps_of(text: str) -> list[dict[str, Any]]:
    """The steps of a workflow or an action."""
    own = read(text).get("runs", {}).get("steps", [])
    return [*own, *(step for job in jobs_of(text).values() for step in job.get("steps", []))]


def pinned(text: str) -> Iterator[str]:
    """Every action is pinned to a commit, and tells its version."""
    yield from (each for each in re.findall(r"uses: (.*)", text) if not PINNED.fullmatch(each))


def injection(text: str) -> Iterator[str]:
    """No expression is written into a script: inputs come by the environment."""
    yield from (step["run"] for step in steps_of(text) if "${{" in step.get("run", ""))


def credentials(text: str) -> Iterator[str]:
    """No checkout leaves the token behind."""
    for step in steps_of(text):
        kept = step.get("with", {}).get("persist-credentials", True)
        if kept and step.get("uses", "").startswith("actions/checkout@"):
            yield step["uses"]


def permissions(text: str) -> Iterator[str]:
    """Nothing is permitted by default; jobs read, but for those that run no code of the repository."""
    content = read(text)
    if "jobs" in content and content.get("permissions") not in ({}, READ):
        yield f"permissions: {content.get('permissions')}"
    for name, job in jobs_of(text).items():
        given = job.get("permissions", content["permissions"])
        if "uses" not in job and name not in MAY_WRITE and given not in ({}, READ):
            yield f"{name}: {given}"


def writers(text: str) -> Iterator[str]:
    """A job that may write runs nothing of the repository: neither tests nor what it requires."""
    for name, job in jobs_of(text).items():
        if any(value == "write" for value in job.get("permissions", {}).values()):
            scripts = "\n".join(step.get("run", "") for step in job.get("steps", []))
            yield from (f"{name}: {each}" for each in ("REQUIREMENTS", "ci run") if each in scripts)


def limits(text: str) -> Iterator[str]:
    """Each job has a limit of time."""
    yield from (
        name for name, job in jobs_of(text).items()
        if "uses" not in job and "timeout-minutes" not in job
    )  # fmt: skip


def caches(text: str) -> Iterator[str]:
    """Pull requests restore caches, and only the default branch saves them."""
    for step in steps_of(text):
        saves = step.get("uses", "").startswith(("actions/cache@", "actions/cache/save@"))
        if saves and "env.SAVES == 'true'" not in step.get("if", ""):
            yield step["uses"]


def gpus(text: str) -> Iterator[str]:
    """A GPU is for code of the repository itself, and for one job at a time."""
    trusted = ("full_name == github.repository", "github.event_name == 'workflow_dispatch'")
    for name, job in jobs_of(text).items():
        if "gpu-runs-on" not in job.get("runs-on", ""):
            continue
        if not any(each in job.get("if", "") for each in trusted):
            yield f"{name}: if: {job.get('if', '')}"
        limit = job.get("concurrency", {})
        if limit.get("queue") != "max" or limit.get("cancel-in-progress", False):
            yield f"{name}: concurrency: {limit}"


def secrets(text: str) -> Iterator[str]:
    """A workflow that pull requests run knows no secret; none ever inherits them all."""
    content = read(text)
    known = "pull_request" in content.get("on", {}) or "gpu" in content.get("jobs", {})
    if (known and "secrets." in text) or "secrets: inherit" in text:
        yield "secrets"


RULES: tuple[Rule, ...] = (
    pinned, injection, credentials, permissions, writers, limits, caches, gpus, secrets,
)  # fmt: skip
