"""Input values for a model at given sizes: the same numbers for every runtime and every run."""

from __future__ import annotations

import importlib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.told import tell_safetensors
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.place import place_of_error
from pytest_frictionless.shapes import TensorType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from pytest_frictionless.artifacts.checkpoint import InputRecord

    Array = np.ndarray[Any, Any]

EXTENDED = {
    "bfloat16": "bfloat16", "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2", "float8e5m2fnuz": "float8_e5m2fnuz",
    "float8e8m0": "float8_e8m0fnu", "float4e2m1": "float4_e2m1fn",
    "int4": "int4", "uint4": "uint4", "int2": "int2", "uint2": "uint2",
}  # fmt: skip
"""Element types numpy does not have, by their name in ml_dtypes."""


_HIDING = ("padding_mask", "pad_mask", "src_mask", "tgt_mask", "memory_mask", "attn_mask")
"""Names of masks that hide what they are true for, as those of torch.nn.Transformer."""


def numpy_dtype(name: str) -> Any:
    """Numpy's dtype for an element type as signatures spell it."""
    np = require("numpy", purpose="making inputs")
    if name in EXTENDED:
        return np.dtype(getattr(require("ml_dtypes", purpose=f"{name} inputs"), EXTENDED[name]))
    return np.dtype(object if name == "string" else name)


def feeds_at(inputs: Sequence[InputRecord], sizes: Mapping[str, int]) -> dict[str, Array]:
    """Values for every input where the symbols have these sizes.

    Floats are standard normal, integers uniform in [low, high), both seeded by the input's name and
    shape. No row of a mask hides all. Raises StepFailed FR204 where a sample or a function gives something of the wrong shape.
    """
    return {each["name"]: _values(each, sizes) for each in inputs}


def _values(record: InputRecord, sizes: Mapping[str, int]) -> Array:
    np = require("numpy", purpose="making inputs")
    try:
        tensor = TensorType.parse(record["type"])
    except ValueError as error:
        message = f"input {record['name']} is {record['type']}: no values are made for it"
        raise StepFailed(Finding(code="FR706", message=message)) from error
    shape = tensor.shape(sizes)
    dtype = numpy_dtype(tensor.dtype)
    generator = np.random.default_rng(zlib.crc32(f"{record['name']}{shape}".encode()))
    values: Array
    if "sample" in record:
        values = _fit(_sample(record), shape)
    elif "make" in record:
        values = np.asarray(_made(record, shape, generator))
    elif tensor.dtype == "string":
        values = np.full(shape, "frictionless", dtype=object)
    elif tensor.dtype == "bool":
        values = generator.integers(0, 2, shape).astype(bool)
    elif tensor.dtype.startswith(("int", "uint")):
        low, high = int(record.get("low", 0)), int(record.get("high", 2))
        values = generator.integers(low, max(high, low + 1), shape)
    elif "low" in record or "high" in record:
        values = generator.uniform(record.get("low", 0.0), record.get("high", 1.0), shape)
    else:
        values = generator.standard_normal(shape)
    if _is_mask(record, tensor):
        _leave_some(values, hidden=1 if record["name"].lower().endswith(_HIDING) else 0)
    if values.shape != shape:
        raise StepFailed(
            Finding(
                code="FR204",
                message=f"values for input {record['name']} have shape {list(values.shape)}, and "
                f"{tensor} asks for {list(shape)}",
                remedy="Make the sample or the function give the shape the profile asks for.",
            )
        )
    return np.ascontiguousarray(values.astype(dtype)).reshape(shape)


def _is_mask(record: InputRecord, tensor: TensorType) -> bool:
    """Whether nothing but the name says what the values of a mask are."""
    whole = tensor.dtype == "bool" or tensor.dtype.startswith(("int", "uint"))
    told = any(each in record for each in ("sample", "make", "low", "high"))
    return whole and not told and bool(tensor.dims) and "mask" in record["name"].lower()


def _leave_some(values: Array, *, hidden: int) -> None:
    """Let each row hide something and leave something: what is hidden is the one or the other value.

    A row that hides all makes a softmax over nothing, which is NaN. A row of one leaves it.
    """
    if values.size:
        rows = values.reshape(-1, values.shape[-1])
        rows[(rows != hidden).sum(1) == 0, 0] = 1 - hidden
        if values.shape[-1] > 1:
            rows[(rows == hidden).sum(1) == 0, -1] = hidden


def _made(record: InputRecord, shape: tuple[int, ...], generator: Any) -> Any:
    """What the user's function gives; raises StepFailed FR204 with its line where it fails."""
    tell_safetensors()
    module, _, name = record["make"].partition(":")
    try:
        return getattr(importlib.import_module(module), name)(shape, generator)
    except MemoryError:
        raise
    except Exception as error:
        raises = (
            f"{record['make']}, which makes input {record['name']}, raises {type(error).__name__}"
        )
        message, cause = quoted(raises, str(error))
        finding = Finding(
            code="FR204",
            message=message,
            cause=cause,
            place=place_of_error(error),
            remedy="It is called with the shape and a numpy Generator, and returns the values.",
        )
        raise StepFailed(finding) from error


def _sample(record: InputRecord) -> Array:
    np = require("numpy", purpose="reading samples")
    path = Path(record["sample"])
    try:
        loaded = np.load(path, allow_pickle=False)
        array: Array = loaded[record["name"]] if path.suffix == ".npz" else loaded
    except (OSError, ValueError, KeyError) as error:
        message, cause = quoted(f"sample {path} gives no {record['name']}", str(error))
        raise StepFailed(Finding(code="FR204", message=message, cause=cause)) from error
    return array


def _fit(values: Array, shape: tuple[int, ...]) -> Array:
    """Repeat or cut a sample along its axes, so that it fits every shape point."""
    np = require("numpy", purpose="reading samples")
    if values.ndim != len(shape) or 0 in values.shape:
        return values
    repeats = [-(-want // have) for want, have in zip(shape, values.shape, strict=True)]
    fitted: Array = np.tile(values, repeats)[tuple(slice(0, want) for want in shape)]
    return fitted
