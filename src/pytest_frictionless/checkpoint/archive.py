"""The central directory of a zip archive, read without touching its members.

The zipfile module is several times slower and does not tell a truncated archive from a foreign
file. Layout: APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16, https://pkware.cachefly.net/webdocs/
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pytest_frictionless.checkpoint.source import HEAD_BYTES, Source

_LOCAL = b"PK\x03\x04"
_ENTRY = struct.Struct("<4s4xHH8xLLHHH4x4xL")
_END = struct.Struct("<4s4xHHLL")
_END64 = struct.Struct("<4s28xQQQ")
_LOCATOR = struct.Struct("<4s4xQ")
_LONGEST_END = 22 + 0xFFFF
_LARGEST_DIRECTORY = 64 << 20
_STORED = 0


class DamagedArchive(ValueError):
    """The archive cannot be read; the text says what is missing, and follows "the file "."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive."""

    offset: int
    """Where its local header begins."""
    size: int
    """Bytes it takes in the archive."""
    stored: bool
    """True where it is not compressed."""


def members(source: Source) -> dict[str, Member]:
    """List an archive by its central directory; raises DamagedArchive."""
    start, size = _directory(source)
    if size > _LARGEST_DIRECTORY:
        raise DamagedArchive(f"is a zip archive with a directory of {size:,} bytes")
    raw = source.read_at(start, size)
    if len(raw) < size:
        raise DamagedArchive("is a damaged zip archive: its directory lies beyond its end")
    found: dict[str, Member] = {}
    place = 0
    while place + _ENTRY.size <= size:
        magic, flags, method, packed, unpacked, n, extra, comment, offset = _ENTRY.unpack_from(
            raw, place
        )
        if magic != b"PK\x01\x02":
            raise DamagedArchive(f"is a damaged zip archive: bad directory at byte {start + place}")
        place += _ENTRY.size
        name = raw[place : place + n].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        if 0xFFFFFFFF in (packed, unpacked, offset):
            packed, offset = _wide(raw[place + n : place + n + extra], packed, unpacked, offset)
        place += n + extra + comment
        if offset + packed > start:
            raise DamagedArchive(
                f"is a damaged zip archive: {name} needs {offset + packed - start:,} bytes more "
                "than there are"
            )
        found[name] = Member(offset, packed, method == _STORED)
    return found


def edges(source: Source, member: Member, tail: int) -> tuple[bytes, bytes]:
    """First 1 KiB and last `tail` bytes of a stored member; empty where it is compressed."""
    header = source.read_at(member.offset, 30)
    if not member.stored or len(header) < 30 or not header.startswith(_LOCAL):
        return b"", b""
    start = member.offset + 30 + sum(struct.unpack_from("<HH", header, 26))
    first = source.read_at(start, min(1024, member.size))
    if member.size <= len(first) or not tail:
        return first, first
    count = min(tail, member.size)
    return first, source.read_at(start + member.size - count, count)


def _directory(source: Source) -> tuple[int, int]:
    """Offset and size of the central directory."""
    for reach in (HEAD_BYTES, _LONGEST_END):
        base = max(source.size - reach, 0)
        tail = source.read_at(base, reach)
        place = tail.rfind(b"PK\x05\x06")
        if place >= 0 and len(tail) - place >= 22:
            break
        if base == 0:
            place = -1
            break
    if place < 0 or len(tail) - place < 22:
        raise DamagedArchive(
            f"is a truncated zip archive: {source.size:,} bytes without its central directory"
        )
    _, _, count, size, start = _END.unpack_from(tail, place)
    if count == 0xFFFF or 0xFFFFFFFF in (size, start):
        locator = source.read_at(base + place - _LOCATOR.size - 4, _LOCATOR.size)
        if len(locator) == _LOCATOR.size and locator.startswith(b"PK\x06\x07"):
            wide = source.read_at(_LOCATOR.unpack(locator)[1], _END64.size)
            if len(wide) == _END64.size and wide.startswith(b"PK\x06\x06"):
                _, _, size, start = _END64.unpack(wide)
    return start, size


def _wide(extra: bytes, packed: int, unpacked: int, offset: int) -> tuple[int, int]:
    """Sizes beyond 4 GiB, from the zip64 extra field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            values = iter(struct.iter_unpack("<Q", extra[place + 4 : place + 4 + length // 8 * 8]))
            if unpacked == 0xFFFFFFFF:
                next(values, None)
            if packed == 0xFFFFFFFF:
                packed = next(values, (0,))[0]
            if offset == 0xFFFFFFFF:
                offset = next(values, (0,))[0]
            break
        place += 4 + length
    return packed, offset
