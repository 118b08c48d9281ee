"""The tables of what fits together: well formed, each row with a source, and asked rightly."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pytest_frictionless.knowledge import compatibility
from pytest_frictionless.knowledge.containers import contents_of, driver_of, source_of
from pytest_frictionless.knowledge.reading import read_csv
from pytest_frictionless.stack.manifest import COMPONENTS

KEYS = {
    "tensorrt.csv": ("flavour", "version"), "cuda.csv": ("cuda",), "cuda_families.csv": ("cuda",),
    "onnx.csv": ("onnx",), "onnxruntime.csv": ("onnxruntime",), "torch.csv": ("torch",),
    "containers.csv": ("image",),
}  # fmt: skip


@pytest.mark.parametrize("table", KEYS)
def test_each_row_has_a_source_and_is_there_once(table: str) -> None:
    rows = read_csv(table)
    assert all(len(row["source"]) > 10 for row in rows)
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    assert len(keys) == len(set(keys))
    assert all(None not in row for row in rows), "a row has more cells than columns"


@pytest.mark.parametrize("table", ["cuda.csv", "cuda_families.csv"])
def test_a_later_cuda_needs_no_earlier_driver(table: str) -> None:
    rows = sorted(read_csv(table), key=lambda row: Version(row["cuda"]))
    drivers = [Version(row["driver"]) for row in rows]
    assert drivers == sorted(drivers)


def test_containers_hold_components_with_versions() -> None:
    for row in read_csv("containers.csv"):
        inside = contents_of(row["image"])
        assert inside, row["image"]
        assert set(inside) <= set(COMPONENTS)
        for version in (*inside.values(), *filter(None, [driver_of(row["image"])])):
            Version(version)


def test_a_container_is_found_without_the_end_of_its_tag_and_others_are_not() -> None:
    image = "nvcr.io/nvidia/pytorch:25.10"
    assert contents_of(image) == contents_of(f"{image}-py3")
    assert (contents_of(image) or {})["tensorrt"] == "10.13.3.9"
    assert source_of(image)
    assert driver_of("nvcr.io/nvidia/pytorch:26.07-py3") == "610.43.02"
    for unknown in ("nvcr.io/nvidia/pytorch:99.01", "ubuntu:24.04", ""):
        assert contents_of(unknown) is None
        assert (source_of(unknown), driver_of(unknown)) == ("", "")


def test_images_of_one_month_may_hold_different_versions() -> None:
    month = [f"nvcr.io/nvidia/{name}:23.05-py3" for name in ("tensorrt", "tritonserver")]
    assert [(contents_of(image) or {})["tensorrt"] for image in month] == ["8.6.1.6", "8.6.1.2"]


def test_drivers_and_the_cuda_they_serve() -> None:
    assert [getattr(compatibility.oldest_driver(cuda), "value", None) for cuda in ("13.0.2", "12", "9.0")] == [
        "580", "525", None,
    ]  # fmt: skip
    assert [getattr(compatibility.newest_cuda(driver), "value", None) for driver in ("580.95.05", "535.60", "390.1")] == [
        "13.0.2", "12.2.0", None,
    ]  # fmt: skip
    cuda = compatibility.cuda_of_engine("tensorrt", "10.13.3.9")
    assert cuda is not None
    assert cuda.value == "12 13"
    assert compatibility.cuda_of_engine("tensorrt", "9.1") is None
    for version in ("8.6.1.6", "9.3.0.1", "10.6.0.26"):
        known = compatibility.cuda_of_engine("tensorrt", version)
        assert known is not None
        assert known.value == "11 12"


def test_readers_of_onnx_know_no_fewer_opsets_as_they_go() -> None:
    for table, column in (("onnx.csv", "onnx"), ("onnxruntime.csv", "onnxruntime")):
        rows = sorted(read_csv(table), key=lambda row: Version(row[column]))
        for what in ("opset", "ir_version"):
            numbers = [int(row[what]) for row in rows]
            assert numbers == sorted(numbers)
    assert compatibility.onnxruntime_reads("1.13.1") is None
    assert compatibility.onnx_knows("0.9") is None


def test_the_installed_onnxruntime_and_onnx_agree_with_their_rows() -> None:
    import onnx
    import onnx.defs
    import onnxruntime

    known = compatibility.onnx_knows(onnx.__version__)
    assert known is not None
    assert (known.opset, known.ir_version) == (onnx.defs.onnx_opset_version(), onnx.IR_VERSION)
    limit = compatibility.onnxruntime_reads(onnxruntime.__version__)
    assert limit is not None
    for opset, ir_version, loads in (
        (limit.opset, limit.ir_version, True),
        (limit.opset + 1, limit.ir_version, False),
        (limit.opset, limit.ir_version + 1, False),
    ):
        text = f'<ir_version: {ir_version}, opset_import: ["" : {opset}]>'
        model = onnx.parser.parse_model(text + "g (float[1] x) => (float[1] y) { y = Relu(x) }")
        refused = nullcontext() if loads else pytest.raises(Exception, match=r"version|opset")
        with refused:
            onnxruntime.InferenceSession(
                model.SerializeToString(), providers=["CPUExecutionProvider"]
            )


def test_the_installed_torch_agrees_with_its_row() -> None:
    import inspect

    import torch.onnx

    default = compatibility.exporter_default(torch.__version__)
    assert default is not None
    signature = inspect.signature(torch.onnx.export)
    assert default.value == str(signature.parameters["dynamo"].default).lower()
    needed = compatibility.onnxscript_for(torch.__version__)
    assert needed is not None
    assert "0.7.2" in SpecifierSet(needed.value)
    assert compatibility.onnxscript_for("2.4.0") is None
    assert compatibility.exporter_default("1.13") is None
