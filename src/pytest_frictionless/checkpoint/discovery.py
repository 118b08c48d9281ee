"""Finding checkpoints: by name and header bytes, without reading or loading a model."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint import huggingface
from pytest_frictionless.checkpoint.formats import Checkpoint, Format, has_candidate_suffix, spelled
from pytest_frictionless.checkpoint.inspection import inspect
from pytest_frictionless.checkpoint.source import is_regular
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.exclusion import is_excluded
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "Checkpoint",
    "Format",
    "checkpoints_of",
    "dangling",
    "find_checkpoints",
    "identify",
    "is_candidate",
]

_COMPANION = re.compile(
    r"(optimizer|scheduler|scaler|sampler)(_\d+)?\.(pt|pth|bin)"
    r"|rng_state.*\.(pt|pth)"
    r"|training_args\.(bin|pt)"
    r"|.*_optim_states\.pt"
)
"""What transformers' Trainer, accelerate and DeepSpeed keep beside the weights."""
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


def identify(path: Path) -> Checkpoint | None:
    """Tell what checkpoint this file is; None where it is none. Never raises, never unpickles."""
    checkpoint = _identify(path)
    if checkpoint is None or _is_utf8(path):
        return checkpoint
    if checkpoint.problem and checkpoint.problem.severity is Severity.ERROR:
        return checkpoint
    problem = Finding(
        code="FR111",
        message=f"{spelled(path)} has a name that is not UTF-8",
        remedy=f"Rename it: mv $'{spelled(path)}' {_in_utf8(path)}",
    )
    return replace(checkpoint, problem=problem)


def find_checkpoints(*roots: str | Path, exclude: Iterable[str] = ()) -> list[Checkpoint]:
    """List the checkpoints under these files and folders, sorted by path.

    For tests of your own:
    `@pytest.mark.parametrize("checkpoint", find_checkpoints("models"), ids=str)`.

    Hidden folders, virtual environments, `node_modules` and `__pycache__` are passed over.

    Args:
        roots: Files and folders.
        exclude: Glob patterns against a file's or folder's name, its path below the root, or its
            whole path; `*` matches across folders too.

    Raises:
        ConfigError: A root does not exist.
    """
    patterns = tuple(exclude)

    def left_out(root: Path, path: Path) -> bool:
        whole = path.as_posix()
        return is_excluded(path, root, patterns) or any(fnmatchcase(whole, p) for p in patterns)

    return _found([Path(root) for root in roots], left_out)


def checkpoints_of(
    repository: Path, *, roots: Iterable[str], exclude: Iterable[str]
) -> list[Checkpoint]:
    """List the checkpoints of a repository, by `roots` and `exclude` of its frictionless.yaml.

    Raises:
        ConfigError: A root does not exist.
    """
    patterns = tuple(exclude)
    paths = [repository / root for root in roots] or [repository]
    return _found(paths, lambda _, path: is_excluded(path, repository, patterns))


def _found(paths: list[Path], left_out: Callable[[Path, Path], bool]) -> list[Checkpoint]:
    absent = [path for path in paths if not os.path.lexists(path)]
    if absent:
        raise ConfigError([f"{spelled(path)} does not exist" for path in absent])
    found: dict[Path, Checkpoint] = {}
    for root in paths:
        skip = partial(left_out, root)
        walked = _walk(root, skip, _above(root)) if os.path.isdir(root) else [root]
        for path in walked:
            if path not in found and not skip(path) and (checkpoint := identify(path)):
                found[path] = checkpoint
    return [found[path] for path in sorted(found, key=lambda path: path.as_posix())]


def dangling(directory: Path) -> list[Path]:
    """List checkpoints of this folder that pytest passes over as they are no regular files.

    These are dangling links, loops of links and FIFOs; `identify` says of each what it is.
    """
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    paths = [directory / name for name in names if _is_candidate_name(name)]
    return [path for path in paths if not is_regular(path) and identify(path) is not None]


def _identify(path: Path) -> Checkpoint | None:
    name = path.name
    if name == huggingface.CONFIG:
        return huggingface.anchor(path)
    if not is_candidate(path):
        return None
    found = inspect(path)
    if found is None:
        return None
    return Checkpoint(path=path, format=found.format, problem=found.problem)


def is_candidate(path: Path) -> bool:
    """Whether a file has the name of a checkpoint of its own; its bytes may still say otherwise."""
    if not has_candidate_suffix(path.name) or _is_companion(path) or huggingface.owns(path):
        return False
    return not huggingface.is_shard(path.name)  # a part without its whole


def _is_candidate_name(name: str) -> bool:
    return name == huggingface.CONFIG or has_candidate_suffix(name)


def _is_companion(path: Path) -> bool:
    if _COMPANION.fullmatch(path.name):
        return True
    return path.stem == "adapter_model" and is_regular(path.with_name("adapter_config.json"))


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_utf8(path: Path) -> str:
    """A name for a file whose name is not UTF-8: as Latin-1 reads it, the commonest by far."""
    read = os.fsencode(path.name).decode("latin-1")
    return shlex.quote(spelled(path.with_name(read)))


def _walk(
    folder: Path, left_out: Callable[[Path], bool], ancestors: tuple[tuple[int, int], ...]
) -> Iterator[Path]:
    """Files of a candidate's name below a folder; links are followed unless they lead upwards."""
    try:
        found = folder.stat()
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError:
        return
    identity = (found.st_dev, found.st_ino)
    if identity in ancestors:
        return
    for entry in entries:
        path = folder / entry.name
        if _is_folder(entry):
            if not _is_skipped(path) and not left_out(path):
                yield from _walk(path, left_out, (*ancestors, identity))
        elif _is_candidate_name(entry.name):
            yield path


def _above(root: Path) -> tuple[tuple[int, int], ...]:
    """Identities of the folders that hold this one: links to them lead upwards."""
    identities = []
    for parent in Path(os.path.realpath(root)).parents:
        with suppress(OSError):
            found = parent.stat()
            identities.append((found.st_dev, found.st_ino))
    return tuple(identities)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_skipped(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS
    return hidden or is_regular(folder / "pyvenv.cfg")
