"""The workflows and the action have no fault that a linter knows, and the linters know the faults."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.ci.act import ROOT
from tests.ci.lint import ACTION, CHECKOUT, EXAMPLES, TOOLS, WORKFLOWS, lint
from tests.ci.tools import needs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs(*TOOLS)


@pytest.mark.parametrize(
    ("tool", "files"),
    [
        ("jactionlint", [*WORKFLOWS, ACTION]),
        ("jactionlint-examples", EXAMPLES),
        ("zizmor", [*WORKFLOWS, ACTION, *EXAMPLES]),
        ("workflow-schema", [*WORKFLOWS, *EXAMPLES]),
        ("action-schema", [ACTION]),
        ("dependabot-schema", [ROOT / ".github" / "dependabot.yml"]),
    ],
)
def test_nothing_is_found(tool: str, files: list[Path]) -> None:
    status, said = lint(tool, ROOT, files)
    assert status == 0, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A mistake that is easily made: what is written, and what stands there instead."""

    file: str
    right: str
    wrong: str
    says: str
    """How it is told."""


FRICTIONLESS = ".github/workflows/frictionless.yml"
CI = ".github/workflows/ci.yml"
MUTATIONS = {
    "M1-undefined-input": Mutation(
        file=FRICTIONLESS, right="EXTRAS: ${{ inputs.extras }}", wrong="EXTRAS: ${{ inputs.extra }}",
        says='property "extra" is not defined',
    ),
    "M2-unknown-job-key": Mutation(
        file=FRICTIONLESS, right="    timeout-minutes: 10\n", wrong="    timeout-minute: 10\n",
        says='unexpected key "timeout-minute"',
    ),
    "M3-unknown-need": Mutation(
        file=FRICTIONLESS, right="needs: [discover, cpu]", wrong="needs: [discover, cpus]",
        says='needs job "cpus"',
    ),
    "M4-unpinned-action": Mutation(
        file=CI, right=CHECKOUT, wrong="checkout@v7",
        says="pin",
    ),
    "M5-injection": Mutation(
        file=CI, right='make "$TARGET"', wrong='make "${{ github.event.pull_request.title }}"',
        says="untrusted",
    ),
    "M6-type-int": Mutation(
        file=FRICTIONLESS, right="type: number", wrong="type: int", says='"int"',
    ),
    "A1-step-without-shell": Mutation(
        file="action.yml", right="      shell: bash\n", wrong="", says="shell",
    ),
    "A2-unknown-action-input": Mutation(
        file=CI, right="persist-credentials: false", wrong="persist-credential: false",
        says='"persist-credential" is not defined',
    ),
    "A3-unknown-workflow-input": Mutation(
        file=CI, right="frictionless-version: ../../..", wrong="frictionless-versions: ../../..",
        says='"frictionless-versions" is not defined',
    ),
    "A4-output-of-no-step": Mutation(
        file=FRICTIONLESS, right="steps.discover.outputs.count", wrong="steps.discovery.outputs.count",
        says='"discovery" is not defined',
    ),
    "A5-unquoted": Mutation(
        file=CI, right='make "$TARGET"', wrong="make $TARGET", says="SC2086",
    ),
    "A6-write-all": Mutation(
        file=CI, right="permissions: {}", wrong="permissions: write-all", says="write-all",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_planted_mistake_is_found(mutation: Mutation, tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    shutil.copyfile(ACTION, tmp_path / "action.yml")
    (tmp_path / ".git").mkdir()  # the root, from which jactionlint resolves `./`
    path = tmp_path / mutation.file
    text = path.read_text()
    assert mutation.right in text
    path.write_text(text.replace(mutation.right, mutation.wrong, 1))
    status, said = lint("jactionlint", tmp_path, [path])
    assert status == 1
    assert mutation.says in said
