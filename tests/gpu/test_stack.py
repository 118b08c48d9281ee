"""What the driver tells of a machine with a GPU, and what a manifest written there holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.workbench import gpu, stack
from tests.gpu.repositories import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.workbench.workbench import Workbench
    from tests.project import Project


@pytest.fixture
def bench(project: Project) -> Iterator[Workbench]:
    with opened(project, project.onnx("models/net.onnx")) as made:
        yield made


def test_components_hold_what_nvml_and_cuda_tell(bench: Workbench) -> None:
    found = stack.running(bench)
    known = gpu.gpu_of(bench)
    assert found["gpu"] == known["gpu"]
    assert found["compute_capability"] == known["compute_capability"]
    assert found["nvidia_driver"] == known["driver"]
    assert found["cuda_driver"] == known["cuda_driver"]
    assert stack.manifest_of(bench).components == found
