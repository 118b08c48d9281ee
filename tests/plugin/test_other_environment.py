"""Accepted in another environment: its engine stands in where it runs, and its numbers never do."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from tests.project import Item, Project
from tests.recorded import RECORDED_GPU, accept

from pytest_frictionless.cli import main
from pytest_frictionless.latency.baselines import read_baselines

if TYPE_CHECKING:
    from pathlib import Path

OLD = "575.57.08"
NO_BASELINE = (
    "no baseline for this environment (driver 580, not 575); against the accepted engine of"
)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model that was accepted after three jobs with an older driver."""
    project = Project(tmp_path_factory.mktemp("accepted"))
    project.write("conftest.py", RECORDED_GPU)
    project.write("frictionless.yaml", "latency: {rounds: 7}\n")
    project.onnx("models/net.onnx")
    for _ in range(3):
        measure(project, DRIVER=OLD)
    accept(project)
    return project


@pytest.fixture
def shop(accepted: Project, tmp_path: Path) -> Project:
    shutil.copytree(accepted.root, tmp_path / "shop")
    return Project(tmp_path / "shop")


def measure(shop: Project, **environment: str) -> dict[str, Item]:
    outcome = shop.run_isolated("models", "-k", "latency", environment=environment)
    return outcome.of("models/net.onnx")


def slug(shop: Project) -> str:
    (baseline,) = read_baselines(shop.root / "baselines")
    return baseline.key.slug


def test_where_it_was_accepted_it_is_judged_by_its_baseline(shop: Project) -> None:
    item = measure(shop, DRIVER=OLD)["latency-default-opt"]
    assert item.values("verdict") == ["pass"]
    assert item.values("warning") == []


def test_an_unchanged_engine_passes_and_says_against_what(shop: Project) -> None:
    items = measure(shop)
    assert {item.outcome for item in items.values()} == {"passed"}
    for item in items.values():
        assert item.values("verdict") == ["pass"]
        (said,) = item.values("warning")
        assert said.startswith("FR929 net/default-")
        assert f"{NO_BASELINE} {slug(shop)} in 10 pairs of A/B: " in said


def test_a_slower_engine_fails_and_says_against_what(shop: Project) -> None:
    item = measure(shop, SLOWER="1.03")["latency-default-opt"]
    assert (item.outcome, item.code) == ("failed", "FR920")
    before, _, change = item.headline.rpartition(": +")
    assert before.endswith(f"is slower: {NO_BASELINE} {slug(shop)} in 10 pairs of A/B")
    assert 2.5 < float(change.removesuffix(" %")) < 3.5


def test_a_machine_that_is_slower_is_no_regression(shop: Project) -> None:
    """The numbers of the other environment do not count: only its engine, measured here."""
    old = next(shop.root.glob("baselines/*/net.json"))
    content = json.loads(old.read_text())
    for job in (job for line in content["cells"] for job in line["jobs"]):
        job["ms"] = [ms / 2 for ms in job["ms"]]
    old.write_text(json.dumps(content))
    items = measure(shop)
    assert {item.values("verdict")[0] for item in items.values()} == {"pass"}


def test_without_the_stored_engine_there_is_no_baseline(shop: Project) -> None:
    shutil.rmtree(shop.root / ".frictionless/runs/plans")
    shutil.rmtree(shop.root / ".frictionless/cache/accepted", ignore_errors=True)
    item = measure(shop, SLOWER="1.1")["latency-default-opt"]
    assert item.outcome == "passed"
    assert item.values("verdict") == ["no baseline"]
    text = item.sections["Captured warning call"]
    assert text.startswith("FR925")
    assert f"accepted in {slug(shop)} (driver 580, not 575): its engine is not kept in" in text


def test_an_engine_that_does_not_load_here_is_no_baseline(shop: Project) -> None:
    item = measure(shop, SLOWER="1.1", REFUSED="1")["latency-default-opt"]
    assert item.values("verdict") == ["no baseline"]
    text = item.sections["Captured warning call"]
    assert (
        f"accepted in {slug(shop)} (driver 580, not 575): its engine does not run here: FR905"
        in text
    )


def test_the_recorded_run_says_the_same_again(
    shop: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measure(shop, SLOWER="1.1")
    monkeypatch.chdir(shop.root)
    capsys.readouterr()
    assert main(["baseline", "compare", "--all"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert said.count(f"is slower: {NO_BASELINE} {slug(shop)} in 10 pairs") == 3
