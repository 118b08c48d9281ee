"""From a checkpoint to a torch module that can be called, by format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.factory import module_from_factory, one_line
from pytest_frictionless.backends.torch.guess import guessed_inputs
from pytest_frictionless.backends.torch.key_names import layers_of
from pytest_frictionless.backends.torch.keys import fit
from pytest_frictionless.backends.torch.refusal.newer import newer_than_torch
from pytest_frictionless.backends.torch.script import devices_in, read_script
from pytest_frictionless.backends.torch.state import not_finite, read_weights
from pytest_frictionless.backends.torch.unpickle import unsafe_finding
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord, WeightsRecord


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
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """A missing name, and the name in the file of what could be that weight."""
    unread: list[str] = field(default_factory=list)
    """Classes of objects beside the weights that were not made."""
    bound: list[dict[str, Any]] = field(default_factory=list)
    """Lines of TorchScript that name a GPU."""
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
        "not_finite": not_finite(subject.state, _buffers(subject.module), subject.notes),
        "missing": subject.missing,
        "unexpected": subject.unexpected,
        "renamed": [[*pair] for pair in subject.renamed],
        "unread": subject.unread,
        "bound": subject.bound,
        "layers": layers_of(subject.state) if subject.module is None else [],
        "notes": subject.notes,
        "inputs": subject.inputs,
        "ranges": subject.ranges,
        "runnable": subject.module is not None,
        "declared": subject.declared,
        "external": [],
    }
    return {**record}


def _buffers(module: Any) -> set[str]:
    return {name for name, _ in module.named_buffers()} if module is not None else set()


def subject_of(memory: dict[str, Any], source: SourceRecord) -> Subject:
    """The model, built once for each child process."""
    if "subject" not in memory:
        memory["subject"] = _BUILDERS[source["format"]](source)
    subject: Subject = memory["subject"]
    return subject


def _from_weights(source: SourceRecord) -> Subject:
    weights = read_weights(source)
    if weights.module is not None:
        state = weights.module.state_dict()
        return Subject(
            weights.module.eval(), state, inputs=guessed_inputs(state, weights.module),
            notes=weights.notes,
        )  # fmt: skip
    if source["factory"] is None:
        return Subject(
            None, weights.state, inputs=guessed_inputs(weights.state), notes=weights.notes,
            unread=weights.unread,
        )  # fmt: skip
    module = module_from_factory(source)
    notes = weights.notes
    if module.training:
        notes.append("the factory gave the module in training mode: eval() was called")
    fitted = fit(module, weights.state)
    return Subject(
        module.eval(), fitted.state, inputs=guessed_inputs(fitted.state, module),
        missing=fitted.missing, unexpected=fitted.unexpected, renamed=fitted.renamed,
        notes=[*notes, *fitted.notes], unread=weights.unread,
    )  # fmt: skip


def _from_torchscript(source: SourceRecord) -> Subject:
    module = read_script(source["path"])
    notes = ["saved in training mode: eval() was called"] if module.training else []
    state = module.state_dict()
    return Subject(
        module.eval(), state, inputs=guessed_inputs(state, module), notes=notes,
        bound=devices_in(source["path"]),
    )  # fmt: skip


def _from_exported_program(source: SourceRecord) -> Subject:
    from pytest_frictionless.backends.torch.program import declared_inputs

    torch = require("torch", purpose="reading a torch.export archive")
    if not source["trusted"] and (unsafe := unsafe_finding(source["path"])) is not None:
        raise StepFailed(unsafe)  # torch.export.load falls back to a plain unpickler
    try:
        program = torch.export.load(source["path"])
    except Exception as error:
        if (newer := newer_than_torch(source["path"], error)) is not None:
            raise StepFailed(newer) from error
        message = f"torch.export.load cannot read it: {one_line(error)}"
        raise StepFailed(Finding(code="FR101", message=message)) from error
    inputs, ranges = declared_inputs(program)
    return Subject(
        program.module(), dict(program.state_dict),
        program=program, inputs=inputs, ranges=ranges, declared=True,
    )  # fmt: skip


def _from_huggingface(source: SourceRecord) -> Subject:
    from pytest_frictionless.backends.torch.huggingface import build

    return build(Path(source["path"]).parent, trusted=source["trusted"])


_BUILDERS: Mapping[str, Callable[[SourceRecord], Subject]] = {
    "pickle": _from_weights,
    "safetensors": _from_weights,
    "torchscript": _from_torchscript,
    "pt2": _from_exported_program,
    "huggingface": _from_huggingface,
}
