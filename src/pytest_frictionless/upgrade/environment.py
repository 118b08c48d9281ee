"""A virtual environment for each set of versions, made once and found again."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from filelock import FileLock
from packaging.utils import canonicalize_name

from pytest_frictionless.upgrade.components import REST, component_of
from pytest_frictionless.upgrade.installers import CannotInstall, Installer, python_of
from pytest_frictionless.upgrade.plan import Move, moves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FOLDER = ".frictionless/upgrade"
NOT_INSTALLED = ("python", "opset", "simplifier", "exporter", "onnx_parser")
"""Components in an environment that are no packages by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One virtual environment."""

    folder: Path
    lines: tuple[str, ...]
    """Every package in it, as lines of a requirements file."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return python_of(self.folder / "venv")

    @property
    def packages(self) -> dict[str, str]:
        """Version of each package that comes from an index."""
        pairs = (line.partition("==") for line in self.lines)
        return {canonicalize_name(name): version for name, same, version in pairs if same}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Makes the environments of one upgrade."""

    root: Path
    installer: Installer
    extra: tuple[str, ...] = ()
    """Requirements of every environment, beside the stack and pytest-frictionless."""
    python: str = sys.executable

    def environment(
        self, pins: Mapping[str, str], *, like: Environment | None = None, python: str = ""
    ) -> Environment:
        """The environment of these versions, made now or found; raises CannotInstall.

        Args:
            pins: The stack is installed at its versions; all others only bound what comes along.
            like: Packages that no pin names stay as they are there, if they can.
            python: Another interpreter, by version.
        """
        wanted = [*_stack(pins), own_requirement(), *self.extra]
        bounds = [f"{name}=={version}" for name, version in pins.items() if _is_package(name)]
        kept = _kept(like, pins) if like else []
        python = python or self.python
        try:
            lines = self.installer.resolve(wanted, [*bounds, *kept], python)
        except CannotInstall:
            if not kept:
                raise
            lines = self.installer.resolve(wanted, bounds, python)
        return self._made(lines, python)

    def _made(self, lines: Sequence[str], python: str) -> Environment:
        digest = hashlib.sha256(json.dumps([python, *lines]).encode()).hexdigest()[:16]
        folder = self.root / FOLDER / digest
        made = folder / "packages.txt"
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n")
        with FileLock(folder / "lock"):
            if not made.exists():
                shutil.rmtree(
                    folder / "venv", ignore_errors=True
                )  # half of one, of a run that ended
                self.installer.install(lines, folder / "venv", python)
                made.write_text("\n".join(lines) + "\n")
        return Environment(folder=folder, lines=tuple(lines))


def dragged(before: Environment, after: Environment, meant: Sequence[Move]) -> tuple[Move, ...]:
    """Packages that changed although no step said so: what moved wants them at another version."""
    names = {move.name for move in meant}
    found = moves(before.packages, after.packages)
    return tuple(
        move for move in found
        if move.name not in names and move.before
        and component_of(move.name) not in [component_of(name) for name in names]
    )  # fmt: skip


def own_requirement() -> str:
    """pytest-frictionless as it is installed here: from an index, or from its folder."""
    found = metadata.distribution("pytest-frictionless")
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    if not origin:
        return f"pytest-frictionless=={found.version}"
    editable = origin.get("dir_info", {}).get("editable")
    return f"-e {origin['url']}" if editable else f"pytest-frictionless @ {origin['url']}"


def _is_package(name: str) -> bool:
    return component_of(name).is_package and name not in NOT_INSTALLED


def _stack(pins: Mapping[str, str]) -> list[str]:
    return [
        f"{name}=={version}"
        for name, version in pins.items()
        if _is_package(name) and component_of(name) is not REST
    ]


def _kept(like: Environment, pins: Mapping[str, str]) -> list[str]:
    """What no pin names, and belongs to no component that a pin names, at its version there."""
    moving = [component_of(name) for name in pins if component_of(name) is not REST]
    return [
        f"{name}=={version}"
        for name, version in like.packages.items()
        if name not in pins and component_of(name) not in moving
    ]
