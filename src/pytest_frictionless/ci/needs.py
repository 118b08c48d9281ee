"""Which files, beside its own, a checkpoint is tested with."""

from __future__ import annotations

import mmap
import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.pointer import pointer_at
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_frictionless.ci.tree import Model, Tree

LOCATION = b"\n\x08location\x12"
"""Key `location` of a tensor's external data as protobuf writes it: StringStringEntryProto in
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto"""
LONGEST_NAME = 4096


def named_files(tree: Tree, model: Model) -> Iterator[Path]:
    """Samples and plugins that frictionless.yaml names for a checkpoint."""
    for spec in model.spec.inputs.values():
        if spec.sample:
            yield tree.root / spec.sample
    for plugin in (*tree.settings.plugins, *model.spec.plugins):
        yield tree.root / plugin


def external_files(model: Model) -> set[Path] | None:
    """Files that an ONNX model says to keep weights in; None where it is not pulled yet.

    The bytes are searched, so that neither onnx nor memory for the weights is needed.
    """
    if model.path.suffix.lower() != ".onnx":
        return set()
    if pointer_at(model.path) is not None:
        return None
    try:
        return {model.path.parent / name for name in _locations(model.path)}
    except (OSError, ValueError):
        return set()  # unreadable or empty: `load` tells


def _locations(path: Path) -> Iterator[str]:
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(LOCATION)
        while at >= 0:
            start = at + len(LOCATION)
            length, start = _varint(content, start)
            name = os.fsdecode(content[start : start + length]) if length < LONGEST_NAME else ""
            if name and "\0" not in name and not posixpath.isabs(name):
                yield posixpath.normpath(name)
            at = content.find(LOCATION, at + 1)


def _varint(content: mmap.mmap, at: int) -> tuple[int, int]:
    """A number of at most two bytes of seven bits, and where it ends."""
    first = content[at]
    if first < 0x80:
        return first, at + 1
    return (first & 0x7F) | (content[at + 1] << 7), at + 2


def missing_files(tree: Tree, models: Sequence[Model]) -> list[Path]:
    """The Git LFS pointers to be pulled before these checkpoints can be tested, sorted.

    Of an ONNX model that is a pointer itself nobody knows the other files yet: every pointer below its
    folder that is of no checkpoint comes with it.
    """
    owned = {file for model in tree.models for file in model.files}
    wanted: set[Path] = set()
    folders: set[Path] = set()
    for model in models:
        external = external_files(model)
        wanted.update(model.files, named_files(tree, model), external or ())
        if external is None:
            folders.add(model.path.parent)
    for folder in folders:
        below = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
        wanted.update(file for file in below if file not in owned)
    return sorted(file for file in wanted if pointer_at(file) is not None)


def include_of(files: Iterable[Path], *, root: Path, prefix: str) -> str:
    """The value of `git lfs pull --include`; never empty, as that would pull everything.

    Patterns are separated by commas, and as those of .gitignore: whatever may mean something there is
    written as `?`, which stands for any character.

    Args:
        files: Files below `root`.
        root: Folder of the settings.
        prefix: The same as seen from the top of the git repository, as "services/vision/".
    """
    places = [f"/{prefix}{path_below(file, root)}" for file in files if file.is_relative_to(root)]
    plain = ("".join(c if c.isalnum() or c in "/._-" else "?" for c in each) for each in places)
    return ",".join(plain) or "/no-file-is-missing"
