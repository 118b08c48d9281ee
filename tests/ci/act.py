"""Executes workflows on this machine with act; actions that are JavaScript are stood in for by stubs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.ci.tools import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
STUBS = Path(__file__).parent / "stubs"
PLACEHOLDER = "OWNER/pytest-frictionless@" + "0" * 40
"""How the examples name this repository and its release."""
RUNNER = "-self-hosted"
"""act's word for: on this machine, without a container."""
_OUTER = re.compile("ACT_|ACTIONS_|CI$|GITHUB_|GIT_|PIP_|PYTEST_|RUNNER_")
"""Variables of the pipeline that runs these tests, which the workflows under test shall not see."""
_USES = re.compile(r"uses: (?P<action>actions/[\w-]+)(?:/[\w-]+)?@(?P<commit>[0-9a-f]{40})")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A workflow that has run."""

    code: int
    log: list[dict[str, Any]]
    """What act tells, a record each: https://nektosact.com"""
    stderr: str
    folder: Path

    @property
    def artefacts(self) -> Path:
        """A folder for each artefact that was uploaded."""
        return self.folder / "artefacts"

    @property
    def caches(self) -> Path:
        """A folder for each cache that was saved."""
        return self.folder / "caches"

    @cached_property
    def jobs(self) -> dict[str, str]:
        """How each job ended that began, by its id. Jobs of one matrix are not told apart by act."""
        return {each["jobID"]: each["jobResult"] for each in self.log if "jobResult" in each}

    def steps(self, job: str) -> dict[str, str]:
        """How each named step of a job ended."""
        return {
            each["step"]: each["stepResult"]
            for each in self.log
            if each.get("jobID") == job and "stepResult" in each
        }

    def output(self, job: str) -> str:
        """What the steps of a job printed."""
        return "".join(
            each["msg"] for each in self.log if each.get("raw_output") and each["jobID"] == job
        )

    def commands(self, job: str, command: str) -> list[dict[str, Any]]:
        """Workflow commands that the steps of a job gave, as `error` and `set-output`."""
        return [
            each for each in self.log if each.get("command") == command and each["jobID"] == job
        ]

    def annotations(self, job: str, level: str) -> list[tuple[str, str, str]]:
        """Code, file and line of what a job marks on GitHub as `error`, `warning` or `notice`."""
        marked = [(each["arg"], each["kvPairs"]) for each in self.commands(job, level)]
        return [
            (text.partition(" ")[0], where.get("file", ""), where.get("line", "")) for text, where in marked
        ]  # fmt: skip

    def outputs(self, job: str) -> dict[str, str]:
        """Outputs that the steps of a job set."""
        return {each["name"]: each["arg"] for each in self.commands(job, "set-output")}

    def told(self) -> str:
        """All of it, for a test that fails."""
        return "\n".join(
            f"{each.get('jobID', '')}: {each.get('msg', '').rstrip()}" for each in self.log
        )


def run(
    repository: Path, workflow: str, *, event: str, payload: Mapping[str, Any], published: Path,
    folder: Path, job: str = "", environment: Mapping[str, str] | None = None,
) -> Ran:  # fmt: skip
    """Execute the workflow of a repository.

    Args:
        repository: A git repository, of which act takes a copy for each job.
        workflow: Path of the workflow in it.
        event: Name of what happened.
        payload: What GitHub would tell of it.
        published: What `uses: OWNER/pytest-frictionless/...` stands for.
        folder: Where artefacts, caches and a home are kept.
        job: The only job to execute, with those that it needs.
        environment: More variables for the jobs.
    """
    home = folder / "home"
    shutil.rmtree(folder / "artefacts", ignore_errors=True)
    for name in ("artefacts", "caches", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told = folder / "event.json"
    told.write_text(json.dumps(payload))
    variables = {
        "ACT_ARTIFACTS": str(folder / "artefacts"), "ACT_CACHES": str(folder / "caches"), "HOME": str(home),
        "ACT_PYTHON": sys.executable, "ACT_PACKAGES": sysconfig.get_path("purelib"),
        "PYTHONPATH": str(ROOT / "src"), "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # of all names: 0 means without isolation
        "GITHUB_REPOSITORY": "acme/shop", "NO_COLOR": "1",
        "PATH": f"{STUBS / 'bin'}{os.pathsep}{os.environ['PATH']}",
        **(environment or {}),
    }  # fmt: skip
    command = [
        path_of("act"), event, "--json", "--eventpath", str(told), "--workflows", workflow,
        *(["--job", job] if job else []),
        *(word for label in ("ubuntu-latest", "self-hosted") for word in ("-P", f"{label}={RUNNER}")),
        "--container-daemon-socket", "-", "--no-cache-server", "--action-offline-mode",
        *(f"--local-repository={each}" for each in [f"{PLACEHOLDER}={published}", *_stubs()]),
        *(f"--env={name}={value}" for name, value in variables.items()),
    ]  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if not _OUTER.match(name)}
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, timeout=300,
        env={**environ, "HOME": str(home)},
    )  # fmt: skip
    log = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    shutil.rmtree(home / ".cache", ignore_errors=True)
    return Ran(code=done.returncode, log=log, stderr=done.stderr, folder=folder)


def _stubs() -> list[str]:
    """What stands for each action at the commit that our workflows pin."""
    files = (*ROOT.glob(".github/workflows/*.yml"), ROOT / "action.yml")
    texts = [path.read_text() for path in files]
    pinned = {match["action"]: match["commit"] for text in texts for match in _USES.finditer(text)}
    return [
        f"{action}@{commit}={STUBS / action.partition('/')[2]}"
        for action, commit in pinned.items()
        if action != "actions/checkout"  # act copies the working tree itself
    ]
