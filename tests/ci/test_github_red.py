"""The reusable workflow where a checkpoint fails: red, with the reason where people look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.ci.consumer import Consumer
from tests.ci.tools import needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.act import Ran

pytestmark = [pytest.mark.real, needs("act", "git", "hatchling")]

REFUSED = '''
from torch import Tensor, nn


class Volume(nn.Module):
    """TensorRT has no determinant."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(x).det()  # here
'''
OF_A_FACTORY = """
models:
  volume:
    path: models/volume.safetensors
    factory: nets:Volume
    inputs: {x: "float32[batch, 4, 4]"}
    profiles: {online: {batch: [1, 2, 4]}}
"""


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory, published: Path) -> Ran:
    """A healthy model and one that TensorRT refuses, in a folder of the repository."""
    consumer = Consumer(tmp_path_factory.mktemp("red") / "consumer", published)
    consumer.write("vision/nets.py", REFUSED)
    consumer.write("vision/frictionless.yaml", OF_A_FACTORY)
    consumer.onnx("vision/models/good.onnx")
    weights = {"scale.weight": np.ones((4, 4), "float32"), "scale.bias": np.ones(4, "float32")}
    save_file(weights, consumer.root / "vision/models/volume.safetensors")
    consumer.write("vision/requirements.txt", "pytest>=9\n")
    consumer.call(
        name="vision", working_directory="vision", install="requirements.txt", upload_models="on-failure",
        max_shards=1, pytest_args="-m frictionless_operators",
    )  # fmt: skip
    return consumer.act()


def test_a_failing_checkpoint_turns_it_red(red: Ran) -> None:
    assert red.code == 1
    assert red.jobs == {"discover": "success", "cpu": "failure", "report": "failure"}
    assert red.outputs("report") == {"result": "failure", "total": "2", "failed": "1"}
    assert red.steps("report")["Gate"] == "failure"
    assert "Requirement already satisfied: pytest>=9 in" in red.output("cpu")
    names = {each.name for each in red.artefacts.iterdir()}
    assert names == {"vision-results-1", "vision-models-1", "vision-report"}
    items = json.loads((red.artefacts / "vision-report" / "results.json").read_text())["items"]
    assert {(item["checkpoint"], item["outcome"]) for item in items} == {
        ("models/good.onnx", "passed"), ("models/volume.safetensors", "failed"),
    }  # fmt: skip


def test_a_finding_is_marked_on_the_line_of_the_users_source(red: Ran) -> None:
    """As seen from the top of the repository, which is what GitHub shows."""
    line = [text.endswith("# here") for text in REFUSED.splitlines()].index(True) + 1
    assert ("FR501", "vision/nets.py", str(line)) in red.annotations("report", "error")
