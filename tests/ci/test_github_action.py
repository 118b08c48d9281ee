"""The action, executed as a step of jobs of one's own."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.ci.act import PLACEHOLDER
from tests.ci.consumer import CALLER, EXAMPLE
from tests.ci.rules import read
from tests.ci.tools import needs
from tests.project import MLP

if TYPE_CHECKING:
    from tests.ci.consumer import Consumer

pytestmark = [pytest.mark.real, needs("act", "git", "hatchling")]

FAST = "-k load"
OUTPUTS = ("result", "total", "failed", "report-path")


def test_the_action_is_one_step_of_a_job_of_ones_own(consumer: Consumer) -> None:
    """It installs itself, of the commit that is used."""
    consumer.onnx("models/net.onnx")
    shutil.copytree(EXAMPLE / ".github", consumer.root / ".github")
    ran = consumer.act(
        "workflow_dispatch", workflow=".github/workflows/action.yml",
        environment={"PYTHONPATH": "", "PYTEST_ADDOPTS": FAST},
    )  # fmt: skip
    assert ran.code == 0, ran.told()
    assert "Successfully installed pytest-frictionless" in ran.output("models")
    assert (ran.artefacts / "frictionless-report" / "comment.md").is_file()


def test_the_action_takes_all_that_it_declares(consumer: Consumer) -> None:
    """A shard of what changed, in a folder, where a GPU is asked for and there is none."""
    inputs = {
        "python-version": "3.11", "frictionless-version": "0.1.0", "extras": "onnx", "pip-extra-index-url": "",
        "install": "requirements.txt", "working-directory": "vision", "pytest-args": FAST, "shard": "1/1",
        "changed-since": "HEAD~1", "gpu": "true", "report-path": "out",
    }  # fmt: skip
    told = " ".join(f"${{{{ steps.it.outputs.{name} }}}}" for name in OUTPUTS)
    steps = [
        {"uses": "actions/checkout@" + "0" * 40},
        {"id": "it", "uses": PLACEHOLDER, "with": inputs},
        {"if": "always()", "run": f"echo outputs {told}"},
    ]
    consumer.write(CALLER, json.dumps({"on": "push", "jobs": {"one": {"runs-on": "ubuntu-latest", "steps": steps}}}))  # fmt: skip
    consumer.write("vision/frictionless.yaml", "roots: [models]\n")
    consumer.write("vision/requirements.txt", "pytest>=9\n")
    consumer.onnx("vision/models/old.onnx")
    consumer.commit()
    consumer.onnx("vision/models/new.onnx", MLP.replace("Neg", "Abs"))
    ran = consumer.act()
    assert ran.jobs == {"one": "failure"}
    assert "FR014" in ran.output("one")
    assert "Requirement already satisfied: pytest>=9 in" in ran.output("one")
    assert "outputs failure 1 0 vision/out/report" in ran.output("one")
    declared = read((consumer.published / "action.yml").read_text())
    assert (set(inputs), set(OUTPUTS)) == (set(declared["inputs"]), set(declared["outputs"]))
