"""A repository that calls the workflows of this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from tests.ci import act
from tests.ci.act import PLACEHOLDER, ROOT
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXAMPLE = ROOT / "ci-templates" / "examples" / "github"
CALLER = ".github/workflows/caller.yml"
PUSH = {
    "ref": "refs/heads/main",
    "repository": {"default_branch": "main", "full_name": "acme/shop", "owner": {"login": "acme"}, "name": "shop"},
}  # fmt: skip
"""What GitHub tells of a push to the default branch."""


def pull_request(head: str = "acme/shop") -> dict[str, Any]:
    """What GitHub tells of a pull request from a branch of this repository."""
    return {
        "action": "opened", "number": 7, "repository": PUSH["repository"],
        "pull_request": {
            "number": 7, "head": {"ref": "topic", "sha": "a" * 40, "repo": {"full_name": head}},
            "base": {"ref": "main", "sha": "b" * 40, "repo": {"full_name": "acme/shop"}},
        },
    }  # fmt: skip


class Consumer(Project):
    """A git repository with checkpoints, whose workflows act executes."""

    def __init__(self, root: Path, published: Path) -> None:
        super().__init__(root)
        self.published = published
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")

    @classmethod
    def clone(cls, origin: Consumer, root: Path, **environment: str) -> Consumer:
        """A clone of another one."""
        subprocess.run(
            ["git", "clone", "--quiet", origin.root.as_uri(), root],
            check=True, env={**os.environ, **environment},
        )  # fmt: skip
        return cls(root, origin.published)

    @property
    def github(self) -> Path:
        """Where artefacts and caches of its runs are kept."""
        return self.root.parent / f"{self.root.name}-github"

    def git(self, *arguments: str) -> str:
        """Call git in this repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def example(self) -> None:
        """Become the example for GitHub."""
        shutil.copytree(EXAMPLE, self.root, dirs_exist_ok=True)

    def call(self, workflow: str = "frictionless", /, **inputs: str | float) -> None:
        """Write a workflow that calls one of this repository with inputs; `_` is `-` in their names."""
        repository, _, ref = PLACEHOLDER.partition("@")
        job = {
            "uses": f"{repository}/.github/workflows/{workflow}.yml@{ref}",
            "with": {name.replace("_", "-"): value for name, value in inputs.items()},
        }
        events = ["push", "pull_request", "pull_request_target", "workflow_dispatch"]
        self.write(CALLER, json.dumps({"on": events, "jobs": {"models": job}}))

    def act(
        self, event: str = "push", *, workflow: str = CALLER, payload: Mapping[str, Any] = PUSH,
        job: str = "", environment: Mapping[str, str] | None = None,
    ) -> act.Ran:  # fmt: skip
        """Commit everything and execute a workflow; caches and artefacts lie beside the repository."""
        if self.git("status", "--porcelain"):
            self.commit()
        return act.run(
            self.root, workflow, event=event, payload=payload, published=self.published,
            folder=self.github, job=job, environment=environment,
        )  # fmt: skip
