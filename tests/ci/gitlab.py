"""Projects whose pipelines gitlab-ci-local runs for real, in shells and without a GitLab."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from tests.project import MLP

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "ci-templates"
TEMPLATE = TEMPLATES / "gitlab" / "frictionless.gitlab-ci.yml"
COMPONENT = TEMPLATES / "gitlab-component"
GPU_TEMPLATE = COMPONENT / "templates" / "frictionless-gpu" / "template.yml"
EXAMPLES = TEMPLATES / "examples" / "gitlab"
LOCAL = "ci/frictionless.gitlab-ci.yml"
"""Where a project keeps its copy of the template, as in examples/gitlab/local."""

NO_SCHEMA = "--json-schema-validation=false"
"""Half the time of a call: previews hold every template to GitLab's schema."""

_COMMAND = Path(__file__).parent / "node_modules" / ".bin" / "gitlab-ci-local"
_OURS = re.compile(r"PYTEST|COV_|GITHUB_|GITLAB_|CI$|CI_|FRICTIONLESS|PIP_|GIT_")
"""Variables of the pipeline that runs these tests, which the pipelines under test shall not see."""


def needed(*tools: str) -> None:
    """Skip the test, and say what to install, where what runs pipelines or one of these is missing."""
    remedies = {
        "node": "https://nodejs.org, 20 or newer", "rsync": "apt-get install rsync",
        "git-lfs": "apt-get install git-lfs",
        **dict.fromkeys(tools, "pip install -r requirements/ci-tools.txt"),
    }  # fmt: skip
    path = outer_environment()["PATH"]
    missing = [
        f"{tool} ({remedy})" for tool, remedy in remedies.items()
        if shutil.which(tool, path=path) is None
    ]  # fmt: skip
    if not _COMMAND.exists():
        missing.append("gitlab-ci-local (npm ci --prefix tests/ci)")
    if missing:
        pytest.skip(f"pipelines of GitLab need {', '.join(missing)}")


def documents(text: str) -> list[Any]:
    """What a YAML file holds: of a template its header, then its jobs."""
    return list(YAML(typ="safe").load_all(text))


def inputs_of(template: Path) -> dict[str, dict[str, Any]]:
    """The inputs that a template declares, by name."""
    inputs: dict[str, dict[str, Any]] = documents(template.read_text())[0]["spec"]["inputs"]
    return inputs


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call of gitlab-ci-local ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr

    @property
    def outcomes(self) -> dict[str, str]:
        """PASS or FAIL of every job that ran, by the name that its log has."""
        found = re.findall(r"(?m)^ *(PASS|FAIL) +(\S+(?: \[\d+/\d+\])?) *$", self.stdout)
        return {job: outcome for outcome, job in found}


class Repository:
    """A repository of one commit on `main`, as GitLab has checked it out."""

    def __init__(self, root: Path, *, path: str = "shop/models") -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")
        self.git("remote", "add", "origin", f"https://gitlab.example.com/{path}.git")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True,
            env=outer_environment(),
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def onnx(self, name: str, text: str = MLP) -> Path:
        """Write a model given in ONNX's text form."""
        import onnx.parser

        header = '<ir_version: 10, opset_import: ["" : 19]>'
        return self.write(name, onnx.parser.parse_model(f"{header}\n{text}").SerializeToString())

    def example(self, name: str) -> None:
        """Take the pipeline of an example, and the template where the example keeps it."""
        shutil.copytree(EXAMPLES / name, self.root, dirs_exist_ok=True)
        self.write(LOCAL, TEMPLATE.read_bytes())

    def include(self, template: str | None = None, **inputs: Any) -> None:
        """Include a copy of the template; names of inputs with _ for -."""
        self.write(LOCAL, template or TEMPLATE.read_bytes())
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        self.write(".gitlab-ci.yml", json.dumps({"include": [{"local": LOCAL, "inputs": named}]}))

    def commit(self) -> str:
        """Commit everything, and have it on the server's default branch."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        return self.git("rev-parse", "HEAD")

    def call(self, *arguments: str, environment: dict[str, str] | None = None) -> Ended:
        """Call gitlab-ci-local on the commit that is checked out."""
        done = subprocess.run(
            [str(_COMMAND), *arguments], cwd=self.root, capture_output=True, text=True,
            errors="replace", check=False, timeout=300, env=outer_environment() | (environment or {}),
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    def preview(self, *, environment: dict[str, str] | None = None) -> dict[str, Any]:
        """The pipeline with its includes and inputs resolved."""
        ended = self.call("--preview", environment=environment)
        assert ended.code == 0, ended.text
        self.write(".gitlab-ci-local/merged.yml", ended.stdout)
        (merged,) = documents(ended.stdout)
        jobs: dict[str, Any] = merged
        return jobs

    def jobs(self, event: Mapping[str, str] | None = None) -> dict[str, str]:
        """When each job of a pipeline with these variables runs; `never` is left out."""
        ended = self.call("--list-json", NO_SCHEMA, *_given(event or {}))
        assert ended.code == 0, ended.text
        listed: list[dict[str, Any]] = json.loads(ended.stdout)
        return {each["name"]: each["when"] for each in listed if each["when"] != "never"}

    def run(
        self, *jobs: str, event: Mapping[str, str] | None = None,
        environment: dict[str, str] | None = None,
    ) -> Ended:  # fmt: skip
        """Run the whole pipeline, or these jobs, with the variables of an event."""
        return self.call(
            "--force-shell-executor", "--shell-isolation", "--concurrency", "2", NO_SCHEMA,
            *_given(event or {}), *jobs,
            environment=environment,
        )  # fmt: skip

    def json(self, name: str) -> Any:
        """What an artifact holds."""
        return json.loads((self.root / name).read_text())


def _given(variables: Mapping[str, str]) -> list[str]:
    """Variables of a pipeline; without a word on those that GitLab itself sets."""
    named = [
        word for name, value in variables.items() for word in ("--variable", f"{name}={value}")
    ]
    return [*named, "--ignore-predefined-vars", ",".join(variables)] if named else []


def outer_environment() -> dict[str, str]:
    """The environment of these tests, without a package index: what jobs install is here already."""
    kept = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    return kept | {"PIP_NO_INDEX": "1", "NO_COLOR": "1"}
