"""Where something is missing, every item that needs a GPU is a skip that says what, and no more."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.gpu.conftest import has_gpu
from tests.project import CPU_CHECKS, GPU_CHECKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

pytest.importorskip("tensorrt_rtx")

DRIVER = """
#include <string.h>
static int refuse(void) { return 100; }
static int name(int error, const char **text) { *text = "CUDA_ERROR_NO_DEVICE"; return 0; }
static int words(int error, const char **text) { *text = "no CUDA-capable device is detected"; return 0; }
int cuGetProcAddress_v2(const char *asked, void **found, int version, unsigned long long flags, int *status) {
  *found = !strcmp(asked, "cuGetErrorName") ? (void *)name
         : !strcmp(asked, "cuGetErrorString") ? (void *)words : (void *)refuse;
  if (status) *status = 0;
  return 0;
}
"""
"""What NVIDIA's driver does on a machine without a GPU: each call answers CUDA_ERROR_NO_DEVICE."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a driver that finds no GPU."""
    compiler = shutil.which("cc") or pytest.skip("needs a C compiler for a driver without a GPU")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "driver.c").write_text(DRIVER)
    command = [compiler, "-shared", "-fPIC", "-o", "libcuda.so.1", "driver.c"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def skips(project: Project, environment: dict[str, str]) -> set[str]:
    """What the items that need a GPU say; nothing else may be amiss."""
    project.onnx("models/a.onnx")
    outcome = project.run_isolated("models", environment=environment)
    assert outcome.failed() == [], outcome.stdout
    items = outcome.of("models/a.onnx")
    assert {items[name].outcome for name in CPU_CHECKS} == {"passed"}
    assert {items[name].outcome for name in GPU_CHECKS} == {"skipped"}
    return {items[name].text for name in GPU_CHECKS}


@pytest.mark.skipif(has_gpu(), reason="there is a driver here")
def test_no_driver(project: Project) -> None:
    assert skips(project, {}) == {
        "Skipped: no GPU here (the NVIDIA driver's libcuda.so.1 is not installed): run this item on a "
        "machine that has one, with pytest-frictionless[gpu]"
    }


def test_a_driver_and_no_gpu(project: Project, driver: Path) -> None:
    pytest.importorskip("cuda.core")
    pytest.importorskip("pynvml")
    (said,) = skips(project, {"LD_LIBRARY_PATH": str(driver)})
    assert said.startswith("Skipped: no GPU that CUDA can use: CUDA_ERROR_NO_DEVICE")
    assert "run this item on a machine that has one" in said


@pytest.mark.parametrize("module", ["cuda.core", "pynvml"])
def test_a_driver_and_a_library_that_is_absent(project: Project, driver: Path, module: str) -> None:
    for other in {"cuda.core", "pynvml"} - {module}:
        pytest.importorskip(other)
    environment = {"LD_LIBRARY_PATH": str(driver), **project.without(module)}
    assert skips(project, environment) == {
        f"Skipped: {module} is not installed, and running engines on a GPU needs it: "
        "pip install 'pytest-frictionless[gpu]'"
    }
