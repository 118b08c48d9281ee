"""What fits together by the tables beside this file. None means that nobody wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from pytest_frictionless.knowledge.reading import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINES, CUDA, FAMILIES = "tensorrt.csv", "cuda.csv", "cuda_families.csv"
ONNX, ONNXRUNTIME, TORCH = "onnx.csv", "onnxruntime.csv", "torch.csv"


@dataclass(frozen=True, slots=True)
class Limit:
    """The newest that a version of something reads, or the oldest that it needs."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class GraphLimit:
    """The newest ONNX file that a version reads."""

    opset: int
    ir_version: int
    source: str


def cuda_of_engine(flavour: str, version: str) -> Limit | None:
    """Major versions of CUDA that a TensorRT is built for, as "12 13"."""
    row = _of_minor(ENGINES, "version", version, flavour=flavour)
    return Limit(row["cuda"], row["source"]) if row and row["cuda"] else None


def oldest_driver(cuda: str) -> Limit | None:
    """The oldest driver branch that runs this CUDA by minor version compatibility."""
    major = cuda.partition(".")[0]
    row = next((row for row in read_csv(FAMILIES) if row["cuda"] == major), None)
    return Limit(row["driver"], row["source"]) if row else None


def newest_cuda(driver: str) -> Limit | None:
    """The newest CUDA that a driver serves without forward compatibility; None below all rows."""
    served = [row for row in read_csv(CUDA) if Version(row["driver"]) <= Version(driver)]
    if not served:
        return None
    newest = max(served, key=lambda row: Version(row["cuda"]))
    return Limit(newest["cuda"], newest["source"])


def onnxruntime_reads(version: str) -> GraphLimit | None:
    """The newest ONNX file that an ONNX Runtime loads."""
    return _graph_limit(ONNXRUNTIME, "onnxruntime", version)


def onnx_knows(version: str) -> GraphLimit | None:
    """The newest ONNX file that a release of onnx describes."""
    return _graph_limit(ONNX, "onnx", version)


def exporter_default(torch: str) -> Limit | None:
    """What `torch.onnx.export` does where nothing is said of `dynamo`: "true" or "false"."""
    row = _of_minor(TORCH, "torch", torch)
    return Limit(row["dynamo"], row["source"]) if row else None


def onnxscript_for(torch: str) -> Limit | None:
    """The onnxscript that a torch asks for, as a specifier; a later torch asks for no less."""
    wanted = _release(torch)
    rows = [row for row in read_csv(TORCH) if row["onnxscript"]]
    below = [row for row in rows if _release(row["torch"]) <= wanted]
    return Limit(below[-1]["onnxscript"], below[-1]["source"]) if wanted and below else None


def _graph_limit(table: str, column: str, version: str) -> GraphLimit | None:
    row = _of_minor(table, column, version)
    return (
        GraphLimit(int(row["opset"]), int(row["ir_version"]), row["source"]) if row else None
    )  # fmt: skip


def _of_minor(table: str, column: str, version: str, **fixed: str) -> Mapping[str, str] | None:
    """The row of a minor version; the newest patch of several."""
    wanted = _release(version)
    rows = [
        row for row in read_csv(table)
        if wanted and _release(row[column]) == wanted and all(row[k] == v for k, v in fixed.items())
    ]  # fmt: skip
    return rows[-1] if rows else None


def _release(version: str) -> tuple[int, ...]:
    """Major and minor; nothing for what is no version."""
    try:
        return (*Version(version).release, 0)[:2]
    except InvalidVersion:
        return ()
