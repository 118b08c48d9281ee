"""The first line of a failure is the whole story, and no longer than a line: over the broken demo."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.models.explained import LONGEST
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Item

DEMO = Path(__file__).parents[2] / "examples/demo/broken"


@pytest.fixture(scope="module")
def breakages() -> Iterator[Any]:
    """The module that makes the broken checkpoints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DEMO))
        yield import_module("breakages")
    for name in ("breakages", "faulty"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, breakages: Any) -> dict[str, tuple[Any, Item]]:
    """What the item says that must fail, by file; real checkpoints of packages that are not here are left out."""
    project = Project(tmp_path_factory.mktemp("broken"))
    for name in ("faulty.py", "frictionless.yaml", "breakages.py"):
        shutil.copyfile(DEMO / name, project.root / name)
    (project.root / "models").mkdir()
    made = {}
    for each in breakages.BREAKAGES:
        try:
            each.make(project.root / "models" / each.file)
        except FileNotFoundError:
            continue
        made[each.file] = each
    asked = [
        item for item in project.run_isolated("--collect-only", "-q").stdout.splitlines()
        if (each := made.get(item.partition("::")[0].removeprefix("models/")))
        and item.partition("::")[2].split("-")[0] == each.check
    ]  # fmt: skip
    outcome = project.run_isolated("models", "-k", " or ".join({e.check for e in made.values()}))
    items = [outcome[item] for item in asked]
    red = {item.nodeid.partition("::")[0][7:]: item for item in items if item.outcome == "failed"}
    return {file: (each, red[file]) for file, each in made.items()}


def test_each_earns_its_code_and_says_what_next(told: dict[str, tuple[Any, Item]]) -> None:
    assert len(told) > 35
    wrong = {file: item.code for file, (each, item) in told.items() if item.code != each.code}
    assert wrong == {}
    assert [file for file, (_, item) in told.items() if "\n  next:   " not in item.text] == []


def test_no_first_line_is_longer_than_a_line(told: dict[str, tuple[Any, Item]]) -> None:
    lines = {file: item.headline for file, (_, item) in told.items()}
    assert {file: line for file, line in lines.items() if len(line) > LONGEST} == {}


def test_no_first_line_stops_in_the_middle(told: dict[str, tuple[Any, Item]]) -> None:
    ends = {file: item.headline for file, (_, item) in told.items()}
    assert {file: line for file, line in ends.items() if line.endswith((":", ",", " "))} == {}


def test_a_refusal_is_not_told_again_as_its_cause(told: dict[str, tuple[Any, Item]]) -> None:
    text = told["spectrum.pt"][1].text
    assert "\n  cause:  the node has inverse=0, axis=1, onesided=1\n" in text


def test_a_baked_size_is_told_with_its_constant_and_its_node(
    told: dict[str, tuple[Any, Item]],
) -> None:
    fixed, baked = (told[name][1] for name in ("fixed_heads.onnx", "baked_batch.onnx"))
    assert fixed.headline == (
        "FR605 batch is baked in as 4 by the constant shape: y (Reshape) does not run at min (batch=1)"
    )
    assert "ONNX Runtime says: " in fixed.text.partition("cause:")[2]
    assert baked.headline.startswith("FR606 batch is baked in as 1 by the constant ")
    assert "where:  /Reshape (Reshape)" in baked.text
