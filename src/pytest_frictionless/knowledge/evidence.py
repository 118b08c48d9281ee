"""Everything that is known of one operator, as rows for a finding or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from pytest_frictionless.knowledge.operators import (
    differences,
    measured,
    measured_with,
    next_table,
    published,
    table_for,
    tables,
)
from pytest_frictionless.knowledge.plugins import plugin_for

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_REFUSALS = 3
"""Causes of the measurement that a row tells: the commonest."""

Evidence = tuple[str, str]


def published_rows(operator: str, version: str | None) -> Iterator[Evidence]:
    """What TensorRT's table says for the version that is deployed to, else the newest."""
    table = table_for(version)
    if table is None:
        first = tables()[0]
        yield f"TensorRT {version}", f"no table is kept: the oldest is of {first.tensorrt}"
        version, table = first.tensorrt, first
    row = published(operator, table.tensorrt)
    told = str(row) if row else "not named in the table"
    yield f"TensorRT {table.tensorrt}, published", told
    later = next_table(version) if version and Version(version) > Version(table.tensorrt) else None
    if later is not None and published(operator, later.tensorrt) != row:
        after = published(operator, later.tensorrt)
        yield f"TensorRT {later.tensorrt}, published", str(after) if after else "not named"
    elif version and Version(version) > Version(table.tensorrt):
        yield f"TensorRT {version}", f"no table of its own: {table.tensorrt} is the nearest below"


def measured_rows(operator: str) -> Iterator[Evidence]:
    """What became of the ONNX backend cases of an operator."""
    known = measured().get(operator)
    if known is None:
        return
    told = f"{known.built} of {known.cases} backend cases build"
    if known.built_as_constants:
        told += f", {known.built_as_constants} more with constant inputs"
    yield f"{measured_with()}, measured", told
    for words, count in known.refusals[:MOST_REFUSALS] if known.built else ():
        yield "", f"{count} refused: {words}"


def difference_rows(operator: str) -> Iterator[Evidence]:
    """Where TensorRT and TensorRT-RTX are known to differ."""
    if (known := differences().get(operator)) is not None:
        yield "TensorRT has it", known.tensorrt
        yield "TensorRT-RTX lacks it", f"{known.tensorrt_rtx} ({known.source})"


def plugin_rows(operator: str) -> Iterator[Evidence]:
    """The plugin of NVIDIA's repository that is, or computes, this operator."""
    if (plugin := plugin_for(operator)) is not None:
        yield "plugin", str(plugin)
