"""From pytest's configuration to the shop that every workbench shares."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checks import CHECKS
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.opening import open_shop
from pytest_frictionless.reports.results import Shard
from pytest_frictionless.settings.read import Entries, unmatched
from pytest_frictionless.suppressions import Ledger, unmatched_entry
from pytest_frictionless.workbench.components import machine

if TYPE_CHECKING:
    from pytest_frictionless.check import Check
    from pytest_frictionless.settings.model import BrokenModel, ModelSpec
    from pytest_frictionless.workbench.shop import Shop

CACHE_LIMIT_BYTES = 20 << 30


@dataclass(slots=True, kw_only=True)
class Run:
    """What one pytest process knows of its run."""

    shop: Shop
    entries: Entries
    """The models of frictionless.yaml."""
    checks: dict[str, Check]
    roots: tuple[Path, ...]
    strict: bool
    allow_empty: bool
    only: frozenset[Path] | None = None
    """Checkpoints to test, where not all are."""
    found: int = 0
    """Checkpoints collected so far."""
    claims: dict[str, set[str]] = field(default_factory=dict)
    """Checkpoints that each model entry without a path was matched with by name."""
    checkpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is known of those collected before any was asked, by their path from the root."""
    ledger: Ledger = field(default_factory=Ledger)
    unused: list[Finding] = field(default_factory=list)
    """What of frictionless.yaml met nothing, known when all items have run."""
    of_repository: list[Finding] = field(default_factory=list)
    """What its pinned versions contradict, and what the branch changes at once; told once a run."""


RUN = pytest.StashKey[Run]()


def option(config: pytest.Config, name: str) -> Any:
    """A setting: from the command line, else from the ini file."""
    given = config.getoption(f"frictionless_{name}")
    return given if given is not None else config.getini(f"frictionless_{name}")


def shop_of(config: pytest.Config) -> Shop:
    """Settings, store and limits of this run; raises pytest.UsageError for a wrong configuration."""
    given = option(config, "config")
    timeout, memory = option(config, "timeout"), option(config, "memory")
    try:
        return open_shop(
            config.rootpath,
            config=Path(config.invocation_params.dir, given) if given else None,
            cache=option(config, "cache_dir"),
            timeout_s=_number(timeout, "timeout") if timeout else None,
            memory_mib=int(_number(memory, "memory")) if memory else None,
        )
    except ConfigError as error:
        raise pytest.UsageError("\n".join(error.problems)) from None


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number <= 0:
        raise pytest.UsageError(f"--frictionless-{name} takes a number above zero, not {text!r}")
    return number


def results_file(config: pytest.Config) -> Path | None:
    """Where results.json is wanted as well; raises pytest.UsageError for what is no file."""
    given = option(config, "results")
    if not given:
        return None
    typed = config.getoption("frictionless_results") is not None
    path = Path(config.invocation_params.dir if typed else config.rootpath, given)
    if path.exists() and not path.is_file():
        raise pytest.UsageError(f"--frictionless-results takes a file, and {path} is none")
    return path


def shard_of(config: pytest.Config) -> Shard | None:
    """Which part of a suite this run is said to be; raises pytest.UsageError for nonsense."""
    given = option(config, "shard")
    if not given:
        return None
    try:
        return Shard.parse(given)
    except ValueError as error:
        raise pytest.UsageError(f"--frictionless-shard {error}") from None


def expects_checkpoints(config: pytest.Config) -> bool:
    """Whether a run that finds none has failed: naming single tests is no search for checkpoints."""
    if config.stash[RUN].allow_empty:
        return False
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return True
    base = config.invocation_params.dir
    return all((base / arg).is_dir() for arg in config.args)


def relative(path: Path, config: pytest.Config) -> str:
    """A path as messages name it: from the rootdir, where it is below."""
    root = config.rootpath
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def nothing_found(config: pytest.Config) -> Finding | None:
    """FR012 where a run that was sent to look for checkpoints has found none."""
    if config.stash[RUN].found or not expects_checkpoints(config):
        return None
    roots = [relative(root, config) for root in config.stash[RUN].roots]
    where = ", ".join(roots or map(str, config.args))
    return Finding(code="FR012", message=f"no checkpoint was found in {where}")


def unmatched_entries(config: pytest.Config) -> list[Finding]:
    """FR008 for entries that belong to no checkpoint, where this run has looked for all of them."""
    run, base = config.stash[RUN], config.invocation_params.dir
    narrowed = (config.getoption(each, None) for each in ("ignore", "ignore_glob", "lf", "pyargs"))
    if any(narrowed) or run.only is not None:
        return []
    folders = [Path(base, arg) for arg in config.args]
    settings = run.shop.settings
    entries: dict[str, ModelSpec | BrokenModel] = {**settings.broken_models, **settings.models}
    stems = {Path(place).stem for place in run.checkpoints}

    def was_walked(path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in folders)

    everything = all(was_walked(root) for root in run.roots or (config.rootpath,))
    return [
        unmatched_entry(name, path, next(iter(get_close_matches(name, stems, 1)), ""))
        for name in unmatched(settings, run.checkpoints)
        for path in [entries[name].path]
        if everything or (path is not None and was_walked(config.rootpath / path))
    ]


def findings_of_pins(run: Run) -> list[Finding]:
    """FR070 to FR076 of the repository; imported here, as only the end of a run asks for them."""
    from pytest_frictionless.stack.contradictions import findings_of_repository

    return findings_of_repository(run.shop.root, run.shop.settings, machine(run.shop))


def findings_of_branch(config: pytest.Config) -> list[Finding]:
    """FR080 where a ref to compare with is known; imported here, as only the end of a run asks.

    A ref that is asked for and that git does not know is a warning; one that CI names is a skip, as
    checkouts of CI are shallow.
    """
    from pytest_frictionless.upgrade.several import base_of_pull_request, several_changes

    given, root = option(config, "changed_since"), config.stash[RUN].shop.root
    ref, called = (given, given) if given else base_of_pull_request(root, os.environ)
    try:
        found = several_changes(root, ref, called=called) if ref else None
    except ConfigError as error:
        severity = Severity.WARNING if given else Severity.SKIP
        message = f"whether several components changed since {called} is not known: {error}"
        return [Finding(code="FR080", message=message, severity=severity)]
    return [found] if found else []


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
        shop=shop, entries=Entries(shop.settings), checks=checks_of(config), roots=roots,
        strict=bool(option(config, "strict")), allow_empty=bool(option(config, "allow_empty")),
        only=_only(config),
    )  # fmt: skip


def _only(config: pytest.Config) -> frozenset[Path] | None:
    """The checkpoints of --frictionless-only: names may hold what no argument of pytest can."""
    given = option(config, "only")
    if not given:
        return None
    file = Path(config.invocation_params.dir, given)
    try:
        places = json.loads(file.read_bytes())
        return frozenset(config.rootpath / place for place in places)
    except (OSError, ValueError, TypeError) as error:
        raise pytest.UsageError(
            f"--frictionless-only {given} is no list of paths in JSON: {error}"
        ) from None


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
