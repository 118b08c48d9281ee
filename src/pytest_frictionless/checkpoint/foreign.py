"""Bytes that are no checkpoint: what they are instead, in words that follow the file's name."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_frictionless.checkpoint.source import Source

_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes it"),
    (b"\x1f\x8b", "is a gzip archive: unpack it first"),
    (b"\xfd7zXZ\0", "is an xz archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is a zstd archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it first"),
    (b"GGUF", "is a GGUF file of llama.cpp"),
    (b"\x93NUMPY", "is a NumPy array"),
    (b"\x7fELF", "is a compiled library"),
    (b"%PDF", "is a PDF document"),
)
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,80}?)\s*</title", re.IGNORECASE)
_CHUNK = 1 << 20
_MOST_ZEROS = 64 << 20


_ADVICE = (
    ("is an HTML page", "It came from a link to a page. Take the link to the file itself: on the Hugging Face "
     "Hub `resolve/` in place of `blob/`, on GitHub the raw file; or log in before."),
    ("unpack it first", "Unpack it, and keep what is inside in its place."),
    ("HDF5", "Save it from Keras as ONNX: model.export(path, format='onnx')."),
    ("TensorFlow Lite", "Convert it: python -m tf2onnx.convert --tflite FILE --output FILE.onnx"),
    ("GGUF", "llama.cpp alone runs it: leave it out with `exclude` in frictionless.yaml."),
    ("truncated", "Download or copy it again, and compare its size with that of the original."),
)  # fmt: skip


def advice(words: str) -> str:
    """What to do with a file that is what these words say; empty where nothing better is known."""
    return next((text for key, text in _ADVICE if key in words), "")


def describe(source: Source) -> str:
    """Say what a file is that is none of the known formats."""
    head = source.head
    known = next((words for magic, words in _MAGIC if head.startswith(magic)), "")
    if known:
        return known
    if head[4:8] == b"TFL3":
        return "is a TensorFlow Lite model"
    if head[257:262] == b"ustar":
        return "is a tar archive: unpack it first"
    return (
        _zeros(source)
        or _text(head)
        or (f"is in no format known here: {source.size:,} bytes beginning {head[:8].hex(' ')}")
    )


def _zeros(source: Source) -> str:
    if not source.head or source.head.strip(b"\0"):
        return ""
    place = 0
    while place < min(source.size, _MOST_ZEROS):
        chunk = source.read_at(place, _CHUNK)
        if chunk.strip(b"\0"):
            zeros = place + len(chunk) - len(chunk.lstrip(b"\0"))
            return f"begins with {zeros:,} zero bytes (of {source.size:,})"
        place += len(chunk) or source.size
    if place < source.size:
        return f"begins with {place:,} zero bytes (of {source.size:,})"
    return f"holds only zero bytes ({source.size:,})"


def _text(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lowered = start[:200].lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<head")) or b"<html" in lowered:
        title = _TITLE.search(head)
        shown = f" (title: {title[1].decode('utf-8', 'replace')!r})" if title else ""
        return f"is an HTML page, not weights{shown}"
    if lowered.startswith(b"<"):
        return f"is an XML document, not weights: {_shown(start)}"
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # may end inside a character
    except UnicodeDecodeError:
        return ""
    if any(ord(c) < 32 and c not in "\t\r\n\f" for c in text):
        return ""
    kind = "JSON" if lowered.startswith((b"{", b"[")) else "text"
    return f"is {kind}, not weights: {_shown(start)}"


def _shown(start: bytes) -> str:
    return repr(start[:60].decode("utf-8", "replace").splitlines()[0]) if start else "only blanks"
