"""The header of a safetensors file, checked against the bytes that are there.

Layout: u64 length N, N bytes of JSON, then the tensors without gaps. The rules are those of the
library's own reader, https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_frictionless.checkpoint.source import Source

_LONGEST_HEADER = 100_000_000  # the library's own limit
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def looks_like(source: Source) -> bool:
    """True where the first nine bytes are those of a safetensors file, whole or cut off."""
    return source.head[8:9] == b"{" and _length(source) < 1 << 40


def fault(source: Source) -> str:
    """Say what is wrong with the header, as words that follow the file's name; empty if nothing."""
    length = _length(source)
    if length > _LONGEST_HEADER:
        return f"has a safetensors header of {length:,} bytes; the library reads 100,000,000"
    if 8 + length > source.size:
        return (
            f"is a truncated safetensors file: its header alone takes {8 + length:,} bytes, "
            f"the file has {source.size:,} ({8 + length - source.size:,} are missing)"
        )
    try:
        header = json.loads(source.read_at(8, length))
    except (ValueError, RecursionError) as error:
        return f"has a safetensors header that is no JSON ({error})"
    if not isinstance(header, dict):
        return "has a safetensors header that is no JSON object"
    header.pop("__metadata__", None)
    return _layout_fault(header, source.size, 8 + length)


def _length(source: Source) -> int:
    return int.from_bytes(source.head[:8], "little")


def _layout_fault(header: dict[str, Any], size: int, start: int) -> str:
    spans: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        try:
            begin, end = entry["data_offsets"]
            elements = math.prod(entry["shape"])
            bits = _BITS.get(entry["dtype"])
            whole = all(isinstance(n, int) and n >= 0 for n in (begin, end, *entry["shape"]))
        except (KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            return f"has a safetensors header whose entry {name!r} is malformed"
        if end < begin or (bits is not None and elements * bits != 8 * (end - begin)):
            return (
                f"has a safetensors header that lies: {name!r} is {entry['dtype']}{entry['shape']} "
                f"and has {end - begin:,} bytes, from {begin:,} to {end:,}"
            )
        spans.append((begin, end, name))
    spans.sort()
    expected = start + max((end for _, end, _ in spans), default=0)
    if expected > size:
        reach = sum(start + end > size for _, end, _ in spans)
        return (
            f"is truncated, or its safetensors header lies: the tensors end at byte {expected:,}, "
            f"the file has {size:,} ({expected - size:,} are missing, in {reach} of {len(spans)} "
            "tensors)"
        )
    place = 0
    for begin, end, name in spans:
        if begin != place:
            how = "overlaps the tensor before it" if begin < place else "leaves a gap before it"
            return f"has a safetensors header that lies: {name!r} {how} (at byte {start + begin:,})"
        place = end
    if expected < size:
        return f"has {size - expected:,} bytes behind the last tensor of its safetensors header"
    return ""
