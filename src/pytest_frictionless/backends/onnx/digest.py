"""The digest of an ONNX model without what an exporter notes of the machine it ran on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.checkpoint.external import external_files

if TYPE_CHECKING:
    from google.protobuf.message import Message

NOTES = ("metadata_props", "doc_string", "producer_version")
"""Fields that change nothing: torch writes stack traces there, with the paths of this machine, and
whether it is a build for the CPU."""


def model(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """SHA-256 of the model and its external data, the same wherever it was exported."""
    del memory, folder
    content = read_graph(path)
    _strip(content)
    found = hashlib.sha256(content.SerializeToString(deterministic=True))
    if external := external_files(Path(path)):
        found.update(bytes.fromhex(digest(external, memo=None)))
    return {"sha256": found.hexdigest()}


def _strip(message: Message) -> None:
    """Empty the notes of a message and of every message in it."""
    for field, value in message.ListFields():
        if field.name in NOTES:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for each in [value] if hasattr(value, "ListFields") else value:
                _strip(each)
