"""What a switch of profiles costs (FR916), and memory that TensorRT does not tell in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.project import MLP

from pytest_frictionless.check import Context
from pytest_frictionless.checks.latency import SWITCH_MS, _switching
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.workbench.gpu import shared
from pytest_frictionless.workbench.held import switch_to, told_mib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

    from pytest_frictionless.artifacts.memory import MemoryRecord, SwitchingRecord
    from pytest_frictionless.finding import Finding
    from pytest_frictionless.workbench.workbench import Workbench

pytest.importorskip("onnx")

MEMORY: MemoryRecord = {
    "engine": "TensorRT-RTX 1.6.1.120", "gpu": "NVIDIA H200", "sizes": {"batch": 64},
    "weights_mib": 97.0, "workspace_mib": 30.0, "context_mib": 30.0, "buffers_mib": 37.0,
    "loaded_mib": 104.0, "peak_mib": 210.0, "neighbours": [],
}  # fmt: skip


def switching(switched_ms: float, steady_ms: float) -> SwitchingRecord:
    return {
        "engine": "TensorRT-RTX 1.6.1.120", "gpu": "NVIDIA H200", "contexts_mib": 30.0,
        "context_mib": 30.0, "neighbours": [],
        "switches": [
            {"origin": "offline", "target": "online", "switched_ms": switched_ms,
             "steady_ms": steady_ms, "count": 30},
            {"origin": "online", "target": "offline", "switched_ms": 9.0, "steady_ms": 8.9,
             "count": 30},
        ],
    }  # fmt: skip


@pytest.fixture
def bench(project: Project, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    profiles = getattr(
        request, "param", "{online: {batch: [1, 2, 4]}, offline: {batch: [8, 16, 32]}}"
    )
    project.write("frictionless.yaml", f"models: {{net: {{profiles: {profiles}}}}}\n")
    shop = open_shop(project.root)
    shop.store.prepare()
    made = open_workbench(shop, project.onnx("net.onnx", MLP))
    yield made
    made.close()
    shop.zygote.close()


def told(bench: Workbench, record: SwitchingRecord) -> tuple[list[Finding], Context]:
    bench.switching = record
    context = Context(workbench=bench, profile_name="online", point_name="opt")
    return list(_switching(context)), context


def test_a_switch_that_costs_more_than_the_inference_is_a_warning(bench: Workbench) -> None:
    ((finding,), context) = told(bench, switching(1.3, 0.5))
    assert (finding.code, str(finding.severity)) == ("FR916", "warning")
    assert finding.message == (
        "switching offline -> online costs 0.8 ms, more than the inference itself (0.5 ms): one "
        "execution context for each profile saves it, and holds 30 MiB more"
    )
    assert context.measurements == {"switch_ms": 0.8}
    ((finding,), _) = told(bench, {**switching(1.3, 0.5), "neighbours": [4711]})
    assert finding.message.endswith("one execution context for each profile saves it")


@pytest.mark.parametrize("pair", [(1.3, 0.7), (0.01 + SWITCH_MS * 0.9, 0.01), (0.5, 0.6)])
def test_a_cheap_switch_is_a_note(bench: Workbench, pair: tuple[float, float]) -> None:
    findings, context = told(bench, switching(*pair))
    assert findings == []
    (note,) = context.notes
    assert note.startswith("switching offline -> online costs ")
    assert "and holds 30 MiB more" in note
    assert context.measurements["switch_ms"] >= 0


@pytest.mark.parametrize("bench", ["{online: {batch: [1, 2, 4]}}"], indirect=True)
def test_one_profile_is_never_switched(bench: Workbench) -> None:
    assert switch_to(bench, "online") is None
    context = Context(workbench=bench, profile_name="online", point_name="opt")
    assert list(_switching(context)) == []
    assert context.notes == []


def test_weights_that_are_not_told_are_what_loading_took() -> None:
    assert told_mib(MEMORY) == 127.0
    assert told_mib({**MEMORY, "weights_mib": None}) == 134.0


def test_a_neighbour_is_named() -> None:
    assert shared([]) == ""
    assert shared([7, 9]) == "other processes computed on the GPU (process 7, 9)"
