"""Memory against what was accepted (FR915): grown, alike, less, and files from before there was any."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
from tests.measured import DAY, KEY, accepted, cells

from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.latency.baselines import (
    Baseline,
    path_of,
    read_baseline,
    read_memory,
    to_text,
    write_baseline,
)
from pytest_frictionless.latency.findings import finding_of_memory
from pytest_frictionless.latency.memory import (
    GROWTH,
    LEAST_MIB,
    AcceptedMemory,
    MemoryAcceptance,
    MemoryRun,
    accept_memory,
    growth,
    is_less,
    memory_cell,
)
from pytest_frictionless.latency.run import Job, Run
from pytest_frictionless.schemas import BASELINE as SCHEMA
from pytest_frictionless.settings.baselines import Baselines
from pytest_frictionless.shapes import ShapePoint

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

CELL = memory_cell("net0", "online", ShapePoint("max", {"width": 8, "batch": 64}))
LINE = AcceptedMemory(
    cell=CELL, told_mib=300.0, peak_mib=402.0, jobs=("a", "b", "c"), plan_sha256="p",
    accepted=MemoryAcceptance(by="ada", reason="first", commit="c0ffee", date=DAY, new_mib=402.0),
)  # fmt: skip
BASELINE = Baseline(key=KEY, model="net0", cells=tuple(accepted(cells(models=1))), memory=(LINE,))


def seen(told: float = 300.0, peak: float = 402.0, **more: str) -> MemoryRun:
    return MemoryRun(cell=CELL, plan_sha256="p", told_mib=told, peak_mib=peak, **more)


def job(name: str, *memory: MemoryRun, commit: str = "aaaa") -> tuple[str, Run]:
    import datetime

    now = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    run = Run(key=KEY, job=Job(commit=commit, job=name, date=now), cells=(), memory=memory)
    return name, run


def test_a_profile_is_named_beside_its_cells() -> None:
    assert CELL.name == "net0/online-memory"
    assert str(CELL) == "net0/online-memory (batch=64, width=8)"


@pytest.mark.parametrize(
    ("told", "peak", "figure"),
    [
        (300, 402, None),
        (300 * (1 + GROWTH) - 1, 402 * (1 + GROWTH) - 1, None),
        (300, 845, "peak of the device"),
        (640, 720, "weights and workspace"),
        (331, 402, "weights and workspace"),
        (100, 200, None),
    ],
)
def test_growth_is_more_than_a_tenth_in_either_figure(
    told: float, peak: float, figure: str | None
) -> None:
    grown = growth(seen(told, peak), LINE, GROWTH)
    assert (grown.figure if grown else None) == figure


def test_few_mib_are_no_growth_however_small_the_engine_is() -> None:
    small = replace(LINE, told_mib=2.0, peak_mib=10.0)
    assert growth(seen(2.0 + LEAST_MIB, 10.0 + LEAST_MIB), small, GROWTH) is None
    assert growth(seen(2.0, 10.1 + LEAST_MIB), small, GROWTH)


def test_a_gain_is_as_large_as_a_growth() -> None:
    assert is_less(seen(peak=300), LINE, GROWTH)
    assert not is_less(seen(peak=390), LINE, GROWTH)


def test_the_finding_gives_both_figures() -> None:
    now = seen(peak=845)
    grown = growth(now, LINE, GROWTH)
    assert grown is not None
    finding = finding_of_memory(now, LINE, grown)
    assert finding.code == "FR915"
    assert finding.message == (
        "net0/online-memory (batch=64, width=8) takes 2.1 times the accepted memory: peak of the "
        "device 845 MiB, and 402 MiB were accepted"
    )
    assert dict(finding.evidence)["weights and workspace"] == "300 MiB, accepted 300 MiB"
    assert finding.cause == ""
    other = finding_of_memory(replace(now, plan_sha256="q"), LINE, grown)
    assert other.cause == "the engine is another one"


def test_two_processes_agree_on_the_smaller_figures() -> None:
    spoiled = seen(310, 900, invalid="shared")
    assert spoiled.least(seen(305, 950)) == seen(305, 900)


def test_the_settings_have_the_same_default() -> None:
    assert Baselines().memory_growth == GROWTH


def test_memory_is_written_as_lines_of_the_file_of_its_model(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, BASELINE)
    assert read_baseline(path).memory == (LINE,)
    assert read_memory(tmp_path, KEY) == {CELL: LINE}
    schema = json.loads(SCHEMA.file.read_text())
    jsonschema.validate(json.loads(path.read_text()), schema)
    changed = BASELINE.with_memory([replace(LINE, peak_mib=500.0)])
    pairs = zip(to_text(BASELINE).splitlines(), to_text(changed).splitlines(), strict=True)
    assert [new for old, new in pairs if old != new] == [
        line for line in to_text(changed).splitlines() if '"peak_mib": 500.0' in line
    ]


def test_a_file_from_before_there_was_memory_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    old = replace(BASELINE, memory=())
    text = to_text(old)
    assert '"memory"' not in text
    path = write_baseline(tmp_path, old)
    assert read_baseline(path).memory == ()
    assert read_memory(tmp_path, KEY) == {}
    assert to_text(read_baseline(path)) == text
    recorded = job("a")[1].to_json()
    assert '"memory"' not in recorded
    assert Run.from_json(recorded).memory == ()


def test_memory_of_another_model_or_twice_is_damage(tmp_path: Path) -> None:
    path = path_of(tmp_path, KEY, "net0")
    write_baseline(tmp_path, replace(BASELINE, memory=(LINE, LINE)))
    with pytest.raises(StepFailed, match="has two lines of net0/online-memory"):
        read_baseline(path)
    other = replace(LINE, cell=replace(CELL, model="net1"))
    write_baseline(tmp_path, replace(BASELINE, memory=(other,)))
    with pytest.raises(StepFailed, match="is of net0 and has a line of net1/online-memory"):
        read_baseline(path)


def take(
    *runs: tuple[str, Run], pattern: str = "*", reason: str = "x", today: datetime.date = DAY
) -> dict[str, list[AcceptedMemory]]:
    held = {CELL: LINE}
    return accept_memory(
        runs, pattern, held, reason=reason, by="ada", today=today, jobs=8
    )  # fmt: skip


def test_the_middle_of_the_jobs_is_accepted_with_what_it_was() -> None:
    runs = [job(name, seen(500, peak)) for name, peak in (("a", 600), ("b", 602), ("c", 604))]
    (line,) = take(*runs)["net0"]
    assert (line.told_mib, line.peak_mib, line.jobs) == (500, 602, ("a", "b", "c"))
    assert (line.accepted.old_mib, line.accepted.new_mib) == (402.0, 602)
    assert take(*runs, pattern="net0/online-opt") == {}


def test_what_is_no_baseline_is_refused_with_every_reason() -> None:
    with pytest.raises(ConfigError, match="a reason is needed"):
        take(job("a", seen()), reason=" ")
    with pytest.raises(ConfigError, match="job a: other processes computed"):
        take(job("a", seen(invalid="other processes computed on the GPU (process 1)")))
    with pytest.raises(ConfigError, match="the jobs differ in peak of the device: 402 and 845 MiB"):
        take(job("a", seen()), job("b", seen(peak=845)))
    name, run = job("b", seen())
    elsewhere = replace(run, key=replace(KEY, driver="575"))
    with pytest.raises(ConfigError, match="several environments"):
        take(job("a", seen()), (name, elsewhere))
