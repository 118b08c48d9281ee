"""From pytest's configuration to the shop that every workbench shares."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checks import CHECKS
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding
from pytest_frictionless.settings.read import SpecMatch, default_settings, read_settings
from pytest_frictionless.workbench.isolation import Limits, Zygote
from pytest_frictionless.workbench.store import Store
from pytest_frictionless.workbench.workbench import Shop

if TYPE_CHECKING:
    from pytest_frictionless.check import Check
    from pytest_frictionless.settings.model import Settings

CONFIG_FILE = "frictionless.yaml"
CACHE_FOLDER = ".frictionless/cache"
CACHE_LIMIT_BYTES = 20 << 30


@dataclass(slots=True, kw_only=True)
class Run:
    """What one pytest process knows of its run."""

    shop: Shop
    checks: dict[str, Check]
    roots: tuple[Path, ...]
    strict: bool
    allow_empty: bool
    found: int = 0
    """Checkpoints collected so far."""
    claims: dict[str, set[str]] = field(default_factory=dict)
    """Checkpoints that each model entry without a path was matched with by name."""


RUN = pytest.StashKey[Run]()


def option(config: pytest.Config, name: str) -> Any:
    """A setting: from the command line, else from the ini file."""
    given = config.getoption(f"frictionless_{name}")
    return given if given is not None else config.getini(f"frictionless_{name}")


def shop_of(config: pytest.Config) -> Shop:
    """Settings, store and limits of this run; raises pytest.UsageError for a wrong configuration."""
    root = config.rootpath
    given = option(config, "config")
    path = Path(config.invocation_params.dir, given) if given else root / CONFIG_FILE
    try:
        wanted = given or os.path.lexists(path)
        settings = read_settings(path) if wanted else default_settings()
        _check_paths(settings, root, path)
    except ConfigError as error:
        raise pytest.UsageError("\n".join(error.problems)) from None
    given = settings.limits
    limits = Limits(timeout_s=given.timeout_s, memory_mib=given.memory_mib)
    if timeout := option(config, "timeout"):
        limits = replace(limits, timeout_s=_number(timeout, "timeout"))
    if memory := option(config, "memory"):
        limits = replace(limits, memory_mib=int(_number(memory, "memory")))
    store = Store(root / (option(config, "cache_dir") or CACHE_FOLDER), base=root)
    zygote = Zygote(cwd=root)
    return Shop(root=root, settings=settings, store=store, zygote=zygote, limits=limits)


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number <= 0:
        raise pytest.UsageError(f"--frictionless-{name} takes a number above zero, not {text!r}")
    return number


def _check_paths(settings: Settings, root: Path, config_path: Path) -> None:
    """A model that the configuration names and that is not there would be tested by nobody."""
    problems = [
        f"{config_path.name}: models.{name}.path: there is no {spec.path} in {root}"
        for name, spec in settings.models.items()
        if spec.path and not (root / spec.path).exists() and not (root / spec.path).is_symlink()
    ]
    if problems:
        raise ConfigError(problems)


def unusable(match: SpecMatch) -> Finding | None:
    """The finding of an entry in frictionless.yaml that cannot be used."""
    if match.broken is None:
        return None
    first, *more = match.broken.problems
    return Finding(
        code="FR006",
        message=f"its entry in frictionless.yaml cannot be used: {first}",
        cause="\n".join([first, *more]) if more else "",
    )


def expects_checkpoints(config: pytest.Config) -> bool:
    """Whether a run that finds none has failed: naming single tests is no search for checkpoints."""
    if config.stash[RUN].allow_empty:
        return False
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return True
    base = config.invocation_params.dir
    return all((base / arg).is_dir() for arg in config.args)


def run_of(config: pytest.Config) -> Run:
    """Everything that collecting and running needs."""
    shop = shop_of(config)
    given = option(config, "roots") or shop.settings.roots
    roots = tuple(shop.root / each for each in given)
    for root in roots:
        if not root.exists():
            raise pytest.UsageError(f"frictionless root {root} does not exist")
    shop.store.prepare()
    return Run(
        shop=shop, checks=checks_of(config), roots=roots,
        strict=bool(option(config, "strict")), allow_empty=bool(option(config, "allow_empty")),
    )  # fmt: skip


def checks_of(config: pytest.Config) -> dict[str, Check]:
    """Our checks and those of other plugins, by name; two of one name are a usage error."""
    checks = {check.name: check for check in CHECKS}
    for plugin_checks in config.hook.pytest_frictionless_checks():
        for check in plugin_checks:
            if check.name in checks:
                owners = f"{checks[check.name].run.__module__} and {check.run.__module__}"
                raise pytest.UsageError(f"two checks are called {check.name!r}: of {owners}")
            if not check.name.replace("_", "").isalnum() or not check.name.islower():
                raise pytest.UsageError(
                    f"check {check.name!r} of {check.run.__module__}: a name takes a-z, 0-9 and _"
                )
            checks[check.name] = check
    return checks
