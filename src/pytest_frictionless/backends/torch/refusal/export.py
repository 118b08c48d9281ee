"""What torch says when it does not export, told as a finding with the user's line."""

from __future__ import annotations

import traceback
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.torch.refusal import control, operators, python
from pytest_frictionless.backends.torch.refusal.failure import Failure, failure_of
from pytest_frictionless.backends.torch.refusal.words import first_line

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from pytest_frictionless.finding import Finding

_RECOGNISED: tuple[Callable[[Failure], Finding | None], ...] = (
    control.unlike_branches,
    control.data_dependent,
    control.key_of_a_dictionary,
    python.packed_sequence,
    python.numpy_call,
    python.raw_memory,
    python.generator,
    operators.no_fake_implementation,
    operators.complex_numbers,
    operators.quantised_tensors,
    operators.sparse_tensors,
    operators.no_counterpart,
    operators.bias_with_gradient,
    python.unknown_output,
    python.untraced_tensor,
    python.scripted_module,
)
"""Every kind of refusal, the more particular first."""

_INTERNAL = (AttributeError, ImportError, AssertionError, KeyError, NotImplementedError, TypeError)


def finding_of(
    error: BaseException, *, module: Any = None, program: torch.export.ExportedProgram | None = None,
    example: Callable[[], object] | None = None,
) -> Finding:  # fmt: skip
    """The finding of a failed export.

    torch.onnx wraps the reason in "This is step 1/3 of exporting the model": the last cause of the
    chain is the one that says something. `example` calls the model without the exporter.
    """
    failure = failure_of(error, module=module, program=program, example=example)
    for recognised in _RECOGNISED:
        if (finding := recognised(failure)) is not None:
            return finding
    kind = type(failure.last).__name__
    said = f"{kind}: {first_line(failure.reason)}"
    if failure.place is None and isinstance(failure.last, _INTERNAL) and _is_inside(failure.last):
        return failure.finding(
            "FR225", f"the exporter itself fails ({_versions()}): {said}", cause=failure.reason
        )
    return failure.finding("FR201", f"export failed: {said}", cause=failure.reason)


def _is_inside(error: BaseException) -> bool:
    """Whether the exporter's own code raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = ("/torch/onnx/", "/onnxscript/", "/onnx_ir/", "/torch/export/")
    return bool(frames) and any(part in frames[-1].filename for part in inside)


def _versions() -> str:
    known = []
    for name in ("torch", "onnxscript", "onnx-ir", "onnx"):
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(known)
