"""What the model gives in eager torch: the reference, and how far it can be trusted."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.onnxruntime.run import REFERENCE, compare
from pytest_frictionless.backends.torch.call import call
from pytest_frictionless.backends.torch.load import Subject, subject_of

if TYPE_CHECKING:
    import numpy as np
    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord

    Array = np.ndarray[Any, Any]


def reference(
    memory: dict[str, Any], folder: str, *, source: SourceRecord, inputs: list[InputRecord],
    sizes: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Write the outputs of one eager run to `reference.npz`; bfloat16 is kept as float32."""
    np = require("numpy", purpose="keeping reference outputs")
    subject = subject_of(memory, source)
    tensors = call(subject, inputs, feeds_at(inputs, sizes))
    arrays = {}
    for index, tensor in enumerate(tensors):
        arrays[f"output_{index}"] = array_of(tensor)
        arrays[f"dtype_{index}"] = np.array(str(tensor.dtype).removeprefix("torch."))
    np.savez(Path(folder) / REFERENCE, **arrays)
    return {
        "shapes": [[*tensor.shape] for tensor in tensors],
    }


def array_of(tensor: torch.Tensor) -> Array:
    """The values of a tensor; bfloat16, which numpy lacks, as float32."""
    torch = require("torch", purpose="keeping reference outputs")
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: Array = tensor.numpy()
    return array


def trust(
    memory: dict[str, Any], folder: str, *, source: SourceRecord, inputs: list[InputRecord],
    sizes: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Tell how far eager torch itself can be trusted at these inputs.

    `random`: largest difference of two eager runs. `floor`: eager against eager in float64 for each
    output, [absolute, relative]; empty where the model does not run in float64.
    """
    del folder
    subject = subject_of(memory, source)
    feeds = feeds_at(inputs, sizes)
    first, second = (call(subject, inputs, feeds) for _ in range(2))
    random = max(
        (
            compare("", array_of(b), array_of(a), {})["max_abs"]
            for a, b in zip(first, second, strict=True)
        ),
        default=0.0,
    )
    return {
        "random": random,
        "floor": _floor(subject, inputs, feeds, first),
    }


def _floor(
    subject: Subject, inputs: list[InputRecord], feeds: dict[str, Array], first: list[torch.Tensor]
) -> list[list[float]]:
    try:
        double = Subject(copy.deepcopy(subject.module).double(), {}, program=subject.program)
        wide = {
            name: a.astype("float64") if a.dtype.kind == "f" else a for name, a in feeds.items()
        }
        exact = call(double, inputs, wide)
    except MemoryError:
        raise
    except Exception:  # many models name float32 somewhere inside: then there is no floor to show
        return []
    pairs = zip(first, exact, strict=True)
    records = [compare("", array_of(a), array_of(b), {}) for a, b in pairs]
    return [[record["max_abs"], record["max_rel"]] for record in records]
