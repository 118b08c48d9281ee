"""From a checkpoint to a torch module that can be called, by format."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.refusal import packages
from pytest_frictionless.backends.refusal.failure import failure_of
from pytest_frictionless.backends.refusal.newer import newer_than_torch
from pytest_frictionless.backends.torch_state import (
    guessed_inputs,
    not_finite,
    read_weights,
    unsafe_finding,
    without_prefix,
)
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.place import place_of_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from pytest_frictionless.artifacts import InputRecord, SourceRecord, WeightsRecord


@dataclass(slots=True)
class Subject:
    """A model in memory."""

    module: Any
    """Called in eval mode; a ScriptModule for TorchScript."""
    state: dict[str, torch.Tensor]
    program: torch.export.ExportedProgram | None = None
    inputs: list[InputRecord] = field(default_factory=list)
    declared: bool = False
    """Whether the checkpoint itself tells its inputs."""
    ranges: dict[str, list[int | None]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load(memory: dict[str, Any], folder: str, *, source: SourceRecord) -> dict[str, Any]:
    """Tell what is in the checkpoint; the model stays in `memory` for the steps that follow."""
    del folder
    subject = subject_of(memory, source)
    tensors = list(subject.state.values())
    record: WeightsRecord = {
        "format": source["format"],
        "tensors": len(tensors),
        "parameters": sum(tensor.numel() for tensor in tensors),
        "dtypes": dict(Counter(str(tensor.dtype).removeprefix("torch.") for tensor in tensors)),
        "not_finite": not_finite(subject.state),
        "missing": subject.missing,
        "unexpected": subject.unexpected,
        "notes": subject.notes,
        "inputs": subject.inputs,
        "ranges": subject.ranges,
        "runnable": subject.module is not None,
        "declared": subject.declared,
        "external": [],
    }
    return {**record}


def subject_of(memory: dict[str, Any], source: SourceRecord) -> Subject:
    """The model, built once for each child process."""
    if "subject" not in memory:
        memory["subject"] = _BUILDERS[source["format"]](source)
    subject: Subject = memory["subject"]
    return subject


def _from_weights(source: SourceRecord) -> Subject:
    weights = read_weights(source)
    if weights.module is not None:
        return Subject(weights.module.eval(), weights.module.state_dict(), notes=weights.notes)
    if source["factory"] is None:
        return Subject(
            None, weights.state, inputs=guessed_inputs(weights.state), notes=weights.notes
        )
    module = module_from_factory(source)
    notes = weights.notes
    if module.training:
        notes.append("the factory gave the module in training mode: eval() was called")
    state = without_prefix(weights.state, set(module.state_dict()), notes)
    missing, unexpected = _load_state(module, state)
    return Subject(
        module.eval(), state, inputs=guessed_inputs(weights.state),
        missing=missing, unexpected=unexpected, notes=notes,
    )  # fmt: skip


def _load_state(
    module: torch.nn.Module, state: dict[str, torch.Tensor]
) -> tuple[list[str], list[str]]:
    try:
        result = module.load_state_dict(state, strict=False)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        raise StepFailed(
            Finding(
                code="FR107",
                message=f"{len(lines)} weights have another shape than the network: {lines[0]}",
                cause="\n".join(lines[:10]),
            )
        ) from error
    return list(result.missing_keys), list(result.unexpected_keys)


def module_from_factory(source: SourceRecord) -> torch.nn.Module:
    """Call the user's factory; every way in which it can fail is a finding FR106."""
    torch = require("torch", purpose="building the model")
    path = source["factory"] or ""
    module_name, _, attribute = path.partition(":")
    try:
        factory: Any = importlib.import_module(module_name)
        for name in attribute.split("."):
            factory = getattr(factory, name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not missing or (module_name != missing and not module_name.startswith(f"{missing}.")):
            text = f"factory {path}: importing {module_name} raises {_one_line(error)}"
            raise _factory_failed(text, error, "", source) from error
        raise _factory_failed(
            f"factory {path}: no module named {missing!r}",
            None,
            "Paths are looked up from the folder of frictionless.yaml.",
            source,
        ) from error
    except AttributeError as error:
        near = ", ".join(
            name for name in vars(sys.modules[module_name]) if not name.startswith("_")
        )
        raise _factory_failed(
            f"factory {path}: {module_name} has no {attribute!r}", error, f"It has: {near}", source
        ) from error
    except Exception as error:
        text = f"factory {path}: importing {module_name} raises {_one_line(error)}"
        raise _factory_failed(text, error, "", source) from error
    required = _required_parameters(factory)
    if required:
        raise _factory_failed(
            f"factory {path} needs the argument{'s' * (len(required) > 1)} {', '.join(required)}",
            None,
            "A factory is called without arguments: give it defaults, or wrap it in a function.",
            source,
        )
    try:
        module = factory()
    except Exception as error:
        text = f"factory {path} raises {_one_line(error)}"
        raise _factory_failed(text, error, "", source) from error
    if not isinstance(module, torch.nn.Module):
        text = f"factory {path} gave a {type(module).__name__}, and a torch.nn.Module is needed"
        raise _factory_failed(text, None, "", source)
    return module


def _required_parameters(factory: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]


def _factory_failed(
    message: str, error: BaseException | None, remedy: str, source: SourceRecord
) -> StepFailed:
    if error is not None:
        failure = failure_of(error)
        for recognised in (packages.missing, packages.mismatched):
            if (found := recognised(failure)) is not None:
                return StepFailed(
                    replace(found, message=f"factory {source['factory']}: {found.message}")
                )
    place = place_of_error(error) if error else None
    return StepFailed(Finding(code="FR106", message=message, place=place, remedy=remedy))


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _from_torchscript(source: SourceRecord) -> Subject:
    torch = require("torch", purpose="reading TorchScript")
    try:
        module = torch.jit.load(source["path"], map_location="cpu")
    except RuntimeError as error:
        if (newer := newer_than_torch(source["path"], error)) is not None:
            raise StepFailed(newer) from error
        message = f"torch.jit.load cannot read it: {_one_line(error)}"
        raise StepFailed(Finding(code="FR101", message=message)) from error
    notes = ["saved in training mode: eval() was called"] if module.training else []
    state = module.state_dict()
    return Subject(module.eval(), state, inputs=guessed_inputs(state), notes=notes)


def _from_exported_program(source: SourceRecord) -> Subject:
    from pytest_frictionless.backends.torch_program import declared_inputs

    torch = require("torch", purpose="reading a torch.export archive")
    if not source["trusted"] and (unsafe := unsafe_finding(source["path"])) is not None:
        raise StepFailed(unsafe)  # torch.export.load falls back to a plain unpickler
    try:
        program = torch.export.load(source["path"])
    except Exception as error:
        if (newer := newer_than_torch(source["path"], error)) is not None:
            raise StepFailed(newer) from error
        message = f"torch.export.load cannot read it: {_one_line(error)}"
        raise StepFailed(Finding(code="FR101", message=message)) from error
    inputs, ranges = declared_inputs(program)
    return Subject(
        program.module(), dict(program.state_dict),
        program=program, inputs=inputs, ranges=ranges, declared=True,
    )  # fmt: skip


def _from_huggingface(source: SourceRecord) -> Subject:
    from pytest_frictionless.backends.huggingface import build

    module, inputs, ranges, keys = build(Path(source["path"]).parent, trusted=source["trusted"])
    return Subject(
        module, module.state_dict(), inputs=inputs, ranges=ranges, declared=bool(inputs),
        missing=keys["missing_keys"], unexpected=keys["unexpected_keys"],
    )  # fmt: skip


_BUILDERS: Mapping[str, Callable[[SourceRecord], Subject]] = {
    "pickle": _from_weights,
    "safetensors": _from_weights,
    "torchscript": _from_torchscript,
    "pt2": _from_exported_program,
    "huggingface": _from_huggingface,
}
