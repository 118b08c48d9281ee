"""Reading the weights of a checkpoint, and telling what is inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.refusal.newer import newer_than_torch
from pytest_frictionless.checkpoint.pickle_safety import unsafe_globals
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    import torch

    from pytest_frictionless.artifacts import InputRecord, SourceRecord

    State = dict[str, torch.Tensor]

NESTED_KEYS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights",
    "params_ema", "params", "ema", "generator", "module",
)  # fmt: skip
"""Where training scripts put the weights inside a larger checkpoint, most specific first."""

WRAPPER_PREFIXES = ("module.", "_orig_mod.", "model.")
"""Prefixes that DataParallel, torch.compile and Lightning put before every key."""


@dataclass(slots=True)
class Weights:
    """The content of a checkpoint file."""

    state: State = field(default_factory=dict)
    module: torch.nn.Module | None = None
    """Set where a trusted file holds the whole module."""
    notes: list[str] = field(default_factory=list)


def read_weights(source: SourceRecord) -> Weights:
    """Read the weights without running code from the file, unless the user trusts it."""
    path = source["path"]
    if source["format"] == "safetensors":
        return Weights(state=_read_safetensors(path))
    torch = require("torch", purpose="reading this checkpoint")
    try:
        content = torch.load(path, map_location="cpu", weights_only=not source["trusted"])
    except MemoryError:
        raise
    except Exception as error:
        raise StepFailed(_load_finding(path, error)) from error
    if isinstance(content, torch.nn.Module):
        return Weights(module=content, notes=["the file holds a pickled module"])
    return _unwrap(path, content)


def _read_safetensors(path: str) -> State:
    safetensors = require("safetensors.torch", purpose="reading this checkpoint")
    try:
        state: State = safetensors.load_file(path)
    except Exception as error:
        message = f"safetensors cannot read the file: {error}"
        raise StepFailed(Finding(code="FR101", message=message)) from error
    return state


def _load_finding(path: str, error: Exception) -> Finding:
    if (newer := newer_than_torch(path, error)) is not None:
        return newer
    try:
        unsafe = unsafe_finding(path)
    except StepFailed as broken:  # the scanner says best where a file is cut or damaged
        return broken.finding
    if unsafe is not None:
        return unsafe
    first = str(error).strip().splitlines() or [type(error).__name__]
    return Finding(code="FR101", message=f"torch.load cannot read it: {first[0]}")


def unsafe_finding(path: str) -> Finding | None:
    """The finding of a file that would run code when it is unpickled; None for a safe one.

    Raises StepFailed where the file cannot be scanned.
    """
    unsafe = unsafe_globals(Path(path))
    if not unsafe:
        return None
    names = ", ".join(unsafe[:8]) + (", ..." if len(unsafe) > 8 else "")
    return Finding(
        code="FR104",
        message=f"loading it would import {names}: refused, nothing was run",
        cause="torch.load(weights_only=True) allows tensors and plain containers only",
        remedy="Save weights only: torch.save(model.state_dict(), path), or use safetensors.\n"
        "If you made the file yourself, write in frictionless.yaml:\n"
        "  trusted: {reason: why this file may run code}",
    )


def _unwrap(path: str, content: Any) -> Weights:
    """Find the weights inside what was loaded."""
    notes = []
    tensors = _tensors(content)
    if isinstance(content, Mapping) and {"state", "param_groups"} <= set(content) and not tensors:
        raise StepFailed(Finding(code="FR109", message="the file holds an optimizer state"))
    if not tensors and isinstance(content, Mapping):
        for key in NESTED_KEYS:
            tensors = _tensors(content.get(key))
            if tensors:
                beside = ", ".join(str(each) for each in content if each != key)
                notes.append(
                    f"weights taken from {key!r}" + (f"; beside it: {beside}" if beside else "")
                )
                break
    if not tensors:
        held = f"a {type(content).__name__}"
        if isinstance(content, Mapping):
            held = f"a mapping with the keys {', '.join(map(repr, list(content)[:8]))}"
        raise StepFailed(
            Finding(code="FR109", message=f"the file holds {held}, and no weights were found in it")
        )
    return Weights(state=tensors, notes=notes)


def _tensors(content: Any) -> State:
    torch = require("torch", purpose="reading this checkpoint")
    if not isinstance(content, Mapping):
        return {}
    return {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}


def without_prefix(state: State, wanted: set[str], notes: list[str]) -> State:
    """Strip a wrapper's prefix from every key, where the keys fit the module only then."""
    for prefix in WRAPPER_PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            stripped = {key.removeprefix(prefix): value for key, value in state.items()}
            if len(wanted & stripped.keys()) > len(wanted & state.keys()):
                notes.append(f"every key started with {prefix!r}: stripped")
                return stripped
    return state


def not_finite(tensors: Mapping[str, torch.Tensor], *, limit: int = 20) -> list[str]:
    """Names of the tensors that hold NaN or infinity, with how many elements do."""
    torch = require("torch", purpose="reading this checkpoint")
    names = []
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.numel() and not tensor.is_meta:
            # A sum is infinite or NaN whenever an element is, at a third of the cost of isfinite.
            if tensor.dtype.itemsize > 1 and bool(torch.isfinite(tensor.sum(dtype=torch.float64))):
                continue
            bad = int((~torch.isfinite(tensor.float())).sum())
            if bad:
                names.append(f"{name} ({bad} of {tensor.numel()} elements)")
    return names[:limit]


def guessed_inputs(state: Mapping[str, Any]) -> list[InputRecord]:
    """Inputs that the first weights suggest; `state` maps names to anything with a `shape`."""
    for name, tensor in state.items():
        shape = tuple(tensor.shape)
        if not name.endswith("weight") or len(shape) < 2:
            continue
        if "emb" in name.lower() and len(shape) == 2:
            return [{"name": "input_ids", "type": "int64[batch, seq]", "low": 0, "high": shape[0]}]
        axes = {2: "", 3: ", time", 4: ", height, width", 5: ", depth, height, width"}
        if len(shape) in axes:
            return [{"name": "x", "type": f"float32[batch, {shape[1]}{axes[len(shape)]}]"}]
    return []
