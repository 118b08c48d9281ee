"""Classes of the repository that could be the network of a file of weights, found without import."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "build", "dist"})
_MOST_FILES = 5000
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A class with a forward() and all the layers that the weights belong to."""

    factory: str
    """As frictionless.yaml names it: `package.module:Class`."""
    inputs: tuple[str, ...]
    """Arguments that forward() needs."""
    needs: tuple[str, ...]
    """Arguments that the constructor needs."""
    spare: int
    """Attributes that the file has no weights for."""


def networks_with(layers: Iterable[str], root: Path, *, stem: str = "") -> list[Network]:
    """Classes below `root` that set these attributes, the likeliest first; imports nothing.

    Among those that need as much, one that is called like the file, `stem`, comes first.
    """
    wanted = set(layers)
    if not wanted or not all(name.isidentifier() for name in wanted):
        return []
    found = [each for path in _sources(root) for each in _in_file(path, root, wanted)]
    return sorted(
        found,
        key=lambda each: (
            len(each.needs), not _alike(each.factory.rpartition(":")[2], stem), each.spare, each.factory,
        ),
    )  # fmt: skip


def _alike(name: str, stem: str) -> bool:
    """Whether a file is called like a class, as two_tower_v3 is like TwoTower."""
    letters = name.replace("_", "").lower()
    return bool(letters) and letters in stem.replace("_", "").replace("-", "").lower()


def _sources(root: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _SKIPPED
            and not Path(folder, name, "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name.endswith(".py"):
                count += 1
                if count > _MOST_FILES:
                    return
                yield Path(folder, name)


def _in_file(path: Path, root: Path, wanted: set[str]) -> Iterator[Network]:
    parts = path.relative_to(root).with_suffix("").parts
    if not all(part.isidentifier() for part in parts):
        return
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return
        text = path.read_text(encoding="utf-8")
        if "forward" not in text or not all(name in text for name in wanted):
            return
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError, RecursionError):
        return
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and (made := _network(node, module, wanted)):
            yield made


def _network(node: ast.ClassDef, module: str, wanted: set[str]) -> Network | None:
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    forward = methods.get("forward")
    attributes = set(_attributes(node))
    if forward is None or not wanted <= attributes:
        return None
    return Network(
        factory=f"{module}:{node.name}",
        inputs=_needed(forward),
        needs=_needed(methods["__init__"]) if "__init__" in methods else (),
        spare=len(attributes - wanted),
    )


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    """Names that methods set on self, or register."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            if isinstance(each.value, ast.Name) and each.value.id == "self":
                yield each.attr
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            registers = each.func.attr in ("register_buffer", "register_parameter", "add_module")
            if registers and each.args and isinstance(each.args[0], ast.Constant):
                yield str(each.args[0].value)


def _needed(function: ast.FunctionDef) -> tuple[str, ...]:
    """Arguments without a default, but for self."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    without = len(positional) - len(arguments.defaults)
    keyword = [
        each.arg
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    return (*(each.arg for each in positional[: max(without, 0)]), *keyword)
