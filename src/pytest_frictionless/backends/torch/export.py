"""From a torch model to an ONNX file, with what torch proved about its dynamic dimensions."""

from __future__ import annotations

import logging
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.onnx.outputs import forget_output_sizes, rename_outputs
from pytest_frictionless.backends.torch.call import arguments, bind, call
from pytest_frictionless.backends.torch.capture import Ranges, capture, example_sizes, proved
from pytest_frictionless.backends.torch.load import Subject, subject_of
from pytest_frictionless.backends.torch.program import (
    is_static,
    lost_state,
    placeholders,
    training_operations,
)
from pytest_frictionless.backends.torch.refusal.export import finding_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.shapes import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord
    from pytest_frictionless.artifacts.graph import CaptureRecord

MODEL = "model.onnx"


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
    _keep_out_noise()
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
        finding = finding_of(
            error, module=subject.module,
            example=lambda: call(subject, inputs, feeds_at(inputs, example_sizes(ranges))),
        )  # fmt: skip
        raise StepFailed(finding) from error
    seconds = round(time.perf_counter() - started, 3)
    return {**record, "export_s": seconds}


def _keep_out_noise() -> None:
    """What torch's exporter says of itself, whatever the model, is in no log: a child is ours alone."""
    registration = logging.getLogger("torch.onnx._internal.exporter._registration")
    registration.addFilter(_is_of_the_model)
    warnings.filterwarnings("ignore", r".*isinstance\(treespec, LeafSpec\)", FutureWarning)


def _is_of_the_model(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("torchvision is not installed")


def _export_program(
    subject: Subject, folder: str, inputs: list[InputRecord], ranges: Ranges,
    opset: int | None, outputs: list[str],
) -> CaptureRecord:  # fmt: skip
    torch = require("torch", purpose="exporting to ONNX")
    record: CaptureRecord = {"route": "dynamo", "ranges": {}}
    program, refused = subject.program, None
    if program is None:
        program, refused = capture(subject, inputs, ranges)
    if refused is not None:
        record["error"] = refused.to_json()
    record["ranges"] = proved(program, inputs)
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
    rename_outputs(delivered)
    delivered.save(str(Path(folder) / MODEL))
    return record


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
    forget_output_sizes(Path(folder) / MODEL)
    return {"route": "torchscript", "ranges": {}}
