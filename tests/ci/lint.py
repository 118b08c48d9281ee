"""The linters of GitHub's YAML, as `make test-ci` calls them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.ci.act import ROOT
from tests.ci.tools import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOOLS = ("jactionlint", "shellcheck", "zizmor", "check-jsonschema")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
EXAMPLES = sorted((ROOT / "ci-templates" / "examples" / "github").glob(".github/workflows/*.yml"))
CHECKOUT = re.findall(r"checkout@[0-9a-f]{40} # v[0-9.]+", WORKFLOWS[0].read_text())[0]
"""How actions/checkout is pinned."""
LIMITED = "--ignore=concurrency-limits"
"""The workflow that an example calls limits itself."""


def lint(tool: str, root: Path, files: Sequence[Path]) -> tuple[int, str]:
    """Exit status and words of a linter about the files of a repository."""
    commands = {
        "jactionlint": ["jactionlint", "--strict-exit", "--no-online"],
        "jactionlint-examples": ["jactionlint", "--strict-exit", "--no-online", LIMITED],
        "zizmor": ["zizmor", "--offline", "--no-progress", "--config", str(ROOT / ".github/zizmor.yml")],
        "workflow-schema": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        "action-schema": ["check-jsonschema", "--builtin-schema", "vendor.github-actions"],
        "dependabot-schema": ["check-jsonschema", "--builtin-schema", "vendor.dependabot"],
    }  # fmt: skip
    name, *arguments = commands[tool]
    done = subprocess.run(
        [path_of(name), *arguments, *map(str, files)], cwd=root, capture_output=True, text=True, check=False,
        env={"PATH": _path(), "HOME": str(root)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def _path() -> str:
    """Where jactionlint finds shellcheck, and everybody a shell."""
    return f"{path_of('shellcheck').rpartition('/')[0]}:/usr/bin:/bin"
