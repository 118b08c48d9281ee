"""Opens a repository for work: its settings, its store, and the workbench of a checkpoint."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.discovery import Checkpoint, identify
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding
from pytest_frictionless.place import path_below
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import (
    SpecMatch,
    default_settings,
    name_of,
    read_settings,
    spec_for,
)
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Limits
from pytest_frictionless.workbench.shop import Shop
from pytest_frictionless.workbench.store import Store
from pytest_frictionless.workbench.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.settings.settings import Settings

CACHE_FOLDER = ".frictionless/cache"


def open_shop(
    root: Path, *, config: Path | None = None, cache: str | None = None,
    timeout_s: float | None = None, memory_mib: int | None = None,
) -> Shop:  # fmt: skip
    """What all workbenches of this repository share; raises ConfigError with every problem.

    Args:
        root: Folder of the repository.
        config: The configuration, where it is not frictionless.yaml in `root`.
        cache: Folder of the artifacts, from `root`.
        timeout_s: Seconds that one step may take, before what the configuration says.
        memory_mib: MiB that one step may use, before what the configuration says.
    """
    path = config or root / CONFIG_FILE
    settings = read_settings(path) if config or os.path.lexists(path) else default_settings()
    _check_paths(settings, root, path)
    limits = Limits(
        timeout_s=timeout_s or settings.limits.timeout_s,
        memory_mib=memory_mib or settings.limits.memory_mib,
    )
    store = Store(root / (cache or CACHE_FOLDER), base=root)
    return Shop(root=root, settings=settings, store=store, zygote=Zygote(cwd=root), limits=limits)


def _check_paths(settings: Settings, root: Path, config_path: Path) -> None:
    """A model that the configuration names and that is not there would be tested by nobody."""
    problems = [
        f"{config_path.name}: models.{name}.path: there is no {spec.path} in {root}"
        for name, spec in settings.models.items()
        if spec.path and not (root / spec.path).exists() and not (root / spec.path).is_symlink()
    ]
    if problems:
        raise ConfigError(problems)


def open_workbench(shop: Shop, checkpoint: Checkpoint | Path) -> Workbench:
    """The workbench of one checkpoint, with its entry; raises ConfigError where it is none."""
    path = checkpoint.path if isinstance(checkpoint, Checkpoint) else checkpoint
    path = path.absolute()  # children work in the repository's folder
    found = identify(path)
    if found is None:
        raise ConfigError([f"{checkpoint} is no checkpoint"])
    match = spec_for(shop.settings, path_below(path, shop.root))
    found = replace(found, problem=found.problem or unusable(match))
    return Workbench(shop, found, match.name or name_of(path), match.spec or ModelSpec())


def unusable(match: SpecMatch) -> Finding | None:
    """The finding of an entry in frictionless.yaml that cannot be used."""
    if match.broken is None:
        return None
    first, *more = match.broken.problems
    return Finding(
        code="FR006",
        message=first + (f" (and {len(more)} more)" if more else ""),
        cause="\n".join([first, *more]) if more else "",
    )
