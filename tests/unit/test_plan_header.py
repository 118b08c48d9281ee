"""What the first bytes of a plan tell, and what becomes of files that are no plan."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest
from tests.project import MLP, Project

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.stack.plan_header import LATER, read_header

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = {
    "1.7.1.116": "76747274 00000000 02000000 00000000 54290200 00000000 01070174 76747274"
    "7e000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
    "1.6.1.120": "76747274 00000000 02000000 00000000 6c260400 00000000 01060178 76747274"
    "0a000000 00000000 00000000 00000000 f0320000 00000000 00010400 00000000",
    "1.4.0.76": "76747274 00000000 02000000 00000000 44210200 00000000 0104004c 76747274"
    "3e000000 00000000 00000000 00000000 dc320000 00000000 00000000 00000000",
}
"""Headers of plans that these versions of TensorRT-RTX wrote; the second for 8.0 and 8.9 alone."""


def header(version: str = "1.7.1.116") -> bytearray:
    return bytearray.fromhex(RECORDED[version])


def file_of(folder: Path, head: bytes | bytearray, *, size: int | None = None) -> Path:
    """A sparse file that begins so, as long as its header says."""
    path = folder / "net.plan"
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(struct.unpack_from("<Q", head, 16)[0] if size is None else size)
    return path


@pytest.mark.parametrize(
    ("version", "built_for"),
    [
        ("1.7.1.116", ("8.0", "8.6", "8.9", "12.0", "12.1", LATER)),
        ("1.6.1.120", ("8.0", "8.9")),
        ("1.4.0.76", ()),
    ],
)
def test_a_recorded_header_tells_version_and_gpus(
    tmp_path: Path, version: str, built_for: tuple[str, ...]
) -> None:
    found = read_header(file_of(tmp_path, header(version)))
    assert (found.flavour, found.version) == ("tensorrt_rtx", version)
    assert found.compute_capabilities == built_for
    assert found.title == f"TensorRT-RTX {version}"


def test_a_plan_of_tensorrt_tells_its_version_alone(tmp_path: Path) -> None:
    raw = bytearray(header())
    raw[:4], raw[24:28] = b"ftrt", bytes((10, 13, 3, 9))
    found = read_header(file_of(tmp_path, raw, size=1000))
    assert found.title == "TensorRT 10.13.3.9"
    assert found.compute_capabilities == ()


def test_a_plan_of_gigabytes_is_read_in_milliseconds(tmp_path: Path) -> None:
    raw = header()
    struct.pack_into("<Q", raw, 16, 5 << 30)
    path = file_of(tmp_path, raw)
    start = time.perf_counter()
    assert read_header(path).size == 5 << 30
    assert time.perf_counter() - start < 0.010


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\0" * 200, "begins with zeros"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (b"<html>", "begins with b'<htm'"),
        (bytes(header())[:40], "ends after 40 bytes"),
        (bytes(header())[:4] + b"\x2b" + bytes(header())[5:], "header of form 43"),
        (bytes(header()), "has 64 bytes, and its header says 141,652"),
        (bytes(header()) + bytes(200_000), "has 200,064 bytes, and its header says 141,652"),
    ],
)
def test_what_is_no_whole_plan_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "net.plan"
    path.write_bytes(content)
    with pytest.raises(StepFailed, match="FR053") as failed:
        read_header(path)
    assert said in failed.value.finding.message


def test_a_plan_that_is_not_there_or_a_folder_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.plan", tmp_path):
        with pytest.raises(StepFailed, match="FR053"):
            read_header(path)


@pytest.mark.real
def test_a_plan_built_here_names_the_builder_and_its_targets(tmp_path: Path) -> None:
    trt = pytest.importorskip("tensorrt_rtx")
    path = Project(tmp_path).onnx("net.onnx", MLP)
    Project(tmp_path).write("frictionless.yaml", "target: {compute_capabilities: [8.6, 12.0]}\n")
    shop = open_shop(tmp_path)
    bench = open_workbench(shop, path)
    try:
        made = bench.plan(["default"])
    finally:
        bench.close()
        shop.zygote.close()
    found = read_header(made.folder / made.record["plan"])
    assert found.title == f"TensorRT-RTX {trt.__version__}"
    assert found.compute_capabilities == ("8.6", "12.0")
    assert found.size == made.record["plan_bytes"]
