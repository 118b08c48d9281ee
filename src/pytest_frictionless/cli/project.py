"""The repository around the current folder, and the model that a command is asked about."""

from __future__ import annotations

import difflib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.opening import open_shop, open_workbench
from pytest_frictionless.place import path_below
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.read import spec_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.workbench import Workbench

CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE", "TF_BUILD")
"""Variables of the environment that only CI sets."""


def project_root() -> Path:
    """The nearest folder above that has a frictionless.yaml, else this one."""
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / CONFIG_FILE).is_file()), here)


@contextmanager
def open_project() -> Iterator[Shop]:
    """Settings and store of the nearest folder above that has a frictionless.yaml, else of this one."""
    shop = open_shop(project_root())
    shop.store.prepare()
    try:
        yield shop
    finally:
        shop.zygote.close()


@contextmanager
def open_model(name: str) -> Iterator[Workbench]:
    """The workbench of a checkpoint, by its path or by its name in frictionless.yaml.

    Raises:
        ConfigError: There is none, there are several, or its entry cannot be used.
    """
    with open_project() as shop:
        path = Path(name).absolute() if Path(name).exists() else _named(shop, name)
        if path.is_dir() and (path / "config.json").is_file():
            path /= "config.json"
        bench = open_workbench(shop, path)
        problem = bench.checkpoint.problem
        if problem is not None and problem.severity == "error":
            raise ConfigError([f"{name}: {problem.render(root=shop.root)}"])
        try:
            yield bench
        finally:
            bench.close()


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this runs in CI: what is accepted there would be accepted by nobody."""
    return any(environment.get(name, "").lower() not in ("", "0", "false") for name in CI)


def refuse_in_ci(command: str, *, unless: str = "") -> None:
    """Raise ConfigError in CI: what a job accepts of itself is accepted by nobody."""
    if is_ci(os.environ):
        raise ConfigError([f"{command} does not work in CI: do it where the diff is committed and "
                           f"reviewed{f', or {unless}' if unless else ''}"])  # fmt: skip


def _named(shop: Shop, name: str) -> Path:
    """The one checkpoint that belongs to this entry of frictionless.yaml."""
    settings = shop.settings
    if name not in settings.models and name not in settings.broken_models:
        near = difflib.get_close_matches(name, settings.models, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError([f"{name} is no file, and no model of {CONFIG_FILE}{hint}"])
    found = [
        each.path
        for each in shop.checkpoints()
        if spec_for(settings, path_below(each.path, shop.root)).name == name
    ]
    if len(found) != 1:
        paths = ", ".join(path_below(path, shop.root) for path in found) or "none"
        raise ConfigError([f"{name} should be one checkpoint below {shop.root}, and is {paths}"])
    return found[0]
