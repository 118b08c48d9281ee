"""Reading files of torch.save without running code from them, and telling what was in the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.refusal.newer import newer_than_torch
from pytest_frictionless.checkpoint.pickle_safety import (
    attacks_among,
    is_pickled_module,
    unsafe_globals,
)
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.artifacts.checkpoint import SourceRecord

_SHOWN = 8


class Placeholder:
    """Stands for an object whose class is not imported; takes everything and does nothing."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Whatever its class would be made of."""
        return super().__new__(cls)

    def __init__(self, *_args: Any, **_kwargs: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...


def unpickle(source: SourceRecord, notes: list[str]) -> tuple[Any, list[str]]:
    """The content of the file on the CPU, and the classes that placeholders stand for in it.

    Raises:
        StepFailed: FR101 for a damaged file, FR104 for one that would run code.
    """
    torch = require("torch", purpose="reading this checkpoint")
    path = source["path"]
    devices: dict[str, None] = {}

    def on_the_cpu(storage: Any, device: str) -> Any:
        devices[device] = None
        return storage

    def read(*, trusted: bool) -> Any:
        return torch.load(path, map_location=on_the_cpu, weights_only=not trusted)

    unread: list[str] = []
    try:
        content = read(trusted=source["trusted"])
    except MemoryError:
        raise
    except Exception as error:
        finding, unread = _refusal(path, error)
        if not unread:
            raise StepFailed(finding) from error
        try:
            with torch.serialization.safe_globals(_placeholders(unread)):
                content = read(trusted=False)
        except Exception:
            raise StepFailed(finding) from error
    if elsewhere := [device for device in devices if device != "cpu"]:
        notes.append(f"saved on {', '.join(elsewhere)}: loaded on the CPU")
    return content, unread


def _placeholders(names: Iterable[str]) -> list[tuple[type[Placeholder], str]]:
    """A class of its own for each name, as torch's loader looks them up."""
    return [(type("Placeholder", (Placeholder,), {}), name) for name in names]


def _refusal(path: str, error: Exception) -> tuple[Finding, list[str]]:
    """Why torch.load refused, and what may be replaced by placeholders; empty if nothing may be."""
    if (newer := newer_than_torch(path, error)) is not None:
        return newer, []
    try:
        unsafe = unsafe_globals(Path(path))
    except StepFailed as broken:  # the scanner says best where a file is cut or damaged
        return broken.finding, []
    if not unsafe:
        first = str(error).strip().splitlines() or [type(error).__name__]
        return Finding(code="FR101", message=f"torch.load cannot read it: {first[0]}"), []
    return _unsafe(path, unsafe), [] if attacks_among(unsafe) else unsafe


def unsafe_finding(path: str) -> Finding | None:
    """The finding of a file that would run code when it is unpickled; None for a safe one.

    Raises StepFailed where the file cannot be scanned.
    """
    unsafe = unsafe_globals(Path(path))
    return _unsafe(path, unsafe) if unsafe else None


def _unsafe(path: str, unsafe: list[str]) -> Finding:
    attacks = attacks_among(unsafe)
    first = sorted(unsafe, key=lambda name: (name not in attacks, name.startswith("torch.")))
    names = ", ".join(first[:_SHOWN]) + (", ..." if len(unsafe) > _SHOWN else "")
    cause = "torch.load(weights_only=True) allows tensors and plain containers only"
    remedy = "Save weights only: torch.save(model.state_dict(), path), or use safetensors."
    if attacks:
        cause = f"{', '.join(attacks)} runs whatever the file says; no checkpoint needs it."
        remedy = "Do not load this file; get it again from where you trust it."
    elif is_pickled_module(unsafe):
        cause = (
            "It holds a whole module and not its weights alone: to load it runs the pickle's code."
        )
        remedy = (
            "Write its weights instead, once, where you trust the file:\n"
            f'  python -c "import torch; p = {path!r}; '
            'torch.save(torch.load(p, weights_only=False).state_dict(), p)"'
        )
    return Finding(
        code="FR104",
        message=f"loading it would import {names}: refused, nothing was run",
        cause=cause,
        remedy=f"{remedy}\nIf you made the file yourself, you can also write in frictionless.yaml:\n"
        "  trusted: {reason: why this file may run code}",
    )
