"""Reading TorchScript, and the lines of its code that only a GPU can run."""

from __future__ import annotations

import importlib
import re
import zipfile
from typing import Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.refusal.newer import newer_than_torch
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted

_DEVICE = re.compile(r"torch\.device\(\"(?P<device>cuda[:\d]*)\"\)")
_UNKNOWN = re.compile(r"Unknown builtin op: (?P<library>\w+)::(?P<operator>\w+)")
_LIBRARIES = ("torchvision", "torchaudio")
"""Packages that register operators when they are imported."""
_MOST_LINES = 20


def read_script(path: str) -> Any:
    """The program on the CPU; raises StepFailed FR101 where torch cannot read it."""
    torch = require("torch", purpose="reading TorchScript")
    try:
        try:
            return torch.jit.load(path, map_location="cpu")
        except RuntimeError as error:
            unknown = _UNKNOWN.search(str(error))
            if unknown is None or unknown["library"] not in _LIBRARIES:
                raise
            importlib.import_module(unknown["library"])
            return torch.jit.load(path, map_location="cpu")
    except (RuntimeError, ImportError) as error:
        newer = newer_than_torch(path, error) if isinstance(error, RuntimeError) else None
        raise StepFailed(newer or _refusal(error)) from error


def _refusal(error: Exception) -> Finding:
    cause = error.__context__ if isinstance(error, ImportError) and error.__context__ else error
    if unknown := _UNKNOWN.search(str(cause)):
        library, operator = unknown["library"], unknown["operator"]
        return Finding(
            code="FR101",
            message=f"the program calls {library}::{operator}, an operator nobody has registered",
            cause=str(error).strip().splitlines()[0],
            remedy=f"Install {library} in the version that fits this torch."
            if library in _LIBRARIES
            else f"Write the program without {library}::{operator}, or give the network and its "
            "weights in place of TorchScript.",
        )
    what = f"torch.jit.load cannot read it: {type(error).__name__}"
    message, told = quoted(what, str(error))
    return Finding(code="FR101", message=message, cause=told)


def devices_in(path: str) -> list[dict[str, Any]]:
    """Lines of the program that name a GPU, as tracing on one writes them."""
    found: list[dict[str, Any]] = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "/code/" not in name or not name.endswith(".py"):
                continue
            text = archive.read(name).decode("utf-8", "replace")
            for number, line in enumerate(text.splitlines(), 1):
                if (match := _DEVICE.search(line)) and len(found) < _MOST_LINES:
                    where = "code/" + name.partition("/code/")[2]
                    found.append(
                        {"file": where, "line": number, "text": line, "device": match["device"]}
                    )
    return found
