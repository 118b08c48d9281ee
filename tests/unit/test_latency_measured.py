"""From what a step reports of the GPU to a key and to rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.measured import KEY

from pytest_frictionless.latency.cell import Cell
from pytest_frictionless.latency.measured import environment_of, recorded_of, round_of
from pytest_frictionless.shapes import ShapePoint

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.latency import CellRecord, RoundRecord

WATCH: dict[str, Any] = {"sm_mhz": 1980.0, "slowed": {"power cap": 0.3}}
CELL: CellRecord = {
    "samples_ms": [1.0, 2.0, 4.0, 3.0, 5.0], "count": 500, "captured": True, "uncaptured": "",
    "plain_ms": 3.5, "host_ms": 0.1, "warm_up_s": 1.0, "workspace_mib": 2.0,
    "watch": WATCH,
}  # fmt: skip
GPU: dict[str, Any] = {
    "gpu": "NVIDIA H200", "uuid": "GPU-1", "memory_mib": 143771, "mig": False, "power_limit_w": 700,
    "driver": "580.159.04", "cuda_driver": "13.0", "sm_clock_max_mhz": 1980,
    "sm_clock_application_mhz": 1980,
}  # fmt: skip
ROUND: RoundRecord = {
    "engine": "TensorRT-RTX 1.6.1.120", "gpu": GPU, "compute_capability": "9.0",
    "cells": {"online-opt": CELL}, "layers": [],
}  # fmt: skip


def test_a_key_is_made_of_what_nvml_tells() -> None:
    assert environment_of(ROUND, precision="fp32").differences(KEY) == ("memory gib 140, not 141",)
    assert recorded_of(ROUND)["driver"] == "580.159.04"
    slower: RoundRecord = {**ROUND, "gpu": {**GPU, "sm_clock_application_mhz": 1500}}
    assert environment_of(slower, precision="fp32").clocks == "applications 1500 MHz"


def test_a_round_keeps_its_median_and_what_the_gpu_did() -> None:
    found = round_of(CELL)
    assert (found.median_ms, found.p25_ms, found.p75_ms, found.samples) == (3.0, 2.0, 4.0, 500)
    assert (found.sm_mhz, found.power_cap) == (1980.0, 0.3)
    assert round_of(CELL, invalid="shared").invalid == "shared"


def test_a_latency_of_nothing_is_refused() -> None:
    nothing: CellRecord = {**CELL, "samples_ms": [0.0, 0.0]}
    with pytest.raises(ValueError, match="is no latency"):
        round_of(nothing)


def test_a_cell_is_named_as_its_item_is() -> None:
    cell = Cell.at("resnet50", "online", ShapePoint("opt", {"width": 8, "batch": 4}))
    assert cell.name == "resnet50/online-opt"
    assert str(cell) == "resnet50/online-opt (batch=4, width=8)"
    plain = Cell.at("resnet50", "online", ShapePoint("opt", {}), graph=False, streams=2)
    assert str(plain) == "resnet50/online-opt (no graph, 2 streams)"
