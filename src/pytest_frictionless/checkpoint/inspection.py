"""One file: its format by its bytes, and what is wrong with it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint import foreign, onnx_header, safetensors_header
from pytest_frictionless.checkpoint.formats import Format, spelled, suffix_decides, suffix_problem
from pytest_frictionless.checkpoint.pointer import pointer_in
from pytest_frictionless.checkpoint.source import Source, access_problem, kind_problem, opened
from pytest_frictionless.checkpoint.torch_archive import (
    Recognised,
    has_legacy_magic,
    is_zip,
    recognise_pickle,
    recognise_zip,
)
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one file is, and what is wrong with it."""

    format: Format
    problem: Finding | None = None


def inspect(path: Path, *, expected: bool = False) -> Inspection | None:
    """Look at one file of a candidate's name; None where its bytes say that it is no model.

    Args:
        path: The file.
        expected: True where something else than its suffix promises weights.
    """
    decisive = expected or suffix_decides(path.name)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return None
        if not stat.S_ISREG(mode):
            problem = kind_problem(path, mode)
            return Inspection(Format.UNREADABLE, problem) if decisive else None
        with opened(path) as source:
            if pointer := pointer_problem(path, source):
                return Inspection(Format.LFS_POINTER, pointer) if decisive else None
            found = recognise(source)
    except FileNotFoundError as error:
        if not os.path.islink(path) or not decisive:
            return None  # taken away while we looked
        return Inspection(Format.UNREADABLE, access_problem(path, error))
    except OSError as error:
        return Inspection(Format.UNREADABLE, access_problem(path, error)) if decisive else None
    if found.companion or not (decisive or _is_candidate(path, source, found)):
        return None
    if found.fault:
        problem = Finding(
            code="FR101",
            message=f"{spelled(path)} {found.fault}",
            remedy=foreign.advice(found.fault),
        )
        return Inspection(Format.UNREADABLE, problem)
    return Inspection(found.format, suffix_problem(path, found.format))


def recognise(source: Source) -> Recognised:
    """Tell the format of an open file."""
    if not source.size:
        return Recognised(Format.UNREADABLE, "is empty (0 bytes)")
    if is_zip(source):
        return recognise_zip(source)
    if found := recognise_pickle(source):
        return found
    if safetensors_header.looks_like(source):
        fault = safetensors_header.fault(source)
        return Recognised(Format.UNREADABLE if fault else Format.SAFETENSORS, fault)
    onnx_fault = onnx_header.fault(source)
    if onnx_fault is not None:
        return Recognised(Format.UNREADABLE if onnx_fault else Format.ONNX, onnx_fault)
    return Recognised(Format.UNREADABLE, foreign.describe(source))


def pointer_problem(path: Path, source: Source) -> Finding | None:
    """FR102 for the small text that Git LFS leaves in place of a file."""
    pointer = pointer_in(source)
    if pointer is None:
        return None
    real = f"; the file itself has {pointer.size:,} bytes" if pointer.size is not None else ""
    name = spelled(path)
    return Finding(
        code="FR102",
        message=f"{name} is a Git LFS pointer of {source.size:,} bytes{real}",
        remedy=f"git lfs pull --include '{name}'",
    )


def _is_candidate(path: Path, source: Source, found: Recognised) -> bool:
    """Weigh the bytes of files whose suffix promises nothing: `.ts` and most of `.bin`."""
    if path.suffix.lower() == ".ts":
        truncated = is_zip(source) and "truncated" in found.fault
        return found.format is Format.TORCHSCRIPT or truncated
    torch = found.format in (Format.TORCHSCRIPT, Format.PICKLE)
    return torch and (is_zip(source) or has_legacy_magic(source))
