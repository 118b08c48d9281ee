"""From a torch model to an ONNX file, with what torch proved about its dynamic dimensions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.refusal.dimension import fits_some_sizes, specialised
from pytest_frictionless.backends.refusal.export import finding_of
from pytest_frictionless.backends.refusal.guards import noted_guards
from pytest_frictionless.backends.torch_call import arguments, bind
from pytest_frictionless.backends.torch_load import Subject, subject_of
from pytest_frictionless.backends.torch_program import (
    is_static,
    lost_state,
    placeholders,
    proved_range,
    training_operations,
)
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.shapes import TensorType, proof_covers

if TYPE_CHECKING:
    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord
    from pytest_frictionless.artifacts.graph import CaptureRecord
    from pytest_frictionless.finding import Finding

MODEL = "model.onnx"
Ranges = Mapping[str, Sequence[int]]


def export(
    memory: dict[str, Any], folder: str, *, source: SourceRecord, inputs: list[InputRecord],
    ranges: dict[str, list[int]], opset: int | None, outputs: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Write `model.onnx`; `ranges` holds [min, opt, max] of each symbol over all profiles.

    Capture is strict first: torch.export raises where a dimension cannot take its whole range, and
    torch.onnx.export on its own would drop that in silence. Where it raises, the error is recorded
    and a relaxed capture gives the file, so that the other checks can still say what they see.
    """
    require("onnxscript", purpose="exporting to ONNX")
    subject = subject_of(memory, source)
    bind(subject, inputs)
    started = time.perf_counter()
    try:
        if source["format"] == "torchscript":
            record = _export_torchscript(subject, folder, inputs, ranges, opset, outputs)
        else:
            record = _export_program(subject, folder, inputs, ranges, opset, outputs)
    except (StepFailed, MemoryError):
        raise
    except Exception as error:
        raise StepFailed(finding_of(error, module=subject.module)) from error
    seconds = round(time.perf_counter() - started, 3)
    return {**record, "export_s": seconds}


def example_sizes(ranges: Ranges) -> dict[str, int]:
    """Sizes to capture at: opt, but not 0 or 1, which torch takes for constants."""
    return {
        symbol: opt if opt > 1 or high == opt else min(high, 2)
        for symbol, (_, opt, high) in ranges.items()
    }


def _export_program(
    subject: Subject, folder: str, inputs: list[InputRecord], ranges: Ranges,
    opset: int | None, outputs: list[str],
) -> CaptureRecord:  # fmt: skip
    torch = require("torch", purpose="exporting to ONNX")
    record: CaptureRecord = {"route": "dynamo", "ranges": {}}
    program = subject.program
    if program is None:
        args, kwargs = arguments(subject, inputs, feeds_at(inputs, example_sizes(ranges)))
        try:
            program = _capture(subject, args, kwargs, _dims(subject, inputs, ranges, "named"))
        except Exception as error:
            if not _is_constraint(error):
                raise
            program = _capture_relaxed(subject, args, kwargs, inputs, ranges)
            record["ranges"] = _proved(program, inputs)
            if _falls_short(record["ranges"], ranges) or fits_some_sizes(error):
                record["error"] = _specialised(
                    error, subject, args, kwargs, inputs, ranges
                ).to_json()
    record["ranges"] = _proved(program, inputs)
    # Batch norm as in training changes its buffers too: that is told once.
    training = training_operations(program) or lost_state(program)
    record["training"] = [finding.to_json() for finding in training]
    try:
        delivered = torch.onnx.export(
            program, (), dynamo=True, verbose=False, input_names=[each["name"] for each in inputs],
            output_names=outputs or None, dynamic_shapes=_axis_names(program, inputs),
            **({"opset_version": opset} if opset else {}),
        )  # fmt: skip
    except MemoryError:
        raise
    except Exception as error:
        raise StepFailed(finding_of(error, module=subject.module, program=program)) from error
    delivered.save(str(Path(folder) / MODEL))
    return record


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


def _proved(
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


def _axis_names(
    program: torch.export.ExportedProgram, inputs: Sequence[InputRecord]
) -> tuple[dict[int, str], ...]:
    """Names for the dynamic axes of the file; torch knows them as `s77`."""
    names = []
    for each, value in zip(inputs, placeholders(program).values(), strict=False):
        dims = TensorType.parse(each["type"]).dims
        names.append(
            {
                axis: dim.symbol
                for axis, (dim, size) in enumerate(zip(dims, value.shape, strict=False))
                if dim.symbol and dim.scale == 1 and not dim.offset and not is_static(size)
            }
        )
    return tuple(names)


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


def _export_torchscript(
    subject: Subject, folder: str, inputs: list[InputRecord], ranges: Ranges, opset: int | None,
    outputs: list[str],
) -> CaptureRecord:  # fmt: skip
    """TorchScript is no Python: torch's tracing exporter is the one that takes it."""
    torch = require("torch", purpose="exporting to ONNX")
    args, kwargs = arguments(subject, inputs, feeds_at(inputs, example_sizes(ranges)))
    axes = {
        each["name"]: {
            axis: dim.symbol
            for axis, dim in enumerate(TensorType.parse(each["type"]).dims)
            if dim.symbol and ranges[dim.symbol][0] != ranges[dim.symbol][2]
        }
        for each in inputs
    }
    torch.onnx.export(
        subject.module, (*args, *kwargs.values()), str(Path(folder) / MODEL), dynamo=False,
        input_names=[each["name"] for each in inputs], output_names=outputs or None,
        dynamic_axes=axes, **({"opset_version": opset} if opset else {}),
    )  # fmt: skip
    _forget_output_sizes(Path(folder) / MODEL)
    return {"route": "torchscript", "ranges": {}}


def _forget_output_sizes(path: Path) -> None:
    """Declare the outputs anew: this exporter writes the sizes of the example it traced."""
    onnx = require("onnx", purpose="exporting to ONNX")
    model = onnx.load(path)
    for output in model.graph.output:
        for dim in output.type.tensor_type.shape.dim:
            dim.Clear()
    onnx.save(onnx.shape_inference.infer_shapes(model, data_prop=True), path)
