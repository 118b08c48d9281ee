"""The top-level fields of an ONNX file, walked without parsing the graph.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, message ModelProto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_frictionless.checkpoint.source import Source

_VARINT, _LENGTH = 0, 2
_WIRE = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_NAMES = {2: "producer name", 3: "producer version", 7: "graph", 8: "opset import", 14: "metadata"}
_GRAPH, _OPSET = 7, 8
_NEWEST_IR = 64
_FIRST_IR_WITH_OPSETS = 3
_MOST_FIELDS = 4096
_FIXED = {1: 8, 5: 4}


@dataclass(frozen=True, slots=True)
class _Walk:
    seen: tuple[int, ...]
    ir_version: int
    missing: int = 0
    """Bytes by which the last field runs past the end."""
    damaged_at: int = -1


def fault(source: Source) -> str | None:
    """Say what is wrong with an ONNX file; empty if nothing, None where it is none at all."""
    walk = _walk(source)
    fields = set(walk.seen)
    complete = walk.missing == 0 and walk.damaged_at < 0
    if _GRAPH not in fields and not (walk.seen[:1] == (1,) and len(walk.seen) > 1):
        return None
    if not 0 <= walk.ir_version <= _NEWEST_IR or fields & _WIRE.keys() != fields - _alien(walk):
        return None
    if walk.missing:
        last = _NAMES.get(walk.seen[-1], f"field {walk.seen[-1]}")
        # Text can look like one long field: only what begins as ONNX is called truncated ONNX.
        return (
            None
            if walk.seen[0] != 1
            else (
                f"is a truncated ONNX file: its {last} ends {walk.missing:,} bytes beyond the end "
                f"of the file, which has {source.size:,} bytes"
            )
        )
    if not complete:
        if _GRAPH not in fields or walk.seen[0] != 1:
            return None
        return f"is a damaged ONNX file: no field of a model begins at byte {walk.damaged_at:,}"
    if _GRAPH not in fields:
        return "is an ONNX file without a graph"
    if _OPSET not in fields and walk.ir_version >= _FIRST_IR_WITH_OPSETS:
        return "is a truncated ONNX file: it ends after its graph, before its opset imports"
    return ""


def _alien(walk: _Walk) -> set[int]:
    """Unknown fields, allowed where a newer ONNX wrote them: behind the fields of today."""
    return {field for field in walk.seen if field not in _WIRE and field > 26}


def _walk(source: Source) -> _Walk:
    seen: list[int] = []
    ir_version = 0
    place = 0
    while place < source.size and len(seen) < _MOST_FIELDS:
        chunk = source.read_at(place, 20)
        tag, at = _varint(chunk, 0)
        field, wire = tag >> 3, tag & 7
        if at < 0 or field == 0 or _WIRE.get(field, wire) != wire:
            return _Walk(tuple(seen), ir_version, damaged_at=place)
        if wire in _FIXED:
            at += _FIXED[wire]
        elif wire in (_VARINT, _LENGTH):
            value, at = _varint(chunk, at)
            if at < 0 and place + len(chunk) < source.size:
                return _Walk(tuple(seen), ir_version, damaged_at=place)
            at = len(chunk) + 1 if at < 0 else at + (value if wire == _LENGTH else 0)
            ir_version = value if field == 1 else ir_version
        else:
            return _Walk(tuple(seen), ir_version, damaged_at=place)
        seen.append(field)
        place += at
    return _Walk(tuple(seen), ir_version, missing=max(place - source.size, 0))


def _varint(chunk: bytes, at: int) -> tuple[int, int]:
    """Value and next position; the position is -1 where the bytes end inside of it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(chunk):
            break
        byte = chunk[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
    return 0, -1
