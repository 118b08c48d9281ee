"""All cells of a model move together, in numbers that an H200 showed: the engine, or the machine?"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from tests.project import Item, Project
from tests.recorded import RECORDED_GPU, accept

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
latency: {rounds: 7}
models:
  net:
    profiles:
      online: {batch: [1, 2, 4]}
      offline: {batch: [8, 16, 32]}
"""
"""Six cells: of fewer than five nothing is told apart."""
PAIRS = "confirmed by 10 pairs of A/B"


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model of six cells that was accepted after three jobs."""
    project = Project(tmp_path_factory.mktemp("accepted"))
    project.write("conftest.py", RECORDED_GPU)
    project.write("frictionless.yaml", SETTINGS)
    project.onnx("models/net.onnx")
    for _ in range(3):
        measure(project)
    accept(project)
    return project


@pytest.fixture
def shop(accepted: Project, tmp_path: Path) -> Project:
    shutil.copytree(accepted.root, tmp_path / "shop")
    return Project(tmp_path / "shop")


def measure(shop: Project, **environment: str) -> list[Item]:
    """Four items tell of six cells: those at opt ask what no GPU here can show, switching profiles."""
    outcome = shop.run_isolated("models", "-k", "latency and not opt", environment=environment)
    items = [*outcome.items.values()]
    assert len(items) == 4
    return items


def told(items: list[Item]) -> list[str]:
    """The warning of each item; none failed."""
    assert {item.outcome for item in items} == {"passed"}
    return [warning for item in items for warning in item.values("warning")]


def test_nothing_is_told_where_nothing_moved(shop: Project) -> None:
    assert told(measure(shop)) == []


def test_a_faster_engine_is_a_baseline_to_accept_at_every_point(shop: Project) -> None:
    lines = told(measure(shop, SLOWER="0.9"))
    assert len(lines) == 4
    assert {line.partition(" ")[0] for line in lines} == {"FR922"}
    ends = {line.partition(" %, ")[2] for line in lines}
    assert ends <= {f"{how}: accept it as the baseline" for how in ("as all 6 cells are", PAIRS)}
    assert {line.partition(" %, ")[0].rpartition(": ")[2] for line in lines} == {"-10.0"}


def test_a_faster_machine_is_told_as_one(shop: Project) -> None:
    items = measure(shop, MACHINE="0.9")
    lines = told(items)
    assert len(lines) == 4
    for line in lines:
        assert line.startswith("FR921 net/")
        assert line.endswith("is faster as all 6 cells are: -10.0 %, and so is the accepted engine")
    assert "clocks, power limit, driver" in items[0].sections["Captured warning call"]


def test_without_the_accepted_engine_a_gain_of_all_cells_does_not_fail(shop: Project) -> None:
    shutil.rmtree(shop.root / ".frictionless/runs/plans")
    shutil.rmtree(shop.root / ".frictionless/cache/accepted", ignore_errors=True)
    items = measure(shop, SLOWER="0.9")
    assert {line.partition(" ")[0] for line in told(items)} == {"FR921"}
    assert "machine or engine, who knows" in items[0].sections["Captured warning call"]


def test_all_cells_that_are_slower_fail_as_before(shop: Project) -> None:
    items = measure(shop, SLOWER="1.1")
    assert {(item.outcome, item.code) for item in items} == {("failed", "FR921")}
