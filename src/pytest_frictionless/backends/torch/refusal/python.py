"""Refusals of what forward() does outside of torch's operators."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Place
from pytest_frictionless.place import is_model_code
from pytest_frictionless.rewrites import arrays
from pytest_frictionless.rewrites.source import spot_at

if TYPE_CHECKING:
    from pytest_frictionless.backends.torch.refusal.failure import Failure
    from pytest_frictionless.finding import Finding

_OUTPUT = re.compile(r"Found <class '(?P<kind>[^']+)'> in output, which is not a known type")
_TEXT_OUTPUT = re.compile(
    r"'(?P<kind>str|bytes|dict|list|generator)' object has no attribute 'name'"
)
_UNTRACED = re.compile(r"(?m)^.*(\.data\b|autograd\.grad|\.backward\().*$")


def numpy_call(failure: Failure) -> Finding | None:
    """FR212: values leave torch, and the exporter has none to give."""
    if ".numpy() is not supported" not in failure.reason:
        return None
    code = arrays.without_numpy(failure.file, failure.line)
    return failure.finding(
        "FR212", "forward() computes with NumPy: nothing of it would be in the file",
        cause=failure.reason, remedy=f"Stay in torch:\n{code}" if code else "",
    )  # fmt: skip


def raw_memory(failure: Failure) -> Finding | None:
    """FR213 for a C extension, FR220 for a copy that reads a tensor's memory."""
    if "Cannot access data pointer" not in failure.reason:
        return None
    cause = failure.reason.splitlines()[0]
    if code := arrays.cloned(failure.file, failure.line):
        message = "a tensor is copied in a way that the exporter cannot follow"
        return failure.finding("FR220", message, cause=cause, remedy=f"Clone it:\n{code}")
    message = (
        "forward() hands the memory of a tensor to other code: nothing of it would be in the file"
    )
    return failure.finding("FR213", message, cause=cause)


def packed_sequence(failure: Failure) -> Finding | None:
    """FR217: how a batch is packed depends on the lengths."""
    spot = spot_at(failure.file, failure.line)
    if spot is None or not arrays.packs(spot):
        return None
    code = arrays.padded(spot)
    return failure.finding(
        "FR217", "forward() packs sequences by their lengths, which only the data knows",
        cause=failure.reason.splitlines()[0],
        remedy=f"Run on the padded batch, and mask what is beyond each length:\n{code}" if code else "",
    )  # fmt: skip


def unknown_output(failure: Failure) -> Finding | None:
    """FR218: what forward() returns is neither a tensor nor a container of tensors."""
    match = _OUTPUT.search(failure.reason) or _TEXT_OUTPUT.search(failure.reason)
    if match is None or ("name'" in match[0] and not _translating_return(failure)):
        return None
    kind = match["kind"].rpartition(".")[2]
    failure = failure if failure.place else failure.at(_forward_of(failure.module))
    number, text, plain = arrays.returned(failure.file, failure.line)
    if number and failure.place:
        failure = failure.at(replace(failure.place, line=number, text=text))
    return failure.finding(
        "FR218", f"forward() returns an object of {kind}, and a file holds tensors only",
        cause=failure.reason.splitlines()[0],
        remedy=f"Return tensors, or a tuple or a dictionary of them:\n{plain}" if plain else "",
    )  # fmt: skip


def _translating_return(failure: Failure) -> bool:
    return any("translating node return" in text for text in failure.texts)


def scripted_module(failure: Failure) -> Finding | None:
    """FR219: a part of the model is TorchScript, which torch.export cannot open."""
    if type(failure.module).__name__.endswith("ScriptModule"):
        return None  # the checkpoint itself: it is traced
    named = failure.module.named_modules() if hasattr(failure.module, "named_modules") else ()
    scripted = [name for name, layer in named if hasattr(layer, "_c") and hasattr(layer, "graph")]
    if not scripted or not (failure.place is None or "forward()" in failure.reason):
        return None
    failure = failure if failure.place else failure.at(_forward_of(failure.module))
    number, text, plain = arrays.unscripted(failure.file, failure.line, scripted[0])
    if number and failure.place:
        failure = failure.at(replace(failure.place, line=number, text=text, module=scripted[0]))
    return failure.finding(
        "FR219", f"{scripted[0]} is TorchScript, and the exporter follows Python only",
        cause=failure.reason.splitlines()[0],
        remedy=f"Keep the layer as it was before scripting; its weights are the same:\n{plain}"
        if plain else "",
    )  # fmt: skip


def untraced_tensor(failure: Failure) -> Finding | None:
    """FR220: a tensor was made behind the exporter's back."""
    if "fake tensor in the exported program constant" not in failure.reason:
        return None
    forward = _forward_of(failure.module)
    if forward is not None:
        lines = Path(forward.file).read_text(encoding="utf-8", errors="replace").splitlines()
        body = lines[forward.line - 1 :]
        found = next((n for n, line in enumerate(body[:200]) if _UNTRACED.match(line)), None)
        if found is not None:
            number = forward.line + found
            forward = replace(forward, line=number, text=lines[number - 1])
    failure = failure.at(forward)
    message = "a tensor is made or changed behind the exporter's back, as by .data or autograd.grad"
    return failure.finding("FR220", message, cause=failure.reason.splitlines()[0])


def generator(failure: Failure) -> Finding | None:
    """FR221: a random generator is a state that no file holds."""
    if "Generator" not in failure.reason or "CustomObj" not in failure.reason:
        return None
    message = "forward() draws from a torch.Generator: its state cannot be in the file"
    return failure.finding("FR221", message, cause=failure.reason.splitlines()[0])


def _forward_of(module: Any) -> Place | None:
    """Where forward() of the model itself begins."""
    try:
        function = inspect.unwrap(type(module).forward)
        file = inspect.getsourcefile(function) or ""
        lines, start = inspect.getsourcelines(function)
    except (AttributeError, OSError, TypeError):
        return None
    if not is_model_code(file):
        return None
    return Place(file=file, line=start, text=lines[0])
