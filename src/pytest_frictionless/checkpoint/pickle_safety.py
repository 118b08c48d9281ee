"""What a pickle would import, named without unpickling it.

picklescan reads each pickle; here it is decided which bytes are pickles, and which imports torch's
own weights_only loader allows.
"""

from __future__ import annotations

import io
import logging
import pickletools
import re
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import Format, spelled
from pytest_frictionless.checkpoint.inspection import recognise
from pytest_frictionless.checkpoint.source import access_problem, opened
from pytest_frictionless.checkpoint.torch_allowed import is_allowed, python_3
from pytest_frictionless.checkpoint.torch_archive import has_legacy_magic
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PICKLES_OF_LEGACY = ("magic number", "protocol version", "system", "object", "storage keys")
_RAW_STORAGE = re.compile(r"(^|/)(data|constants|weights)/(\d+|(weight|tensor)_\d+)$")
_WITH_PICKLES = (Format.PICKLE, Format.TORCHSCRIPT, Format.EXPORTED_PROGRAM)
_PICKLE_MAGIC = tuple(bytes((0x80, protocol)) for protocol in range(6))
_DEEPEST_NESTING = 3
_LARGEST_NESTED = 256 << 20
_LARGEST_MEMBER = 1 << 30
_UNREADABLE = (
    ValueError, IndexError, OverflowError, TypeError, EOFError, MemoryError, struct.error, zlib.error
)  # fmt: skip
"""What readers of pickles raise on damaged ones."""


def unsafe_globals(path: Path) -> list[str]:
    """Name what loading this file would import and torch's weights_only loader refuses.

    Nothing is unpickled. Every pickle of the file counts, nested archives too. Run it in a child
    process: it asks torch for its list where torch can be imported.

    Returns:
        Sorted names as `posix.system`; empty for a file of tensors only.

    Raises:
        StepFailed: FR101 for a pickle that is cut off or damaged, FR103 for a file not readable.
    """
    try:
        with opened(path) as source:
            recognised = recognise(source)
            legacy = has_legacy_magic(source)
        if recognised.fault:
            message = f"{spelled(path)} {recognised.fault}"
            raise StepFailed(Finding(code="FR101", message=message))
        if recognised.format not in _WITH_PICKLES:
            return []
        with _silenced(), open(path, "rb") as file:
            found = _globals_of(file, path)
            unsafe = sorted({name for name in map(python_3, found) if not is_allowed(name)})
            if legacy and not unsafe:
                _check_complete(file, path)
    except OSError as error:
        raise StepFailed(access_problem(path, error)) from error
    return unsafe


def is_pickled_module(names: Iterable[str]) -> bool:
    """Hint, by what a file imports, that it holds a whole nn.Module and not tensors alone."""
    return any(name.startswith("torch.nn.modules.") for name in names)


def attacks_among(names: Iterable[str]) -> list[str]:
    """Those of these imports that picklescan knows to run commands, files or code."""
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes

    pickled = [name.rpartition(".")[::2] for name in names]
    lines = "".join(f"c{module}\n{name}\n0" for module, name in pickled)
    with _silenced():
        result = scan_pickle_bytes(io.BytesIO(f"{lines}N.".encode()), "names")
    return sorted(
        f"{each.module}.{each.name}"
        for each in result.globals
        if each.safety is SafetyLevel.Dangerous
    )


def _globals_of(file: IO[bytes], path: Path, depth: int = 0) -> set[str]:
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04":
        return _globals_of_zip(file, path, depth)
    if start[:2] not in _PICKLE_MAGIC and tarfile.is_tarfile(file):
        file.seek(0)
        return _globals_of_tar(file)
    file.seek(0)
    return _globals_of_torch(file, path)


