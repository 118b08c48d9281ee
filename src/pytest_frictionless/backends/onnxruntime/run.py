"""Running the exported model in ONNX Runtime, and comparing what it gives with the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at, numpy_dtype
from pytest_frictionless.backends.onnxruntime.failed import run_finding, words_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.shapes import ShapePoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.artifacts.run import ComparisonRecord, ExecutionRecord

    Array = np.ndarray[Any, Any]

REFERENCE = "reference.npz"
TOLERANCES = {
    "float64": (1e-5, 1e-6, 1e-12), "float32": (1e-3, 1e-4, 1e-6), "float16": (1e-2, 1e-2, 1e-3),
    "bfloat16": (5e-2, 5e-2, 1e-2),
}  # fmt: skip
"""Relative tolerance; absolute tolerance as a share of the output's largest magnitude; its floor.

The share keeps elements near zero from failing a model whose error is that of rounding; the floor
is for outputs that are tiny all over, as a sigmoid of noise: a kernel's own error is absolute there.
"""

_NO_RUNTIME = re.compile(
    r"NOT_IMPLEMENTED|Could not find an implementation|is not a registered function/op"
    r"|No Op registered|is under development|Unsupported model IR version|Unrecognized attribute"
)
"""What ONNX Runtime says where the gap is its own: then it is no reference, and no verdict follows."""


def execute(
    memory: dict[str, Any], folder: str, *, path: str, inputs: list[InputRecord], point: str,
    sizes: dict[str, int], reference: str | None, tolerance: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Run the model at one shape point and compare it with `reference`, an .npz of eager outputs.

    Without one, the same file without graph optimisation is the reference. Raises StepFailed FR605
    with the node where ONNX Runtime fails, FR706 where it has no kernel for a type.
    """
    del folder
    feeds = feeds_at(inputs, sizes)
    where = ShapePoint(point, sizes)
    names, values = run_file(memory, path, feeds, where, optimised=True)
    expected = (
        load_reference(Path(reference)) if reference
        else run_file(memory, path, feeds, where, optimised=False)[1]
    )  # fmt: skip
    if len(expected) != len(values):
        message = f"the file has {len(values)} outputs, and the model gives {len(expected)}"
        raise StepFailed(Finding(code="FR606", message=message))
    record: ExecutionRecord = {
        "sizes": sizes,
        "outputs": [
            {"name": name, "dtype": str(value.dtype), "dims": [*value.shape]}
            for name, value in zip(names, values, strict=True)
        ],
        "comparisons": [
            compare(name, value, wanted, tolerance)
            for name, value, wanted in zip(names, values, expected, strict=True)
        ],
        "reference": "eager torch" if reference else "ONNX Runtime without optimisation",
    }
    return {**record}


