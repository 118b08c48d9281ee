"""`pytest-frictionless baseline`, from recorded runs to an accepted baseline and its verdicts."""

from __future__ import annotations

import csv
import datetime
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.measured import KEY, Machine, cells

from pytest_frictionless.cli import main
from pytest_frictionless.latency.baselines import path_of, read_anchor, read_baseline
from pytest_frictionless.latency.cell import Built, Round
from pytest_frictionless.latency.gate import judge
from pytest_frictionless.latency.memory import MemoryRun, memory_cell
from pytest_frictionless.latency.run import Job, Run
from pytest_frictionless.latency.store import open_store, record
from pytest_frictionless.shapes import ShapePoint

if TYPE_CHECKING:
    from pathlib import Path

CELLS = cells(models=2)
ONE = CELLS[0]
PLAN = Built(network_sha256="n", tactics=("conv: a",))
DAY = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


@dataclass
class Shop:
    root: Path
    capsys: pytest.CaptureFixture[str]

    def measure(
        self, seed: int, *, commit: str = "aaaa", memory: tuple[MemoryRun, ...] = (), **planted: Any
    ) -> Run:
        """A run that pytest would have left."""
        plan = open_store(".frictionless/runs", self.root).keep_plan(b"engine")
        built = dict.fromkeys(CELLS, replace(PLAN, plan_sha256=plan))
        machine = Machine(CELLS, seed=seed, **{"built": built, **planted})
        anchor = read_anchor(self.root / "baselines", KEY)
        report, evidence = judge(CELLS, anchor, machine.measure, comparable=CELLS)
        date = DAY + datetime.timedelta(minutes=seed)
        run = Run.of(KEY, Job(commit=commit, job=f"j{seed}", date=date), evidence, report=report,
                     comparable=CELLS, memory=memory)  # fmt: skip
        self.keep(run)
        return run

    def keep(self, run: Run) -> str:
        return record(run, self.root)

    def main(self, *arguments: str) -> tuple[int, str]:
        self.capsys.readouterr()
        status = main(["baseline", *arguments])
        said = self.capsys.readouterr()
        return status, said.out + said.err

    def accept(self, jobs: int = 8) -> None:
        for seed in range(jobs):
            self.measure(seed)
        status, said = self.main("accept", "--commit", "aaaa", "--reason", "first")
        assert status == 0, said


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shop:
    for name in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "frictionless.yaml").write_text("roots: [models]\n")
    monkeypatch.chdir(tmp_path)
    return Shop(tmp_path, capsys)


def test_recorded_runs_are_accepted_and_later_ones_compared(shop: Shop) -> None:
    shop.accept()
    baseline = read_baseline(path_of(shop.root / "baselines", KEY, "net0"))
    assert [line.cell for line in baseline.cells] == CELLS[:4]
    assert {len(line.jobs) for line in baseline.cells} == {8}
    assert {line.accepted.reason for line in baseline.cells} == {"first"}

    shop.measure(20, commit="bbbb")
    status, said = shop.main("compare", "--commit", "bbbb")
    assert status == 0
    assert said.count("│ pass") == len(CELLS)

    shop.measure(21, commit="cccc", slower={ONE: 0.05})
    status, said = shop.main("compare")
    assert status == 1
    assert "regression" in said
    assert "FR920 net0/online-x0 (batch=1) is slower than accepted: +" in said
    assert said.count("FR9") == 1


