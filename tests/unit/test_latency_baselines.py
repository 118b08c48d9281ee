"""Baseline files: written for diffs, read with care (FR927), and the key that keeps them apart."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
from tests.measured import KEY, accepted, cells

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.latency.anchor import common_modes, fit
from pytest_frictionless.latency.baselines import (
    Baseline,
    path_of,
    read_anchor,
    read_baseline,
    read_elsewhere,
    to_text,
    write_baseline,
)
from pytest_frictionless.latency.key import EnvironmentKey
from pytest_frictionless.schemas import BASELINE as SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

CELLS = cells(models=1)
LINES = accepted(CELLS)
BASELINE = Baseline(key=KEY, model="net0", cells=tuple(LINES))


def test_a_baseline_is_read_as_it_was_written_but_for_the_sixth_digit(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, BASELINE)
    assert path == tmp_path / KEY.slug / "net0.json"
    read = read_baseline(path)
    assert to_text(read) == path.read_text()
    for old, new in zip(BASELINE.cells, read.cells, strict=True):
        assert new.cell == old.cell
        assert new.jobs[0].ms == pytest.approx(old.jobs[0].ms, rel=5e-5)


def test_a_cell_is_a_line_and_another_cell_changes_no_other_line(tmp_path: Path) -> None:
    before = to_text(BASELINE).splitlines()
    changed = replace(LINES[2], accepted=replace(LINES[2].accepted, reason="second"))
    after = to_text(BASELINE.with_cells([changed])).splitlines()
    assert len(before) == len(after)
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        line for line in after if "second" in line
    ]
    assert max(map(len, after)) < 1500


def test_cells_are_sorted_whatever_the_order_of_acceptance() -> None:
    backwards = Baseline(key=KEY, model="net0", cells=()).with_cells(reversed(LINES))
    assert to_text(backwards) == to_text(BASELINE)


def test_a_baseline_is_valid_in_the_schema_that_is_shipped() -> None:
    schema = json.loads(SCHEMA.file.read_text())
    content = json.loads(to_text(BASELINE))
    jsonschema.validate(content, schema)
    del content["cells"][0]["accepted"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"schema": 1', '"schema": 2', "schema"),
        ('"cells": [', '<<<<<<< HEAD\n"cells": [', "JSON"),
        ('"model": "net0"', '"model": "net1"', "is of net1 and has a line of net0/online-x0"),
        ('"driver": "580"', '"driver": "575"', "and its key makes"),
        ('"reason": "first"', '"raison": "first"', "raison"),
        ('"online-x0"', '"online-x0"', ""),
    ],
)
def test_a_damaged_file_is_told_and_never_judged_by(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = write_baseline(tmp_path, BASELINE)
    path.write_text(path.read_text().replace(old, new, 1))
    if not said:
        assert read_baseline(path)
        return
    with pytest.raises(StepFailed, match=said) as failed:
        read_anchor(tmp_path, KEY)
    assert failed.value.finding.code == "FR927"
    assert str(path) in failed.value.finding.message


def test_two_lines_of_one_cell_are_damage(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, replace(BASELINE, cells=(*LINES, LINES[0])))
    with pytest.raises(StepFailed, match="has two lines of net0/online-x0"):
        read_baseline(path)


def test_a_model_of_any_name_has_a_file(tmp_path: Path) -> None:
    path = path_of(tmp_path, KEY, "../a b/ü")
    assert path.parent == tmp_path / KEY.slug
    assert path_of(tmp_path, KEY, "a") != path_of(tmp_path, KEY, "A")


@pytest.mark.parametrize(
    "change",
    [
        {"gpu": "NVIDIA L4"}, {"compute_capability": "8.9"}, {"memory_gib": 24},
        {"mig": "1g.18gb"}, {"clocks": "locked 1980 MHz"}, {"power_limit_w": 500},
        {"driver": "575"}, {"flavour": "tensorrt"}, {"version": "1.6.1.121"}, {"cuda": "12"},
        {"precision": "fp16"}, {"flags": ("tf32",)}, {"runner": "spot"},
    ],
    ids=str,
)  # fmt: skip
def test_another_environment_never_compares(change: dict[str, object], tmp_path: Path) -> None:
    write_baseline(tmp_path, BASELINE)
    other = replace(KEY, **change)  # type: ignore[arg-type]
    assert other.slug != KEY.slug
    assert len(other.differences(KEY)) == 1
    assert read_anchor(tmp_path, other).centres == {}
    assert len(read_anchor(tmp_path, KEY).centres) == len(CELLS)


def test_other_environments_of_a_model_come_nearest_first(tmp_path: Path) -> None:
    later = replace(LINES[0], accepted=replace(LINES[0].accepted, date=datetime.date(2026, 12, 1)))
    keys = {
        "far": replace(KEY, driver="570", cuda="12"),
        "old": replace(KEY, driver="575"),
        "new": replace(KEY, driver="570"),
    }
    for name, key in keys.items():
        lines = (later,) if name == "new" else (LINES[0],)
        write_baseline(tmp_path, Baseline(key=key, model="net0", cells=lines))
    write_baseline(tmp_path, BASELINE)
    write_baseline(tmp_path, Baseline(key=keys["old"], model="net1", cells=()))
    found = [each.key for each in read_elsewhere(tmp_path, KEY, "net0")]
    assert found == [keys["new"], keys["old"], keys["far"]]
    assert read_elsewhere(tmp_path, KEY, "net2") == []


def test_what_is_only_recorded_is_not_in_the_key() -> None:
    fields = {
        "gpu": "NVIDIA H200", "compute_capability": "9.0", "memory_gib": 141, "power_limit_w": 700,
        "flavour": "tensorrt_rtx", "version": "1.6.1.120", "precision": "fp32",
    }  # fmt: skip
    same = [
        EnvironmentKey(driver=driver, cuda=cuda, flags=flags, **fields)  # type: ignore[arg-type]
        for driver, cuda, flags in [
            ("580.159.04", "13.0", ("a", "b")), ("580.65.06", "13.1", ("b", "a")),
        ]
    ]  # fmt: skip
    assert same[0] == same[1]
    assert same[0].sha256 == same[1].sha256
    assert same[0].slug.startswith("nvidia-h200-141g-rtx-1.6.1.120-fp32-")


def test_variances_are_those_that_were_drawn() -> None:
    many = cells(models=10, of_each=6)
    fitted = fit(accepted(many, jobs=8, noise=0.01))
    process = [centre.process_variance**0.5 for centre in fitted.centres.values()]
    assert sum(process) / len(process) == pytest.approx(0.01 * 1.1**0.5, rel=0.05)
    assert all(centre.centre == pytest.approx(0.0, abs=0.01) for centre in fitted.centres.values())
    assert all(centre.job_variance >= 0.0015**2 for centre in fitted.centres.values())


def test_a_later_acceptance_stands_on_the_ground_of_what_stays() -> None:
    many = cells(models=2, of_each=6)
    hot = {"job": dict.fromkeys(many, 0.02), "other": dict.fromkeys(many, 0.02)}
    assert common_modes(hot, {}) == {"job": 0.0, "other": 0.0}
    assert common_modes(hot, dict.fromkeys(many[:6], 0.0)) == {"job": 0.02, "other": 0.02}


def test_few_cells_have_no_common_mode() -> None:
    few = cells(models=1)
    assert common_modes({"a": dict.fromkeys(few, 0.0), "b": dict.fromkeys(few, 0.1)}, {}) == {
        "a": 0.0,
        "b": 0.0,
    }
