"""Several profiles in one engine: switching one context between them, or one context for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.workbench.held import switch_to, switching_of
from tests.gpu.repositories import opened
from tests.gpu.test_run import matmul

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.workbench.workbench import Workbench
    from tests.project import Project

CONFIG = """
latency: {rounds: 2, seconds: 0.05}
models:
  net:
    profiles: {online: {batch: [1, 2, 4]}, middle: {batch: [8, 16, 32]}, offline: {batch: [64, 512, 4096]}}
    tolerance: {rtol: 0.01, atol: 0.1}
"""


@pytest.fixture
def bench(project: Project) -> Iterator[Workbench]:
    project.write("frictionless.yaml", CONFIG)
    with opened(project, matmul(project.root / "net.onnx")) as made:
        yield made


def test_every_profile_is_switched_to_from_the_one_before_it(bench: Workbench) -> None:
    record = switching_of(bench)
    assert record is not None
    pairs = [(each["origin"], each["target"]) for each in record["switches"]]
    assert pairs == [("offline", "online"), ("online", "middle"), ("middle", "offline")]
    for each in record["switches"]:
        assert each["steady_ms"] > 0
        # With the switch there is more to do; the clock of the host is no better than a tenth.
        assert each["switched_ms"] > 0.9 * each["steady_ms"], each
        assert each["count"] >= 1
    assert record["contexts_mib"] >= 0
    assert record["context_mib"] >= 0
    assert switching_of(bench) is record
    assert switch_to(bench, "middle") == record["switches"][1]


def test_the_item_of_a_profile_tells_the_switch_and_the_other_way(project: Project) -> None:
    matmul(project.root / "net.onnx")
    project.write("frictionless.yaml", CONFIG)
    items = project.run("-k", "latency-middle-opt or latency-middle-max", "-rA").of("net.onnx")
    item = items["latency-middle-opt"]
    assert item.outcome == "passed", item.text
    said = "\n".join(
        item.sections.values()
    )  # a note, or FR916 where it costs more than the inference
    assert "switching online -> middle costs" in said
    assert "one execution context for each profile saves it" in said
    assert item.values("switch_ms")[0] >= 0
    assert items["latency-middle-max"].values("switch_ms") == []