def test_acceptance_tells_what_it_replaces_and_leaves_the_other_cells(shop: Shop) -> None:
    shop.accept()
    path = path_of(shop.root / "baselines", KEY, "net0")
    before = path.read_text().splitlines()
    for seed in range(30, 33):
        shop.measure(seed, commit="bbbb", slower={ONE: 0.10})
    arguments = (
        "accept",
        "--commit",
        "bbbb",
        "--reason",
        "wider head",
        "--cells",
        "net0/online-x0",
    )
    status, said = shop.main(*arguments)
    assert status == 0
    assert "net0/online-x0 (batch=1): 1 -> 1.1" in said.replace("0.9999", "1").replace("1.001", "1")
    after = path.read_text().splitlines()
    assert len([1 for old, new in zip(before, after, strict=True) if old != new]) == 1


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
@pytest.mark.parametrize("action", ["accept", "refresh"])
def test_nothing_is_accepted_in_ci(
    shop: Shop, action: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    status, said = shop.main(action)
    assert status == 2
    assert f"baseline {action} does not work in CI" in said


def test_a_workflow_may_propose_what_people_review(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3):
        shop.measure(seed)
    monkeypatch.setenv("CI", "true")
    asked = ("accept", "--commit", "aaaa", "--jobs", "3", "--reason", "first")
    status, said = shop.main(*asked)
    assert status == 2
    assert "or with --propose in a workflow that opens a pull request" in said
    status, said = shop.main(*asked, "--propose")
    assert status == 0
    assert path_of(shop.root / "baselines", KEY, "net0").is_file()


def test_a_reason_is_needed_and_three_jobs(shop: Shop) -> None:
    shop.measure(1)
    shop.measure(2)
    status, said = shop.main("accept", "--commit", "aaaa")
    assert status == 2
    assert "a reason is needed: --reason TEXT" in said
    assert "net0/online-x0 (batch=1): 2 recorded jobs are too few: at least 3, better 8" in said
    assert not (shop.root / "baselines").exists()


def test_invalid_rounds_are_refused(shop: Shop) -> None:
    for seed in range(3):
        shop.measure(seed, spoiled={ONE: "hw_thermal"} if seed == 1 else {})
    status, said = shop.main("accept", "--commit", "aaaa", "--reason", "x")
    assert status == 2
    assert "job aaaa-j1-1 has 0 valid rounds of 10: hw_thermal" in said


def test_engines_of_different_kernels_are_refused(shop: Shop) -> None:
    for seed in range(3):
        shop.measure(seed, built={ONE: replace(PLAN, tactics=(f"conv: {seed}",))})
    status, said = shop.main("accept", "--commit", "aaaa", "--reason", "x")
    assert status == 2
    assert "engines with different kernels" in said


def test_runs_of_several_environments_are_refused_until_one_is_named(shop: Shop) -> None:
    other = replace(KEY, driver="575")
    for seed in range(3):
        shop.keep(replace(shop.measure(seed), key=other))
    status, said = shop.main("accept", "--commit", "aaaa", "--reason", "x")
    assert status == 2
    assert "several environments" in said
    assert "driver 580, not 575" in said or "driver 575, not 580" in said
    status, _ = shop.main("accept", "--commit", "aaaa", "--reason", "x", "--key", other.slug)
    assert status == 0
    assert read_anchor(shop.root / "baselines", KEY).centres == {}
    shop.measure(9, commit="bbbb")
    status, said = shop.main("compare", "--key", KEY.slug)
    assert status == 0
    assert f"no baseline for this environment; {other.slug} is not it: driver 580, not 575" in said


def test_what_was_never_measured_is_told(shop: Shop) -> None:
    status, said = shop.main("accept", "--commit", "ffff", "--reason", "x")
    assert status == 2
    assert "no recorded run of commit ffff (environments: none)" in said
    shop.measure(1)
    assert shop.main("accept", "--commit", "aaaa", "--reason", "x", "--cells", "zzz")[1].count(
        "no cell is called zzz: the runs measured net0/online-x0"
    )


def test_refresh_renews_the_date_and_moves_no_centre(shop: Shop) -> None:
    shop.accept()
    path = path_of(shop.root / "baselines", KEY, "net0")
    early = DAY.date() - datetime.timedelta(days=10)
    path.write_text(path.read_text().replace(
        str(DAY.date() + datetime.timedelta(days=90)), str(early)))  # fmt: skip
    old = read_baseline(path)
    assert {line.expires for line in old.cells} == {early}
    shop.measure(40)
    status, said = shop.main("refresh")
    assert status == 0, said
    new = read_baseline(path)
    assert {line.expires for line in new.cells} == {DAY.date() + datetime.timedelta(days=90)}
    assert [line.jobs for line in new.cells] == [line.jobs for line in old.cells]


def test_refresh_is_refused_where_something_moved_or_the_engine_is_another(shop: Shop) -> None:
    shop.accept()
    shop.measure(41, slower={ONE: 0.08})
    status, said = shop.main("refresh")
    assert (status, "net0/online-x0 (batch=1): regression" in said) == (2, True)
    shop.measure(42, built={ONE: PLAN})
    status, said = shop.main("refresh")
    assert (status, "another engine than the accepted one" in said) == (2, True)


def test_record_copies_runs_and_plans_to_where_they_are_kept(shop: Shop) -> None:
    shop.measure(1)
    shop.measure(2)
    (shop.root / "frictionless.yaml").write_text("baselines: {runs: kept}\n")
    status, said = shop.main("record")
    assert status == 0
    assert len(said.splitlines()) == 2
    shop.main("record")
    kept = open_store("kept", shop.root)
    assert len(kept.names()) == 2
    assert len(kept.plans()) == 1


def test_record_takes_no_file_that_is_no_run(shop: Shop) -> None:
    (shop.root / "x.json").write_text("{}")
    status, said = shop.main("record", "x.json")
    assert status == 2
    assert "x.json is no recorded run: key: Field required" in said


def test_prune_spares_what_a_baseline_rests_on(shop: Shop) -> None:
    shop.accept(jobs=3)
    last = replace(shop.measure(60, commit="bbbb").job, date=DAY - datetime.timedelta(days=400))
    run = replace(shop.measure(61, commit="bbbb"), job=last)
    shop.keep(run)
    status, said = shop.main("prune", "--dry-run")
    assert (status, said.count("would delete")) == (0, 1)
    assert said.rstrip().endswith("bbbb-j60-1.json")
    shop.main("prune")
    assert shop.main("prune")[1] == ""
    shop.main("prune", "--days", "-1")
    names = open_store(".frictionless/runs", shop.root).names()
    assert sorted(name[-12:] for name in names) == [f"aaaa-j{i}-1.json"[-12:] for i in range(3)]
    assert len(open_store(".frictionless/runs", shop.root).plans()) == 1


def test_calibrate_writes_the_noise_that_the_simulation_takes(shop: Shop) -> None:
    from benchmarks.worlds import calibrated

    for seed in range(6):
        shop.measure(seed, noise=0.004)
    status, said = shop.main("calibrate", "--output", "noise.json")
    assert status == 0
    assert "20 jobs would tell" in said
    noise = calibrated(shop.root / "noise.json")
    assert noise.process_low == pytest.approx(0.004, rel=0.3)


def test_compare_leaves_undecided_what_nobody_measured_again(shop: Shop) -> None:
    shop.accept()
    run = shop.measure(50, commit="bbbb")
    slow = tuple(Round(median_ms=each.median_ms * 1.05, samples=100) for each in run.cells[0].first)
    cut = replace(run.cells[0], first=slow, pairs=type(run.cells[0].pairs)())
    (shop.root / "run.json").write_text(replace(run, cells=(cut, *run.cells[1:])).to_json())
    status, said = shop.main("compare", "run.json")
    assert status == 1
    assert "undecided: 10 pairs of A/B are missing" in said


def test_export_is_read_by_pytest_benchmark_itself(shop: Shop) -> None:
    shop.measure(1)
    status, _ = shop.main("export", "--output", "0001_gpu.json")
    assert status == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", "0001_gpu.json", "--csv=out",
         "--columns=min,median,rounds"],
        cwd=shop.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "benchmark 'net0'" in done.stdout
    assert "latency-online-x0" in done.stdout
    rows = list(csv.DictReader(shop.root.joinpath("out.csv").read_text().splitlines()))
    assert len(rows) == len(CELLS)
    assert float(rows[0]["median"]) == pytest.approx(0.001, rel=0.02)
    content = json.loads((shop.root / "0001_gpu.json").read_text())
    assert content["machine_info"]["gpu"] == "NVIDIA H200"


