"""Operators that only just work: taken here, and not by all that is deployed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from pytest_frictionless.knowledge.operators import (
    differences,
    history,
    next_table,
    operator_names,
    published,
    table_for,
    tables,
)
from pytest_frictionless.knowledge.plugins import plugins_of_nvidia

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOATS = {"fp16": "FP16", "bf16": "BF16"}
"""Precisions, and how the tables spell them."""
SAME = {("com.microsoft", each) for each in ("Gelu", "QuantizeLinear", "DequantizeLinear")}
"""Operators of another domain that compute what ONNX's own of that name does."""
SUCCESSORS = {"Upsample": "Resize", "Scatter": "ScatterElements"}
"""What took the place of operators that ONNX withdrew."""


def fragilities(
    operator: str, *, domain: str = "", deprecated_from: int | None = None,
    tensorrt: str | None = None, tensorrt_rtx: str | None = None, precision: str | None = None,
    engine: str = "",
) -> Iterator[str]:  # fmt: skip
    """Why an operator that the engine takes may not be taken elsewhere; nothing where unknown.

    Args:
        operator: Name of the operator.
        domain: Its domain; empty for ONNX's own.
        deprecated_from: Opset in which ONNX withdrew it.
        tensorrt: Version of TensorRT that is deployed to.
        tensorrt_rtx: Version of TensorRT-RTX that is deployed to.
        precision: Precision that is asked for, as "fp16".
        engine: Flavour and version that took it.
    """
    plugin = plugins_of_nvidia().get(operator)
    if plugin is not None and domain and plugin.instead:
        yield f"NVIDIA calls the plugin deprecated: {plugin.instead} is in its place"
    if domain:
        is_other = (domain, operator) not in SAME and operator in operator_names()
        if is_other and plugin is None and engine:
            yield (
                f"{engine} reads it as ONNX's own {operator}, by its name alone: whether {domain} means "
                "the same was not asked"
            )
        return
    if deprecated_from is not None:
        successor = SUCCESSORS.get(operator)
        instead = f": {successor} is in its place" if successor else ""
        yield f"ONNX withdrew it in opset {deprecated_from}{instead}"
    yield from _by_version(operator, tensorrt)
    yield from _by_type(operator, tensorrt, precision)
    known = differences().get(operator)
    if known and tensorrt_rtx is not None and not engine.startswith("TensorRT-RTX"):
        yield f"TensorRT-RTX {tensorrt_rtx} is deployed to, and lacks it: {known.tensorrt_rtx}"


def _by_version(operator: str, tensorrt: str | None) -> Iterator[str]:
    """Taken here, and not by the version that is deployed to; without one, by the newest alone."""
    if tensorrt is None:
        rows = [row for row in history(operator) if row.supported]
        if [row.tensorrt for row in rows] == [tables()[-1].tensorrt]:
            yield f"only TensorRT {rows[0].tensorrt} and later has it: name yours with `target`"
        return
    table = table_for(tensorrt)
    row = published(operator, tensorrt)
    if table is None or (row is not None and row.supported):
        return
    if Version(table.tensorrt) != Version(tensorrt):
        # Between two tables, and after the newest, nobody wrote down what holds.
        later = next_table(tensorrt)
        after = published(operator, later.tensorrt) if later else None
        if later is None or (after is not None and after.supported):
            return
    told = "says that it is not supported" if row else "does not name it"
    yield f"TensorRT {tensorrt} is deployed to, and the table of {table.tensorrt} {told}"


def _by_type(operator: str, tensorrt: str | None, precision: str | None) -> Iterator[str]:
    row = published(operator, tensorrt)
    if row is None or not row.supported or "FP32" not in row.types:
        return
    wanted = FLOATS.get(precision or "")
    if wanted is not None and wanted not in row.types:
        yield f"{precision} is asked for, and TensorRT {row.tensorrt} has it in {', '.join(row.types)} only"
    elif not {"FP16", "BF16"} & set(row.types):
        yield f"TensorRT {row.tensorrt} has it in float32 only: no fp16 and no bf16"
