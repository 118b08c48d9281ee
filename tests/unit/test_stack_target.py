"""The target against itself, and what runs here against the target: without any manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_frictionless.finding import Severity
from pytest_frictionless.settings.settings import Settings
from pytest_frictionless.stack.target import target_findings

IMAGE = "nvcr.io/nvidia/tensorrt:25.10-py3"
E, W = Severity.ERROR, Severity.WARNING


def found(
    target: dict[str, Any], running: dict[str, str] | None = None, **settings: Any
) -> list[tuple[str, Severity]]:
    read = Settings.model_validate({"target": target, **settings})
    findings = list(target_findings(Path(), read, running or {}))
    assert all(finding.next_step for finding in findings)
    return [(finding.code, finding.severity) for finding in findings]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"container": IMAGE, "tensorrt": "10.13"}, []),
        ({"container": f"{IMAGE}@sha256:{'a' * 64}", "tensorrt": "10.13.3"}, []),
        ({"container": IMAGE, "tensorrt": "10.15"}, [("FR067", E)]),
        ({"container": "nvcr.io/nvidia/tensorrt:99.01-py3", "tensorrt": "10.15"}, [("FR067", W)]),
        (
            {"container": "nvcr.io/nvidia/tritonserver:25.11-py3", "tensorrt": "10.15"},
            [("FR067", W)],
        ),
        ({"container": "registry.shop.example/serve:7"}, [("FR067", W)]),
        ({"container": IMAGE}, []),
        ({}, []),
    ],
)
def test_the_container_holds_what_the_target_names(
    target: dict[str, Any], expected: list[tuple[str, Severity]]
) -> None:
    assert found(target) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"tensorrt_rtx": "1.7.1", "compute_capabilities": ["9.0"]}, [("FR056", E)]),
        ({"tensorrt_rtx": "1.7.1", "compute_capabilities": ["8.9", "12.9"]}, []),
        ({"tensorrt_rtx": "1.6.1", "compute_capabilities": ["9.0", "8.9"]}, []),
        ({"tensorrt": "10.1", "compute_capabilities": ["6.1"]}, [("FR056", E)]),
        ({"tensorrt": "10.1", "compute_capabilities": ["7.0", "9.0"]}, []),
        ({"tensorrt": "11.1", "compute_capabilities": ["6.1"]}, []),
    ],
)
def test_the_targets_tensorrt_runs_on_the_targets_gpus(
    target: dict[str, Any], expected: list[tuple[str, Severity]]
) -> None:
    assert found(target) == expected


@pytest.mark.parametrize(
    ("target", "opset", "expected"),
    [
        ({"tensorrt": "10.1"}, 21, [("FR059", E)]),
        ({"tensorrt": "10.12"}, 22, [("FR069", W)]),
        ({"tensorrt": "10.1"}, 20, []),
        ({"tensorrt": "10.15"}, 25, [("FR059", E)]),
        ({"container": "nvcr.io/nvidia/tritonserver:24.10-py3"}, 22, [("FR069", W), ("FR059", E)]),
        ({"container": "nvcr.io/nvidia/tritonserver:24.04-trtllm-python-py3"}, 22, [("FR059", E)]),
    ],
)
def test_the_pinned_opset_is_read_by_the_target(
    target: dict[str, Any], opset: int, expected: list[tuple[str, Severity]]
) -> None:
    assert found(target, opset={"version": opset, "reason": "production"}) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"tensorrt": "11.1"}, [("FR062", W)]),
        ({"container": "nvcr.io/nvidia/tensorrt:26.07-py3"}, [("FR062", W)]),
        ({"tensorrt_rtx": "1.7"}, [("FR062", W)]),
        ({"tensorrt": "10.15"}, []),
    ],
)
def test_a_precision_is_no_flag_of_the_targets_builder(
    target: dict[str, Any], expected: list[tuple[str, Severity]]
) -> None:
    assert found(target, models={"net": {"precision": "fp16"}}) == expected
    assert found(target, models={"net": {"precision": "fp32"}}) == []


@pytest.mark.parametrize(
    ("target", "running", "expected"),
    [
        ({"tensorrt": "10.13"}, {"tensorrt": "10.13.3.9.post1"}, []),
        ({"tensorrt": "10.13"}, {"tensorrt": "10.14.1.48"}, [("FR068", E)]),
        ({"container": IMAGE}, {"tensorrt": "10.14.1.48"}, [("FR068", E)]),
        ({"tensorrt": "10.13"}, {"tensorrt_rtx": "1.7.1.116"}, [("FR068", W)]),
        ({"tensorrt": "10.13", "tensorrt_rtx": "1.7.1"}, {"tensorrt_rtx": "1.7.1.116"}, []),
        ({"tensorrt_rtx": "1.6"}, {"tensorrt_rtx": "1.7.1.116"}, [("FR068", E)]),
        (
            {"container": "nvcr.io/nvidia/pytorch:25.10-py3"}, {"nvidia_driver": "570.124.06"},
            [("FR058", E)],
        ),
        ({"container": "nvcr.io/nvidia/pytorch:25.10-py3"}, {"nvidia_driver": "580.95.05"}, []),
        ({"compute_capabilities": [8.9]}, {"compute_capability": "8.0"}, [("FR068", W)]),
        ({"compute_capabilities": [8.9]}, {"compute_capability": "8.9"}, []),
    ],
)  # fmt: skip
def test_what_runs_here_is_the_target(
    target: dict[str, Any], running: dict[str, str], expected: list[tuple[str, Severity]]
) -> None:
    assert found(target, running) == expected