def test_export_for_github_and_as_csv(shop: Shop) -> None:
    shop.measure(1)
    shop.measure(2)
    github = json.loads(shop.main("export", "--format", "github-action-benchmark")[1])
    assert [each["unit"] for each in github] == ["ms"] * len(CELLS)
    assert set(github[0]) == {"name", "unit", "value", "range", "extra"}
    rows = list(csv.DictReader(shop.main("export", "--format", "csv")[1].splitlines()))
    assert len(rows) == 2 * len(CELLS)
    assert rows[0]["cell"] == "net0/online-x0 (batch=1)"


def hold(shop: Shop, seed: int, peak: float, commit: str = "aaaa") -> Run:
    """A run that pytest would have left, with the memory of one profile."""
    held = MemoryRun(
        cell=memory_cell("net0", "online", ShapePoint("max", {"batch": 4})), told_mib=300.0,
        peak_mib=peak,
    )  # fmt: skip
    return shop.measure(seed, commit=commit, memory=(held,))


def test_memory_is_accepted_beside_the_cells_and_compared(shop: Shop) -> None:
    for seed in range(3):
        hold(shop, seed, 402.0 + seed)
    status, said = shop.main("accept", "--commit", "aaaa", "--reason", "first")
    assert status == 0, said
    assert "net0/online-memory (batch=4): 403 MiB, 3 jobs" in said
    path = path_of(shop.root / "baselines", KEY, "net0")
    assert [line.peak_mib for line in read_baseline(path).memory] == [403.0]

    hold(shop, 20, 405.0, commit="bbbb")
    status, said = shop.main("compare", "--commit", "bbbb")
    assert status == 0, said
    assert "FR915" not in said
    hold(shop, 21, 845.0, commit="cccc")
    status, said = shop.main("compare", "--commit", "cccc")
    assert status == 1
    assert (
        "FR915 net0/online-memory (batch=4) takes 2.1 times the accepted memory: peak of the device "
        "845 MiB, and 403 MiB were accepted"
    ) in " ".join(said.split())


