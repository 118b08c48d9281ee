"""Files of torch: which of its formats a zip archive or a pickle is, without unpickling."""

from __future__ import annotations

import io
import pickletools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.archive import DamagedArchive, edges, members
from pytest_frictionless.checkpoint.formats import Format

if TYPE_CHECKING:
    from pytest_frictionless.checkpoint.source import Source

# The number 0x1950a86a20f9469cfc6c pickled: torch/serialization.py, MAGIC_NUMBER
_LEGACY_MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_PICKLES_BEFORE_THE_OBJECT = 3  # magic number, protocol version, system
_TAIL = 1 << 20
_TAR_MEMBERS = (b"pickle", b"sys_info", b"tensors", b"storages")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the bytes of a file are."""

    format: Format
    fault: str = ""
    """What is wrong, as words that follow the file's name."""
    companion: bool = False
    """True for what belongs to training and is no model, as an optimizer's state."""


def is_zip(source: Source) -> bool:
    """True for an archive, empty or not."""
    return source.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def recognise_zip(source: Source) -> Recognised:
    """Tell torch's zip formats apart by the names of their members."""
    try:
        found = members(source)
    except DamagedArchive as damage:
        return Recognised(Format.UNREADABLE, str(damage))
    inner = {name.partition("/")[2] or name: member for name, member in found.items()} | found
    if "constants.pkl" in inner and "data.pkl" in inner:
        return Recognised(Format.TORCHSCRIPT)
    program = any(name.startswith("models/") and name.endswith(".json") for name in inner)
    if program or "serialized_exported_program.json" in inner:
        return Recognised(Format.EXPORTED_PROGRAM)
    if "archive_format" in inner:
        return Recognised(Format.UNREADABLE, "holds compiled code only, and no exported program")
    if ".data/extern_modules" in inner:
        return Recognised(Format.UNREADABLE, "is a torch.package, which holds code")
    if "data.pkl" not in inner:
        names = ", ".join(list(found)[:3]) or "nothing"
        return Recognised(Format.UNREADABLE, f"is a zip archive that torch did not write: {names}")
    first, _ = edges(source, inner["data.pkl"], 0)
    # torch.optim.Optimizer.state_dict() gives {"state": ..., "param_groups": ...}, in this order.
    if _first_key(io.BytesIO(first)) == "state":
        _, last = edges(source, inner["data.pkl"], _TAIL)
        return Recognised(Format.PICKLE, companion=b"param_groups" in last)
    return Recognised(Format.PICKLE)


def recognise_pickle(source: Source) -> Recognised | None:
    """Tell the formats before torch 1.6, and bare pickles, which torch refuses."""
    head = source.head
    if head[257:262] == b"ustar" and head[:100].rstrip(b"\0").removeprefix(b"./") in _TAR_MEMBERS:
        return Recognised(Format.PICKLE)
    if head[:1] != b"\x80" or head[1:2] not in b"\x02\x03\x04\x05" or source.size < 4:
        return None
    stream = io.BytesIO(head)
    optimizer = (
        has_legacy_magic(source)
        and _skip(stream, _PICKLES_BEFORE_THE_OBJECT)
        and _first_key(stream) == "state"
        and b"param_groups" in source.read_at(0, _TAIL)
    )
    return Recognised(Format.PICKLE, companion=optimizer)


def has_legacy_magic(source: Source) -> bool:
    """True where the file begins with the number that torch.save wrote before 1.6."""
    return _LEGACY_MAGIC in source.head[:40]


def _skip(stream: io.BytesIO, pickles: int) -> bool:
    try:
        for _ in range(pickles):
            for _ in pickletools.genops(stream):
                pass
    except (ValueError, IndexError, OverflowError):
        return False
    return True


def _first_key(stream: io.BytesIO) -> str | None:
    """First key of a pickled dict; None where the pickle holds something else."""
    in_dict = False
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name in ("PROTO", "FRAME", "MARK", "MEMOIZE") or opcode.name.endswith("PUT"):
                continue
            if in_dict:
                return argument if isinstance(argument, str) else None
            if opcode.name != "EMPTY_DICT":
                return None
            in_dict = True
    except (ValueError, IndexError, OverflowError):
        pass
    return None
