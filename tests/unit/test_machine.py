"""Memory, broken libraries and wrong hardware: findings of their own, by real causes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless import machine
from pytest_frictionless.errors import StepFailed, StepInterrupted
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Child, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = Limits(timeout_s=60, memory_mib=4096)

STEPS = """
import ctypes, mmap, os, resource, sys
from pytest_frictionless.backends import require
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

def illegal_instruction(memory, folder):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex(%(illegal)r))
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()

def operator_new(memory, folder):
    ctypes.CDLL("libstdc++.so.6")["_Znwm"](ctypes.c_size_t(1 << 62))

def blamed_on_the_model(memory, folder):
    try:
        bytearray(1 << 62)
    except MemoryError as error:
        raise StepFailed(Finding(code="FR206", message="forward() raises")) from error

def blamed_by_words(memory, folder):
    try:
        raise RuntimeError("Failed to allocate memory for requested buffer of size 68719476736")
    except RuntimeError as error:
        raise StepFailed(Finding(code="FR605", message="does not run")) from error

def too_old_a_gpu(memory, folder):
    raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

def loads(memory, folder, *, package):
    require(package, purpose="this")

def calls_what_is_not_there(memory, folder):
    import onnx
    onnx.a_function_of_tomorrow()
"""
ILLEGAL = {"x86_64": "0f0b", "aarch64": "00000000"}


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    illegal = ILLEGAL[os.uname().machine]
    (tmp_path / "steps_of_machine.py").write_text(STEPS % {"illegal": illegal})
    zygote = Zygote(cwd=tmp_path)
    yield zygote.fork(preload=(), log=tmp_path / "child.log")
    zygote.close()


def run(child: Child, step: str, folder: Path, **inputs: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        child.run(f"steps_of_machine:{step}", inputs, folder=folder, limits=LIMITS)
    return caught.value


def package(folder: Path, name: str, code: str, version: str = "") -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code)
    if version:
        (folder / f"{name}-{version}.dist-info").mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(metadata)


def test_an_instruction_that_the_processor_lacks_is_hardware(child: Child, tmp_path: Path) -> None:
    failed = run(child, "illegal_instruction", tmp_path)
    assert isinstance(failed, StepInterrupted)
    assert failed.finding.code == "FR009"
    assert "SIGILL" in failed.finding.message


def test_a_gpu_that_a_library_was_not_built_for_is_hardware(child: Child, tmp_path: Path) -> None:
    finding = run(child, "too_old_a_gpu", tmp_path).finding
    assert finding.code == "FR009"
    assert "no kernel image is available" in finding.message


def test_cplusplus_without_memory_ends_by_abort_and_is_memory(child: Child, tmp_path: Path) -> None:
    finding = run(child, "operator_new", tmp_path).finding
    assert finding.code == "FR002"
    assert "std::bad_alloc" in finding.cause


@pytest.mark.parametrize("step", ["blamed_on_the_model", "blamed_by_words"])
def test_memory_that_a_step_blames_on_the_model_is_memory(
    child: Child, tmp_path: Path, step: str
) -> None:
    failed = run(child, step, tmp_path)
    assert isinstance(failed, StepInterrupted)
    assert failed.finding.code == "FR002"


BROKEN = {
    "libcudart.so.13: cannot open shared object file: No such file or directory": (
        "Install the package that brings libcudart.so.13, or put its folder on LD_LIBRARY_PATH."
    ),
    "/lib64/libm.so.6: version `GLIBC_2.38' not found (required by /x/libtorch_cpu.so)": (
        "was built for a newer system, one with GLIBC_2.38: use a newer base image"
    ),
    "/x/_C.so: undefined symbol: _ZN3c105ErrorC2E": "install both again, together",
    "numpy.core.multiarray failed to import": "install both again, together",
}


@pytest.mark.parametrize("words", BROKEN)
def test_an_installed_library_that_does_not_load_is_no_missing_one(
    child: Child, tmp_path: Path, words: str
) -> None:
    package(tmp_path, "frail", f"raise ImportError({words!r})\n", "2.1")
    finding = run(child, "loads", tmp_path, package="frail").finding
    assert finding.code == "FR005"
    assert finding.message == f"frail 2.1 is installed and cannot be loaded: {words}"
    assert BROKEN[words] in finding.remedy


def test_a_real_shared_library_that_is_not_there_is_named(child: Child, tmp_path: Path) -> None:
    package(tmp_path, "frail", "import ctypes\nctypes.CDLL('libnvinfer.so.99')\n", "2.1")
    finding = run(child, "loads", tmp_path, package="frail").finding
    assert (finding.code, "libnvinfer.so.99" in finding.remedy) == ("FR005", True)


def test_what_a_library_lacks_is_named_and_no_reason_to_skip(child: Child, tmp_path: Path) -> None:
    package(tmp_path, "frail", "import not_brought_along\n", "2.1")
    finding = run(child, "loads", tmp_path, package="frail").finding
    assert finding.code == "FR005"
    assert finding.remedy == "Install not_brought_along, which frail imports."


def test_an_older_library_than_this_project_is_written_for_is_no_bug_of_ours(
    tmp_path: Path, child: Child
) -> None:
    package(tmp_path, "onnx", "", "1.9.0")
    finding = run(child, "calls_what_is_not_there", tmp_path).finding
    assert finding.code == "FR005"
    assert "onnx 1.9.0" in finding.message
    assert finding.remedy.startswith("pip install 'onnx>=")
    assert "a_function_of_tomorrow" in finding.cause


def test_the_first_word_of_a_broken_import_counts(tmp_path: Path) -> None:
    package(tmp_path, "frail", "import sys\nsys.twice = hasattr(sys, 'twice')\nraise ImportError(\n    'cannot load module more than once' if sys.twice else 'libx.so.1: cannot open shared object file')\n")  # fmt: skip
    (tmp_path / "steps_of_machine.py").write_text(STEPS % {"illegal": ""})
    code = (
        "import sys; sys.path.insert(0, '.'); from pathlib import Path\n"
        "from pytest_frictionless.workbench.forking import Zygote\n"
        "from pytest_frictionless.workbench.isolation import *\n"
        "z = Zygote(cwd=Path('.')); c = z.fork(preload=['frail'], log=Path('log'))\n"
        "try:\n"
        "    c.run('steps_of_machine:loads', {'package': 'frail'}, folder=Path('.'),\n"
        "          limits=Limits(timeout_s=60, memory_mib=None))\n"
        "except StepFailed as failed: print(failed)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "FR005 frail is installed and cannot be loaded: libx.so.1" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("text", "memory", "hardware"),
    [
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes", True, False),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", True, False),
        ("[Errno 12] Cannot allocate memory", True, False),
        ("Myelin (Unexpected exception Resource temporarily unavailable)", True, False),
        ("Target GPU SM 61 is not supported by this TensorRT release.", False, True),
        ("Internal Error (Unsupported SM: 0x601)", False, True),
        ("Could not find any implementation for node conv1", False, False),
        ("Det is not supported", False, False),
    ],
)
def test_words_are_told_apart(text: str, memory: bool, hardware: bool) -> None:
    assert machine.is_memory(text) is memory
    assert machine.is_hardware(text) is hardware