def _globals_of_zip(file: IO[bytes], path: Path, depth: int) -> set[str]:
    from picklescan.relaxed_zipfile import RelaxedZipFile

    found: set[str] = set()
    try:
        with RelaxedZipFile(file, "r") as archive:
            entries = archive.infolist()
            script = any(entry.filename.endswith("/constants.pkl") for entry in entries)
            for entry in entries:
                if _RAW_STORAGE.search(entry.filename):
                    continue
                with archive.open(entry) as member:
                    start = member.read(4)
                if entry.filename.endswith(".pkl") or start[:2] in _PICKLE_MAGIC:
                    found |= _scanned(_member(archive, entry, _LARGEST_MEMBER, path), path)
                elif start == b"PK\x03\x04" and depth < _DEEPEST_NESTING:
                    nested = _member(archive, entry, _LARGEST_NESTED, path)
                    found |= _globals_of(nested, path, depth + 1)
    except (zipfile.BadZipFile, RuntimeError, OSError, *_UNREADABLE) as error:
        raise _unscannable(path, str(error)) from error
    # libtorch reads the pickles of TorchScript itself: these are names of types, not imports.
    return {name for name in found if not (script and _is_torchscript_type(name))}


def _globals_of_tar(file: IO[bytes]) -> set[str]:
    """Names in the pickles of torch before 0.1.10, which keeps them in a tar archive."""
    found: set[str] = set()
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for entry in archive:
            member = archive.extractfile(entry) if entry.isfile() else None
            while member is not None and (names := _globals_of_one(member)) is not None:
                found |= names
    return found


def _globals_of_one(stream: IO[bytes]) -> set[str] | None:
    """Names in the next pickle of a stream; None where there is none any more."""
    found: set[str] = set()
    texts: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name in ("GLOBAL", "INST"):
                found.add(str(argument).replace(" ", ".", 1))
            elif opcode.name == "STACK_GLOBAL":
                found.add(".".join(texts[-2:]))
            elif isinstance(argument, str):
                texts.append(argument)
    except _UNREADABLE:
        return found or None
    return found


def _globals_of_torch(file: IO[bytes], path: Path) -> set[str]:
    """Names in a file of torch before 1.6, or in a bare pickle."""
    from picklescan.scanner import scan_bytes

    try:
        return _names(scan_bytes(file, path.name, ".pt"), path)
    except _UNREADABLE as error:
        raise _unscannable(path, str(error)) from error


def _scanned(stream: IO[bytes], path: Path) -> set[str]:
    from picklescan.scanner import scan_pickle_bytes

    try:
        return _names(scan_pickle_bytes(stream, path.name), path)
    except _UNREADABLE as error:
        raise _unscannable(path, str(error)) from error


def _names(result: object, path: Path) -> set[str]:
    names = {f"{each.module}.{each.name}" for each in getattr(result, "globals", ())}
    if getattr(result, "scan_err", False) and all(map(is_allowed, map(python_3, names))):
        raise _unscannable(path, "it ends early, or holds bytes that are no pickle")
    return names


def _member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int, path: Path
) -> io.BytesIO:
    if entry.file_size > largest:
        raise _unscannable(path, f"{entry.filename} has {entry.file_size:,} bytes")
    with archive.open(entry) as member:
        return io.BytesIO(member.read(largest))


def _check_complete(file: IO[bytes], path: Path) -> None:
    """Raise StepFailed where a file of torch before 1.6 ends inside one of its pickles."""
    file.seek(0)
    for part in _PICKLES_OF_LEGACY:
        try:
            for _ in pickletools.genops(file):
                pass
        except _UNREADABLE as error:
            raise _unscannable(path, f"the {part} ends early, at byte {file.tell():,}") from error


def _unscannable(path: Path, reason: str) -> StepFailed:
    return StepFailed(
        Finding(code="FR101", message=f"{spelled(path)} holds a damaged pickle", cause=reason)
    )


def _is_torchscript_type(name: str) -> bool:
    return name.startswith(("__torch__.", "torch.jit._pickle."))


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep picklescan from logging what is reported here as a finding."""
    log = logging.getLogger("picklescan")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
