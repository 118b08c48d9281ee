"""Keys for the caches of CI: each names what the cached files were made of."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.digest import content_digest
from pytest_frictionless.checkpoint.pointer import pointer_at
from pytest_frictionless.checkpoint.source import is_regular
from pytest_frictionless.ci.needs import named_files
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.place import path_below
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.workbench.tools import TENSORRT, installed, own_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_frictionless.ci.tree import Model, Tree

LOCKS = (
    "pyproject.toml", "setup.cfg", "setup.py", "*.lock", "pylock*.toml", "*requirements*.txt", "*constraints*.txt",
    "*conda*lock*", "environment*.y*ml", "requirements/*",
)  # fmt: skip
"""Files of the root that say which packages are installed."""
TOOLS = (
    "torch",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "onnxslim",
    "numpy",
    "safetensors",
    *TENSORRT,
)
QUERY = ("nvidia-smi", "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader")


@dataclass(frozen=True, slots=True)
class CacheKey:
    """A key, and its beginning that older entries may share."""

    exact: str
    restore: str
    """What is stored under a key that begins so is of use too, though not complete."""


def pip(tree: Tree, models: Sequence[Model]) -> CacheKey:
    """Of the downloaded packages: interpreter, platform and lock files."""
    files = sorted(
        {file for pattern in LOCKS for file in tree.root.glob(pattern) if file.is_file()}
    )
    here = (
        f"py{sys.version_info.major}.{sys.version_info.minor}-{sys.platform}-{platform.machine()}"
    )
    locked = [(path_below(file, tree.root), content_digest([file], memo=None)) for file in files]
    return _key(f"pip-{here}", locked)


def checkpoints(tree: Tree, models: Sequence[Model]) -> CacheKey:
    """Of the checkpoints' files: the same before and after Git LFS has pulled them."""
    return _key("checkpoints", _contents(tree, models))


def artifacts(tree: Tree, models: Sequence[Model]) -> CacheKey:
    """Of .frictionless/cache: tools, then checkpoints and settings. A stale one costs only time."""
    tools = _short([installed(*TOOLS), own_digest(), sys.version_info[:2]])
    settings = tree.root / CONFIG_FILE
    configured = content_digest([settings], memo=None) if is_regular(settings) else ""
    return _key(f"artifacts-{tools}", [_contents(tree, models), configured])


def engines(tree: Tree, models: Sequence[Model]) -> CacheKey:
    """Of engines and compiled kernels: TensorRT, GPU, driver, then what they are built from.

    Raises:
        ConfigError: There is no TensorRT, or no GPU.
    """
    versions = installed(*TENSORRT)
    if not versions:
        raise ConfigError(["a key for engines names TensorRT, and none is installed: "
                           "pip install 'pytest-frictionless[rtx]', or use the image of TensorRT"])  # fmt: skip
    runtime = "-".join(f"{name}-{version}" for name, version in versions.items())
    exporter = installed("torch", "onnx", "onnxscript")
    return _key(f"engines-{runtime}-{_gpus()}", [_contents(tree, models), exporter])


KINDS: dict[str, Callable[[Tree, Sequence[Model]], CacheKey]] = {
    "pip": pip, "checkpoints": checkpoints, "artifacts": artifacts, "engines": engines,
}  # fmt: skip


def _key(beginning: str, content: Any) -> CacheKey:
    restore = f"frictionless-{beginning}-"
    return CacheKey(exact=f"{restore}{_short(content)}", restore=restore)


def _contents(tree: Tree, models: Sequence[Model]) -> list[tuple[str, str]]:
    files = {file for model in models for file in (*model.files, *named_files(tree, model))}
    return [(path_below(file, tree.root), _content(file)) for file in sorted(files)]


def _content(file: Path) -> str:
    """SHA-256 of the content, which a pointer of Git LFS tells too; empty where there is none."""
    pointer = pointer_at(file)
    if pointer is not None and pointer.oid:
        return pointer.oid
    return content_digest([file], memo=None) if is_regular(file) else ""


def _short(content: Any) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _gpus() -> str:
    """Name, compute capability and driver of each kind of GPU here, as a word."""
    try:
        said = subprocess.run(QUERY, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(
            [f"a key for engines names GPU and driver, and nvidia-smi does not tell: {error}"]
        ) from None
    kinds = sorted({line.strip() for line in said.splitlines() if line.strip()})
    words = ("".join(c if c.isalnum() or c == "." else "-" for c in kind) for kind in kinds)
    return "-".join(words).replace("--", "-")
