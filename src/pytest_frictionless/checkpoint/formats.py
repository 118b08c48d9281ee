"""What a checkpoint is: its format, its files, and what is already known to be wrong with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath

from pytest_frictionless.finding import Finding, Severity


class Format(StrEnum):
    """How the bytes of a checkpoint are laid out, whatever its suffix says."""

    ONNX = "onnx"
    EXPORTED_PROGRAM = "pt2"
    TORCHSCRIPT = "torchscript"
    PICKLE = "pickle"
    """Written by torch.save: tensors or a whole module, known only once it was scanned."""
    SAFETENSORS = "safetensors"
    HUGGINGFACE = "huggingface"
    """A folder of transformers, anchored on its config.json."""
    LFS_POINTER = "lfs-pointer"
    UNREADABLE = "unreadable"
    """Empty, truncated, foreign or not to be opened: `Checkpoint.problem` says which."""

    @property
    def noun(self) -> str:
        """The format in a sentence: "an ONNX model"."""
        return _NOUNS[self]


_NOUNS = {
    Format.ONNX: "an ONNX model",
    Format.EXPORTED_PROGRAM: "a torch exported program",
    Format.TORCHSCRIPT: "a TorchScript archive",
    Format.PICKLE: "a file of torch.save",
    Format.SAFETENSORS: "a safetensors file",
    Format.HUGGINGFACE: "a Hugging Face model",
    Format.LFS_POINTER: "a Git LFS pointer",
    Format.UNREADABLE: "no checkpoint",
}

_TORCH = (Format.PICKLE, Format.TORCHSCRIPT)
_SUFFIXES: dict[str, tuple[Format, ...]] = {
    ".onnx": (Format.ONNX,),
    ".pt2": (Format.EXPORTED_PROGRAM,),
    ".pt": _TORCH,
    ".pth": _TORCH,
    ".ckpt": _TORCH,
    ".bin": _TORCH,
    ".jit": (Format.TORCHSCRIPT,),
    ".torchscript": (Format.TORCHSCRIPT,),
    ".ts": (Format.TORCHSCRIPT,),
    ".safetensors": (Format.SAFETENSORS,),
}
_PROPER_SUFFIX = {
    Format.ONNX: ".onnx",
    Format.EXPORTED_PROGRAM: ".pt2",
    Format.TORCHSCRIPT: ".torchscript",
    Format.PICKLE: ".pt",
    Format.SAFETENSORS: ".safetensors",
}
_TORCH_BIN = re.compile(r"pytorch_model([.-].*)?\.bin", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint as it was found: one file, or a Hugging Face folder by its config.json."""

    path: Path
    """As it was walked to, never resolved."""
    format: Format
    problem: Finding | None = None
    """What its name and header already tell to be wrong."""
    shards: tuple[Path, ...] = ()
    """Weight files that a Hugging Face index names."""
    weights: tuple[Path, ...] = ()
    """Files of a Hugging Face model whose bytes make its digest, config.json among them."""

    def __str__(self) -> str:
        return spelled(self.path)


def spelled(path: PurePath) -> str:
    r"""Posix form of a path that can always be printed: other bytes appear as `\xff`."""
    text = os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def has_candidate_suffix(name: str) -> bool:
    """True where the name alone makes a file a candidate; its bytes may still decide otherwise."""
    return os.path.splitext(name)[1].lower() in _SUFFIXES


def suffix_decides(name: str) -> bool:
    """True where the name promises a checkpoint, so that wrong bytes are worth a finding.

    Sources of TypeScript and any binary end in `.ts` and `.bin` as well.
    """
    suffix = os.path.splitext(name)[1].lower()
    if suffix == ".bin":
        return _TORCH_BIN.fullmatch(name) is not None
    return suffix in _SUFFIXES and suffix != ".ts"


def suffix_problem(path: Path, found: Format) -> Finding | None:
    """FR110 where the suffix promises another format than the bytes have."""
    promises = _SUFFIXES.get(path.suffix.lower(), ())
    if found not in _PROPER_SUFFIX or not promises or found in promises:
        return None
    promised = promises[0]
    proper = path.with_suffix(_PROPER_SUFFIX[found])
    return Finding(
        code="FR110",
        message=f"{spelled(path)} holds {found.noun}, and its suffix promises {promised.noun}",
        remedy=f"Rename it to {spelled(PurePath(proper.name))}.",
        severity=Severity.WARNING,
    )
