"""What makes evidence speak of something else, one reason at a time."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from pytest_frictionless.evidence.statement import GpuRun, Statement
from pytest_frictionless.evidence.validity import Present, differences
from pytest_frictionless.settings.target import Target

DAY = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
A, B = "a" * 64, "b" * 64
DIGESTS = {"checkpoint": A, "onnx": A, "plan": A}


def reasons(
    *, target: dict[str, Any] | None = None, max_age_days: int | None = None,
    time: datetime.datetime = DAY, environment: dict[str, str] | None = None, **now: Any,
) -> list[str]:  # fmt: skip
    run = GpuRun(
        checkpoint="models/net.onnx", written_by="pytest-frictionless 0.1.0", run_at=DAY,
        gpu="NVIDIA H200", engine="TensorRT-RTX 1.6.1.120", settings={"budget": A, "latency": A},
        environment=environment or {}, verdicts=(),
    )  # fmt: skip
    present = {
        "checkpoint": "models/net.onnx", "digests": {"checkpoint": A, "onnx": A},
        "settings": {"budget": A, "latency": A}, **now,
    }  # fmt: skip
    return [
        *differences(
            Statement.of(DIGESTS, run), Present(**present), Target.model_validate(target or {}),
            max_age_days=max_age_days, time=time,
        )
    ]  # fmt: skip


def test_nothing_differs() -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({"checkpoint": "old/net.onnx"}, "it is about models/net.onnx"),
        ({"digests": {"checkpoint": B, "onnx": A}}, "the checkpoint is another file (sha256 bbbbbbbbbbbb, signed is aaaaaaaaaaaa)"),
        ({"digests": {"checkpoint": A, "onnx": B}}, "it is exported to another ONNX file (sha256 bbbbbbbbbbbb, signed is aaaaaaaaaaaa)"),
        ({"digests": {**DIGESTS, "plan": B}}, "the plan beside it is not the one that ran (sha256 bbbbbbbbbbbb, signed is aaaaaaaaaaaa)"),
        ({"settings": {"latency": A}}, "settings changed: budget"),
        ({"settings": {"budget": B, "latency": A, "profiles": A}}, "settings changed: budget, profiles"),
        ({"changed": ["own/b.py", "own/a.py"]}, "files that its run used changed: own/a.py, own/b.py"),
    ],
)  # fmt: skip
def test_each_difference_is_named(now: dict[str, Any], wanted: str) -> None:
    assert reasons(**now) == [wanted]


def test_all_differences_are_told_at_once() -> None:
    assert len(reasons(digests={"checkpoint": B, "onnx": B}, settings={})) == 3


@pytest.mark.parametrize(
    ("days", "limit", "wanted"),
    [
        (30, 30, []),
        (30.1, 30, ["it is 30 days old, and max_age_days is 30"]),
        (3000, None, []),
        (-0.001, 30, []),
        (-1, None, ["its run is dated 2026-03-01 00:00 UTC, which is in the future"]),
    ],
)
def test_age_counts_from_the_run(days: float, limit: int | None, wanted: list[str]) -> None:
    assert reasons(time=DAY + datetime.timedelta(days=days), max_age_days=limit) == wanted


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ({"tensorrt_rtx": "1.6"}, []),
        ({"tensorrt_rtx": "1.7"}, ["it ran with TensorRT-RTX 1.6.1.120, and the target is 1.7"]),
        ({"tensorrt": "10.15"}, []),  # of that engine it says nothing, as the items themselves
        ({"compute_capabilities": [8.9, 9.0]}, []),
        ({"compute_capabilities": [8.9]}, ["NVIDIA H200 has compute capability 9.0, and the target names 8.9"]),
    ],
)  # fmt: skip
def test_it_ran_on_the_target(target: dict[str, Any], wanted: list[str]) -> None:
    assert reasons(target=target, environment={"compute_capability": "9.0"}) == wanted


def test_an_unknown_gpu_is_not_the_target() -> None:
    (said,) = reasons(target={"compute_capabilities": [9.0]})
    assert said == "NVIDIA H200 has compute capability unknown, and the target names 9.0"
