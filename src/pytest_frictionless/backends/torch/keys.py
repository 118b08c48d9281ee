"""Fitting the weights of a file to a network: prefixes, tied weights, shapes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.key_names import under_names_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch

    State = dict[str, torch.Tensor]

_ALIKE = 0.3


@dataclass(slots=True)
class Fitted:
    """What became of the weights of a file."""

    state: State
    """The weights under the network's names."""
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """Missing name and the name in the file of a weight that could be it."""
    notes: list[str] = field(default_factory=list)


def fit(module: torch.nn.Module, state: State) -> Fitted:
    """Load the weights into the network; raises StepFailed FR107 where that cannot be right."""
    own = module.state_dict()
    twins = _twins(own)
    constants = _constants(module, own)

    def covers(candidate: Mapping[str, torch.Tensor]) -> bool:
        return all(
            _same_shape(candidate[name], own[name])
            if name in candidate
            else name in constants or not candidate.keys().isdisjoint(twins.get(name, ()))
            for name in own
        )

    choice = under_names_of(own, state, covers=covers)
    chosen = choice.state
    fitted = Fitted(chosen, notes=choice.notes)
    _check_shapes(chosen, own)
    _check_twins(chosen, twins)
    try:
        result = module.load_state_dict(chosen, strict=False)
    except RuntimeError as error:  # a module's own rules for its keys
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        message = f"the network refuses its weights: {lines[min(1, len(lines) - 1)]}"
        raise StepFailed(Finding(code="FR107", message=message, cause="\n".join(lines))) from error
    for name in result.missing_keys:
        if twin := next((each for each in twins.get(name, ()) if each in chosen), None):
            fitted.notes.append(f"{name} is tied to {twin}, which is in the file")
        elif name in constants:
            fitted.notes.append(f"{name} is not in the file: the network's own constant is kept")
        else:
            fitted.missing.append(name)
    counters = {key for key in choice.beside if state[key].numel() == 1}
    fitted.unexpected = [*result.unexpected_keys, *(k for k in choice.beside if k not in counters)]
    fitted.renamed = _renamed(fitted.missing, fitted.unexpected, own, {**state, **chosen})
    return fitted


def with_aliases(state: State, metadata: Mapping[str, str], notes: list[str]) -> State:
    """Add the names that safetensors dropped, as save_model notes them in the file's metadata."""
    added = {
        name: state[kept] for name, kept in metadata.items() if name not in state and kept in state
    }
    notes += [f"{name} is kept in the file as {metadata[name]}" for name in added]
    return {**state, **added}


def _check_shapes(state: State, own: State) -> None:
    differ = [name for name in own if name in state and not _same_shape(state[name], own[name])]
    if not differ:
        return
    first = differ[0]
    more = f" ({len(differ) - 1} more differ)" if len(differ) > 1 else ""
    sizes = {(*state[n].shape[:1], *own[n].shape[:1]) for n in differ}
    rest = all(state[n].shape[1:] == own[n].shape[1:] for n in differ)
    remedy = (
        f"Let the factory build the network of the file: {first} must be {_axes(state[first])}."
    )
    if len(sizes) == 1 and rest and len(pair := sizes.pop()) == 2:
        remedy = (
            f"Let the factory build {pair[0]} outputs in place of {pair[1]}: "
            f"{', '.join(differ[:3])} came from a layer of that size."
        )
    raise StepFailed(
        Finding(
            code="FR107",
            message=f"{first} is {_axes(state[first])} in the file and {_axes(own[first])} in the "
            f"network{more}",
            cause="The factory builds a network of another size than the one that was trained.",
            remedy=remedy,
            evidence=tuple(
                (name, f"{_axes(state[name])} in the file, {_axes(own[name])} in the network")
                for name in differ[:10]
            ),
        )
    )


def _check_twins(state: State, twins: Mapping[str, set[str]]) -> None:
    """One tensor of the network cannot take two that differ."""
    torch = require("torch", purpose="comparing weights")
    for name, others in twins.items():
        for other in others:
            both = name < other and name in state and other in state
            if both and not torch.equal(state[name], state[other]):
                raise StepFailed(
                    Finding(
                        code="FR107",
                        message=f"{name} and {other} differ in the file, and are one tensor in the "
                        "network",
                        cause="The network ties these weights; it was trained without that.",
                        remedy="Build the network with weights of their own for both.",
                    )
                )


def _twins(own: State) -> dict[str, set[str]]:
    """For each name the others of the same tensor, as weights that a network ties."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, tensor in own.items():
        if not _is_lazy(tensor) and tensor.numel() and tensor.data_ptr():
            key = (tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
            groups.setdefault(key, []).append(name)
    return {
        name: set(group) - {name} for group in groups.values() if len(group) > 1 for name in group
    }


def _constants(module: torch.nn.Module, own: Iterable[str]) -> set[str]:
    """Buffers of whole numbers, as position ids and masks: the constructor makes them, not training."""
    return {
        name
        for name, buffer in module.named_buffers(remove_duplicate=False)
        if name in own and not buffer.is_floating_point() and not buffer.is_complex()
    }


def _renamed(
    missing: list[str], unexpected: list[str], own: State, state: State
) -> list[tuple[str, str]]:
    """Pairs of a missing and an unexpected name that could be the same weight: shape and name agree."""
    pairs = []
    left = list(unexpected)
    for name in missing:
        last = name.rpartition(".")[2]
        fitting = [
            each
            for each in left
            if each.rpartition(".")[2] == last and _same_shape(state[each], own[name])
        ]
        if near := difflib.get_close_matches(name, fitting, 1, _ALIKE):
            pairs.append((name, near[0]))
            left.remove(near[0])
    return pairs


def _same_shape(given: torch.Tensor, own: torch.Tensor) -> bool:
    # torch before 0.4 wrote scalars with one axis, and load_state_dict takes them.
    scalar = (1,) if not _is_lazy(own) and own.dim() == 0 else None
    return _is_lazy(own) or given.shape == own.shape or tuple(given.shape) == scalar


def _is_lazy(tensor: torch.Tensor) -> bool:
    return type(tensor).__name__ in ("UninitializedParameter", "UninitializedBuffer")


def _axes(tensor: torch.Tensor) -> str:
    return str(list(tensor.shape))