def expected(
    memory: dict[str, Any], folder: str, *, path: str, inputs: list[InputRecord], point: str,
    sizes: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Write what ONNX Runtime gives, without optimisation, to `reference.npz`."""
    np = require("numpy", purpose="keeping reference outputs")
    feeds, where = feeds_at(inputs, sizes), ShapePoint(point, sizes)
    _, values = run_file(memory, path, feeds, where, optimised=False)
    arrays = {}
    for index, value in enumerate(values):
        arrays[f"dtype_{index}"] = np.array(str(value.dtype))
        arrays[f"output_{index}"] = value.astype(np.float32) if value.dtype.kind == "V" else value
    np.savez(Path(folder) / REFERENCE, **arrays)
    return {"shapes": [[*value.shape] for value in values]}


def run_file(
    memory: dict[str, Any],
    path: str,
    feeds: Mapping[str, Array],
    point: ShapePoint,
    *,
    optimised: bool,
) -> tuple[list[str], list[Array]]:
    """Names and values of the outputs; raises StepFailed FR605 with the node, or FR706."""
    session = _session(memory, path, optimised=optimised)
    names = [output.name for output in session.get_outputs()]
    try:
        values = session.run(None, {name: _runtime_value(value) for name, value in feeds.items()})
    except MemoryError:
        raise
    except Exception as error:
        if _NO_RUNTIME.search(str(error)):
            message, cause = quoted("ONNX Runtime cannot run the model", words_of(str(error)))
            raise StepFailed(Finding(code="FR706", message=message, cause=cause)) from error
        raise StepFailed(run_finding(path, str(error), point)) from error
    return names, [_array(value) for value in values]


def _session(memory: dict[str, Any], path: str, *, optimised: bool) -> Any:
    ort = require("onnxruntime", purpose="running the exported model")
    key = f"session {optimised} {path}"
    if key not in memory:
        options = ort.SessionOptions()
        options.log_severity_level = 4  # what it would log as an error it raises as well
        levels = ort.GraphOptimizationLevel
        options.graph_optimization_level = (
            levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
        )
        try:
            memory[key] = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            text = words_of(str(error))
            code = "FR706" if _NO_RUNTIME.search(text) else "FR605"
            verb = "does not know" if code == "FR706" else "cannot load"
            message, cause = quoted(f"ONNX Runtime {ort.__version__} {verb} the model", text)
            remedy = "" if code == "FR706" else "It is refused at any size: mend what is named."
            finding = Finding(code=code, message=message, cause=cause, remedy=remedy)
            raise StepFailed(finding) from error
    return memory[key]


def _runtime_value(value: Array) -> Any:
    ort = require("onnxruntime", purpose="running the exported model")
    if value.dtype.kind != "V" and value.dtype.name not in ("bfloat16",):
        return value
    return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(value, 16)


def _array(value: Any) -> Array:
    np = require("numpy", purpose="comparing outputs")
    array: Array = np.asarray(value, dtype=object if isinstance(value, list) else None)
    return array


def load_reference(path: Path) -> list[Array]:
    """The outputs in an .npz that `torch.reference.reference` or `expected` wrote."""
    np = require("numpy", purpose="comparing outputs")
    with np.load(path, allow_pickle=False) as loaded:
        arrays: list[Array] = []
        for index in range(len(loaded.files) // 2):
            dtype = str(loaded[f"dtype_{index}"])
            arrays.append(loaded[f"output_{index}"].astype(numpy_dtype(dtype)))
    return arrays


def compare(
    name: str, value: Array, reference: Array, tolerance: Mapping[str, Any]
) -> ComparisonRecord:
    """One output against its reference: |value - reference| <= atol + rtol * |reference|.

    NaN equals NaN and infinity itself: a model may mean them. `tolerance` may hold `rtol`, `atol`
    (then absolute) and `outputs`, the same by output name.
    """
    np = require("numpy", purpose="comparing outputs")
    record: ComparisonRecord = {
        "name": name, "dtype": str(reference.dtype), "shape": [*value.shape],
        "reference_shape": [*reference.shape], "max_abs": 0.0, "max_rel": 0.0, "worst_index": [],
        "worst_value": 0.0, "worst_reference": 0.0, "violations": 0, "elements": int(value.size),
        "not_finite": 0, "reference_not_finite": 0, "rtol": 0.0, "atol": 0.0,
        "scale": 0.0,
    }  # fmt: skip
    if value.shape != reference.shape or value.dtype == object or not value.size:
        if value.dtype == object and value.shape == reference.shape:
            record["violations"] = int((value != reference).sum())
        return record
    got, want = value.astype(np.float64), reference.astype(np.float64)
    finite = np.isfinite(want)
    scale = float(np.abs(want[finite]).max()) if finite.any() else 1.0
    record["scale"] = _number(scale)
    rtol, share, floor = TOLERANCES.get(str(reference.dtype), (0.0, 0.0, 0.0))
    own = {**tolerance, **(tolerance.get("outputs") or {}).get(name, {})}
    record["rtol"] = rtol if own.get("rtol") is None else own["rtol"]
    record["atol"] = max(share * scale, floor) if own.get("atol") is None else own["atol"]
    with np.errstate(all="ignore"):
        error = np.asarray(np.abs(got - want))  # of two scalars numpy makes no array
        error[(got == want) | (np.isnan(got) & np.isnan(want))] = 0.0
        error[np.isnan(error)] = np.inf
        allowed = record["atol"] + record["rtol"] * np.where(finite, np.abs(want), 0.0)
        excess = np.where(error > 0, error / np.maximum(allowed, 1e-300), 0.0)
        relative = np.where(error > 0, error / np.maximum(np.abs(want), 1e-300), 0.0)
    worst = np.unravel_index(int(excess.argmax()), excess.shape)
    large = relative[np.abs(want) > 1e-3 * scale]
    record["max_abs"], record["max_rel"] = _number(error.max()), _number(large.max(initial=0.0))
    record["worst_index"] = [int(index) for index in worst]
    record["worst_value"], record["worst_reference"] = _number(got[worst]), _number(want[worst])
    record["violations"] = int((excess > 1.0).sum())
    record["not_finite"] = int((~np.isfinite(got)).sum())
    record["reference_not_finite"] = int((~finite).sum())
    return record


def _number(value: Any) -> float:
    """A float that JSON can hold."""
    number = float(value)
    return (
        number
        if abs(number) < 1e308
        else (1e308 if number > 0 else -1e308)
        if number == number
        else 0.0
    )
