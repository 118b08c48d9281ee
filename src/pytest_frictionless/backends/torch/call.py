"""Calling a torch model with named arrays, and flattening what it returns."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import EXTENDED
from pytest_frictionless.backends.torch.refusal.eager import finding_in_eager
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.backends.torch.load import Subject

    Array = np.ndarray[Any, Any]


def tensor_from_array(array: Array) -> torch.Tensor:
    """A tensor of the same values; ml_dtypes' types cross over by their bits."""
    torch = require("torch", purpose="running the model")
    if array.dtype.name in EXTENDED.values():
        bits = torch.from_numpy(array.view(f"int{array.dtype.itemsize * 8}").copy())
        return bits.view(getattr(torch, array.dtype.name))
    return torch.from_numpy(array.copy())


def bind(subject: Subject, inputs: Sequence[InputRecord]) -> list[str]:
    """Name of the forward() parameter that each input goes to, "" for a positional one.

    Inputs carry the names of the parameters, or none of them: then they are taken in order. Raises
    StepFailed FR204 otherwise.
    """
    names = [each["name"] for each in inputs]
    if subject.program is not None:
        return [""] * len(names)
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    try:
        parameters = list(inspect.signature(subject.module.forward).parameters.values())
    except (TypeError, ValueError):
        return [""] * len(names)
    named = [each for each in parameters if each.kind not in variadic]
    required = [each.name for each in named if each.default is each.empty]
    accepted = [each.name for each in named]
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters):
        return [""] * len(names)
    if set(names) <= set(accepted):
        bound = names
    elif not set(names) & set(accepted) and len(required) <= len(names) <= len(accepted):
        bound = accepted[: len(names)]
    else:
        bound = []
    if not bound or set(required) - set(bound):
        raise StepFailed(
            Finding(
                code="FR204",
                message=f"forward() takes {', '.join(accepted) or 'nothing'}, and the inputs are "
                f"{', '.join(names) or 'none'}",
                evidence=(("required", ", ".join(required)), ("declared", ", ".join(names))),
            )
        )
    return bound


def arguments(
    subject: Subject, inputs: Sequence[InputRecord], feeds: Mapping[str, Array]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments for the model."""
    tensors = [tensor_from_array(feeds[each["name"]]) for each in inputs]
    if subject.program is not None:
        return _program_arguments(subject.program, tensors)
    bound = bind(subject, inputs)
    if "" in bound:
        return tuple(tensors), {}
    return (), dict(zip(bound, tensors, strict=True))


def _program_arguments(program: Any, tensors: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Put tensors into the structure the program was exported with."""
    torch = require("torch", purpose="running the model")
    pytree = torch.utils._pytree
    leaves, structure = pytree.tree_flatten(program.example_inputs)
    rest = iter(tensors)
    filled = [next(rest, leaf) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
    args, kwargs = pytree.tree_unflatten(filled, structure)
    return tuple(args), kwargs


def call(
    subject: Subject, inputs: Sequence[InputRecord], feeds: Mapping[str, Array]
) -> list[torch.Tensor]:
    """Run the model eagerly; its tensors in the order the exporter gives them.

    Raises StepFailed FR206 with the user's line where forward() raises.
    """
    torch = require("torch", purpose="running the model")
    args, kwargs = arguments(subject, inputs, feeds)
    try:
        with torch.no_grad():
            result = subject.module(*args, **kwargs)
    except MemoryError:
        raise
    except Exception as error:
        if "can't allocate memory" in str(error):
            raise
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in feeds.items())
        raise StepFailed(finding_in_eager(error, shapes, module=subject.module)) from error
    leaves = torch.utils._pytree.tree_leaves(result)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
