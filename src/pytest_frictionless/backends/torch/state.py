"""Reading the weights of a checkpoint, and telling what is inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.keys import with_aliases
from pytest_frictionless.backends.torch.unpickle import unpickle, unsafe_finding
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    import torch

    from pytest_frictionless.artifacts.checkpoint import SourceRecord

    State = dict[str, torch.Tensor]

NESTED_KEYS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights",
    "params_ema", "params", "ema", "state_dict_ema", "model_ema", "generator", "module",
)  # fmt: skip
"""Where training scripts put the weights inside a larger checkpoint, most specific first."""


@dataclass(slots=True)
class Weights:
    """The content of a checkpoint file."""

    state: State = field(default_factory=dict)
    module: torch.nn.Module | None = None
    """Set where a trusted file holds the whole module."""
    notes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Classes of objects beside the weights that torch.load refuses: they were not made."""


def read_weights(source: SourceRecord) -> Weights:
    """Read the weights without running code from the file, unless the user trusts it."""
    if source["format"] == "safetensors":
        return _read_safetensors(source["path"])
    torch = require("torch", purpose="reading this checkpoint")
    weights = Weights()
    content, weights.unread = unpickle(source, weights.notes)
    module = _module_in(content, torch)
    if module is not None:
        weights.module = module
        weights.notes.append("the file holds a pickled module")
        return weights
    _unwrap(weights, content)
    if not weights.state and weights.unread:
        finding = unsafe_finding(source["path"])  # the weights are inside of what was not read
        if finding is not None:
            raise StepFailed(finding)
    if not weights.state:
        held = f"a {type(content).__name__}"
        if isinstance(content, Mapping):
            held = f"a mapping with the keys {', '.join(map(repr, list(content)[:8]))}"
        message = f"the file holds {held}, and no weights were found in it"
        raise StepFailed(Finding(code="FR109", message=message, remedy=_left_out(source)))
    return weights


def _left_out(source: SourceRecord) -> str:
    name = json.dumps(path_below(Path(source["path"]), Path(source["root"])))
    return (
        f"If it is no model, leave it out in frictionless.yaml:\n  exclude: [{name}]\n"
        "If it is one, write its weights as torch.save(model.state_dict(), path)."
    )


def _read_safetensors(path: str) -> Weights:
    require("torch", purpose="reading this checkpoint")  # it imports it where it reads
    safetensors = require("safetensors", purpose="reading this checkpoint")
    weights = Weights()
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except Exception as error:
        message, cause = quoted("safetensors cannot read the file", str(error))
        raise StepFailed(Finding(code="FR101", message=message, cause=cause)) from error
    weights.state = with_aliases(state, metadata, weights.notes)
    return weights


def _module_in(content: Any, torch: Any) -> torch.nn.Module | None:
    """A whole module, by itself or inside a larger checkpoint; only trusted files can hold one."""
    if isinstance(content, torch.nn.Module):
        module: torch.nn.Module = content
        return module
    inside = content if isinstance(content, Mapping) else {}
    return next(
        (inside[k] for k in NESTED_KEYS if isinstance(inside.get(k), torch.nn.Module)), None
    )


def _unwrap(weights: Weights, content: Any) -> None:
    """Find the weights inside what was loaded, and note what is left beside them."""
    if not isinstance(content, Mapping):
        return
    if _is_optimizer(content):
        raise StepFailed(Finding(code="FR109", message="the file holds an optimizer state"))
    flat, groups = _tensors(content), _groups(content)
    name = next((key for key in NESTED_KEYS if key in groups), None)
    if name is None and len(groups) == 1:
        name = next(iter(groups))
    if name is not None and len(groups[name]) >= len(flat):
        weights.state = groups[name]
        beside = [
            _described(key, groups, groups[name])
            for key in content
            if key != name.partition("/")[0]
        ]
        left = f"; beside it: {', '.join(beside)}" if beside else ""
        weights.notes.append(f"weights taken from {name!r}{left}")
    elif flat:
        weights.state = flat
        beside = [str(key) for key in content if str(key) not in flat]
        if beside:
            weights.notes.append(f"beside the weights: {', '.join(beside)}")
    else:  # the one of them that fits the network is taken
        weights.state = {f"{k}.{n}": v for k, group in groups.items() for n, v in group.items()}


def _described(key: Any, groups: Mapping[str, State], taken: State) -> str:
    same = groups.get(str(key), {}).keys() == taken.keys()
    return f"{key} (the same weights again, not used)" if same else str(key)


def _groups(content: Mapping[Any, Any]) -> dict[str, State]:
    """Tensors of the mappings inside a checkpoint, by key; optimizers have none that count."""
    groups = {}
    for key, value in content.items():
        if not isinstance(value, Mapping) or _is_optimizer(value):
            continue
        inner = next((n for n in NESTED_KEYS if n in value and _tensors(value[n])), None)
        if inner is not None:
            groups[f"{key}/{inner}"] = _tensors(value[inner])
        elif tensors := _tensors(value):
            groups[str(key)] = tensors
    return groups


def _is_optimizer(content: Mapping[Any, Any]) -> bool:
    return {"state", "param_groups"} <= set(content)


def _tensors(content: Any) -> State:
    torch = require("torch", purpose="reading this checkpoint")
    if not isinstance(content, Mapping):
        return {}
    return {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}


def not_finite(
    tensors: Mapping[str, torch.Tensor],
    buffers: AbstractSet[str],
    notes: list[str],
    *,
    limit: int = 20,
) -> list[str]:
    """Names of the tensors that hold NaN or infinity, with how many elements do.

    Minus infinity is what a mask is made of: in a buffer, and in a tensor that holds one other value
    at most, it is noted only.
    """
    torch = require("torch", purpose="reading this checkpoint")
    names = []
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or not tensor.numel() or tensor.is_meta:
            continue
        # A sum is infinite or NaN whenever an element is, at a third of the cost of isfinite.
        if tensor.dtype.itemsize > 1 and bool(torch.isfinite(tensor.sum(dtype=torch.float64))):
            continue
        values = tensor.float()
        nan, above, below = (
            int(f(values).sum()) for f in (torch.isnan, torch.isposinf, torch.isneginf)
        )
        if below and not nan + above:
            rest = values[torch.isfinite(values)]
            if name in buffers or (rest.numel() and bool((rest == rest[0]).all())):
                notes.append(f"{name} holds -inf in {below} of {tensor.numel()} elements: a mask")
                continue
        if nan + above + below:
            kinds = ((nan, "NaN"), (above, "+inf"), (below, "-inf"))
            counts = ", ".join(f"{count} {kind}" for count, kind in kinds if count)
            dtype = str(tensor.dtype).removeprefix("torch.")
            names.append(f"{name} ({counts} of {tensor.numel()} elements, {dtype})")
    return names[:limit]