def test_memory_alone_is_accepted_by_its_name(shop: Shop) -> None:
    for seed in range(3):
        hold(shop, seed, 402.0)
    assert shop.main("accept", "--commit", "aaaa", "--reason", "first")[0] == 0
    path = path_of(shop.root / "baselines", KEY, "net0")
    before = read_baseline(path)
    hold(shop, 30, 845.0, commit="bbbb")
    status, said = shop.main(
        "accept", "--commit", "bbbb", "--reason", "a second head", "--cells", "net0/online-memory"
    )
    assert status == 0, said
    assert "net0/online-memory (batch=4): 402 -> 845 MiB, 1 job" in said
    after = read_baseline(path)
    assert after.cells == before.cells
    assert [line.accepted.reason for line in after.memory] == ["a second head"]
    assert shop.main("compare", "--commit", "bbbb")[0] == 0
    shop.main("prune", "--days", "-1")  # what the baseline rests on stays
    names = open_store(".frictionless/runs", shop.root).names()
    assert any("j30" in name for name in names)


def test_memory_is_exported(shop: Shop) -> None:
    hold(shop, 1, 402.0)
    content = json.loads(shop.main("export")[1])
    extra = {each["fullname"]: each["extra_info"] for each in content["benchmarks"]}
    assert extra["net0::latency-online-x0"]["peak_mib"] == 402.0
    assert "peak_mib" not in extra["net1::latency-online-x0"]
    github = json.loads(shop.main("export", "--format", "github-action-benchmark")[1])
    assert github[-1] == {
        "name": "net0/online-memory (batch=4)", "unit": "MiB", "value": 402.0, "extra": KEY.slug,
    }  # fmt: skip
    rows = list(csv.DictReader(shop.main("export", "--format", "csv")[1].splitlines()))
    assert (rows[0]["memory_mib"], rows[0]["peak_mib"], rows[-1]["peak_mib"]) == (
        "300.0",
        "402.0",
        "",
    )


def test_the_rounds_of_the_configuration_are_those_that_are_needed(shop: Shop) -> None:
    for seed in range(3):
        run = shop.measure(seed, commit="bbbb")
        short = tuple(replace(each, first=each.first[:6]) for each in run.cells)
        shop.keep(replace(run, cells=short, job=replace(run.job, commit="aaaa")))
    accept = ("accept", "--commit", "aaaa", "--reason", "x")
    assert "has 6 valid rounds of 10" in shop.main(*accept)[1]
    (shop.root / "frictionless.yaml").write_text("latency: {rounds: 6}\n")
    assert shop.main(*accept)[0] == 0


def test_runs_of_several_commits_are_no_baseline(shop: Shop) -> None:
    for seed in range(4):
        shop.measure(seed, commit="aaaa" if seed % 2 else "bbbb")
    status, said = shop.main("accept", "--reason", "x")
    assert (status, "several commits (aaaa, bbbb)" in said) == (2, True)


def test_a_tree_that_differs_from_its_commit_is_told(shop: Shop) -> None:
    for seed in range(3):
        run = shop.measure(seed + 10, commit="bbbb")
        shop.keep(replace(run, job=replace(run.job, commit="aaaa", dirty=True)))
    status, said = shop.main("accept", "--commit", "aaaa", "--reason", "x")
    assert (status, "differ from their commit" in said) == (0, True)
