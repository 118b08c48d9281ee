"""Inputs that a network suggests where nothing declares them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.artifacts.checkpoint import InputRecord

UNKNOWN = "float32[batch]"
"""What is printed for an input of which only the name is known."""


def guessed_inputs(state: Mapping[str, Any], module: Any = None) -> list[InputRecord]:
    """Inputs that the first weights suggest, under the names that forward() gives them.

    Args:
        state: Names and anything with a `shape`.
        module: The network, where there is one.
    """
    first = _from_weights(state)
    names = _arguments(module) if module is not None else []
    if not names:
        return [first] if first else []
    records: list[InputRecord] = [{"name": name, "type": UNKNOWN} for name in names]
    if first:
        records[0] = {**first, "name": names[0]}
    return records


def _from_weights(state: Mapping[str, Any]) -> InputRecord | None:
    """What the first layer takes; a file that is sorted by name may begin with any other.

    The stem of a network for images takes three channels, wherever the file has it.
    """
    for name, tensor in state.items():
        if name.endswith("weight") and len(tensor.shape) == 4 and tensor.shape[1] == 3:
            return {"name": "x", "type": "float32[batch, 3, height, width]"}
    for name, tensor in state.items():
        shape = tuple(tensor.shape)
        if name.endswith("weight_ih_l0") and len(shape) == 2:  # of an LSTM, a GRU or an RNN
            return {"name": "x", "type": f"float32[batch, time, {shape[1]}]"}
        if not name.endswith("weight") or len(shape) < 2:
            continue
        if len(shape) == 2 and ("emb" in name.lower() or _is_table(name, state)):
            return {"name": "input_ids", "type": "int64[batch, seq]", "low": 0, "high": shape[0]}
        axes = {2: "", 3: ", time", 4: ", height, width", 5: ", depth, height, width"}
        if len(shape) in axes:
            return {"name": "x", "type": f"float32[batch, {shape[1]}{axes[len(shape)]}]"}
    return None


def _is_table(name: str, state: Mapping[str, Any]) -> bool:
    """Whether a matrix is likely an embedding: more rows than columns, and no bias beside it."""
    rows, columns = state[name].shape
    return f"{name.removesuffix('weight')}bias" not in state and rows > columns


def _arguments(module: Any) -> list[str]:
    """Arguments that forward() needs."""
    schema = getattr(module.forward, "schema", None)
    if schema is not None:  # TorchScript
        return [each.name for each in schema.arguments[1:] if not each.has_default_value()]
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]
