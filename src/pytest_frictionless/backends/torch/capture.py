"""Capturing a torch model with torch.export, and the range that is proved of each dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.torch.call import arguments, bind
from pytest_frictionless.backends.torch.program import is_static, placeholders, proved_range
from pytest_frictionless.backends.torch.refusal.dimension import fits_some_sizes, specialised
from pytest_frictionless.backends.torch.refusal.guards import noted_guards
from pytest_frictionless.shapes import TensorType, proof_covers

if TYPE_CHECKING:
    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.backends.torch.load import Subject
    from pytest_frictionless.finding import Finding

Ranges = Mapping[str, Sequence[int]]


def example_sizes(ranges: Ranges) -> dict[str, int]:
    """Sizes to capture at: opt, but not 0 or 1, which torch takes for constants."""
    return {
        symbol: opt if opt > 1 or high == opt else min(high, 2)
        for symbol, (_, opt, high) in ranges.items()
    }


def capture(
    subject: Subject, inputs: list[InputRecord], ranges: Ranges
) -> tuple[torch.export.ExportedProgram, Finding | None]:
    """The program, and why it does not take the whole range of a dimension, where it does not."""
    args, kwargs = arguments(subject, inputs, feeds_at(inputs, example_sizes(ranges)))
    try:
        return _capture(subject, args, kwargs, _dims(subject, inputs, ranges, "named")), None
    except Exception as error:
        if not _is_constraint(error):
            raise
        program = _capture_relaxed(subject, args, kwargs, inputs, ranges)
        if not (_falls_short(proved(program, inputs), ranges) or fits_some_sizes(error)):
            return program, None
        return program, _specialised(error, subject, args, kwargs, inputs, ranges)


def _capture(subject: Subject, args: Any, kwargs: Any, dims: Any) -> torch.export.ExportedProgram:
    torch = require("torch", purpose="exporting to ONNX")
    with torch.no_grad():
        return torch.export.export(subject.module, args, kwargs, dynamic_shapes=dims)


def _capture_relaxed(
    subject: Subject, args: Any, kwargs: Any, inputs: list[InputRecord], ranges: Ranges
) -> torch.export.ExportedProgram:
    """Capture with torch's own choice of what is dynamic.

    A named dimension is sometimes refused where `Dim.DYNAMIC` proves the whole range, as when two
    dimensions turn out to be related.
    """
    try:
        return _capture(subject, args, kwargs, _dims(subject, inputs, ranges, "DYNAMIC"))
    except Exception:
        return _capture(subject, args, kwargs, _dims(subject, inputs, ranges, "AUTO"))


def _dims(subject: Subject, inputs: list[InputRecord], ranges: Ranges, kind: str) -> Any:
    """`dynamic_shapes` for torch.export: one Dim for each symbol, or a hint at every axis."""
    torch = require("torch", purpose="exporting to ONNX")
    named: dict[str, Any] = {}
    shapes = []
    for each in inputs:
        axes = {}
        for axis, dim in enumerate(TensorType.parse(each["type"]).dims):
            if dim.symbol is None or ranges[dim.symbol][0] == ranges[dim.symbol][2]:
                continue
            low, _, high = ranges[dim.symbol]
            if kind == "named":
                symbol = named.setdefault(
                    dim.symbol, torch.export.Dim(dim.symbol, min=low, max=high)
                )
                scaled = symbol if dim.scale == 1 else dim.scale * symbol
                axes[axis] = scaled + dim.offset if dim.offset else scaled
            else:
                hint = getattr(torch.export.Dim, kind)
                axes[axis] = hint(min=dim.size({dim.symbol: low}), max=dim.size({dim.symbol: high}))
        shapes.append(axes)
    bound = bind(subject, inputs)
    return tuple(shapes) if "" in bound else dict(zip(bound, shapes, strict=True))


def _is_constraint(error: Exception) -> bool:
    """Whether torch.export refused the range of a dimension, and nothing else."""
    text = str(error)
    return "Constraints violated" in text or "specialized" in text or "out of range" in text


def proved(
    program: torch.export.ExportedProgram, inputs: Sequence[InputRecord]
) -> dict[str, list[int | None]]:
    """Range of every declared symbol, [size, size] where it became a constant."""
    proved: dict[str, list[int | None]] = {}
    for each, value in zip(inputs, placeholders(program).values(), strict=False):
        for dim, size in zip(TensorType.parse(each["type"]).dims, value.shape, strict=False):
            if dim.symbol is None or dim.symbol in proved or dim.scale != 1 or dim.offset:
                continue
            proved[dim.symbol] = (
                [int(size), int(size)] if is_static(size) else proved_range(program, size.node.expr)
            )
    return proved


def _falls_short(proved: Mapping[str, list[int | None]], ranges: Ranges) -> bool:
    return any(
        not proof_covers(proved[symbol], low, high)
        for symbol, (low, _, high) in ranges.items()
        if symbol in proved
    )


def _specialised(
    error: Exception,
    subject: Subject,
    args: Any,
    kwargs: Any,
    inputs: list[InputRecord],
    ranges: Ranges,
) -> Finding:
    """Capture once more, strict, to note the lines at which torch takes a size for granted."""
    with noted_guards(subject.module) as guards:
        try:
            _capture(subject, args, kwargs, _dims(subject, inputs, ranges, "named"))
        except Exception as again:
            error = again
    symbols = {}
    for index, (each, parameter) in enumerate(zip(inputs, bind(subject, inputs), strict=True)):
        for axis, dim in enumerate(TensorType.parse(each["type"]).dims):
            if dim.symbol is not None:
                source = (parameter, -1) if parameter else ("args", index)
                symbols[(*source, axis)] = dim.symbol
    return specialised(error, guards, symbols, subject.module)
