"""What all actions of `baseline` work on: the repository's settings, baselines and runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.project import open_project
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.run import Run
from pytest_frictionless.latency.store import RunStore, job_id, open_store
from pytest_frictionless.latency.verdict import Rules

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pytest_frictionless.settings.baselines import Baselines

NamedRun = tuple[str, Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineShop:
    """Where a repository keeps its baselines."""

    root: Path
    settings: Baselines
    rules: Rules
    """Those that its jobs measure and judge by."""

    @property
    def folder(self) -> Path:
        """Of the accepted baselines."""
        return self.root / self.settings.folder

    def store(self) -> RunStore:
        """Where runs are recorded."""
        return open_store(self.settings.runs, self.root)


def open_baselines() -> BaselineShop:
    """Those of the repository around the current folder."""
    with open_project() as shop:
        kept = shop.settings.baselines
        rules = Rules(rounds=shop.settings.latency.rounds, require=kept.require)
        return BaselineShop(root=shop.root, settings=kept, rules=rules)


def choose(parser: ArgumentParser) -> None:
    """Declare how runs are chosen."""
    parser.add_argument("--key", default="", help="slug of an environment, or its beginning")
    parser.add_argument("--commit", default="", help="commit that was measured")


def chosen(given: Namespace, shop: BaselineShop) -> list[NamedRun]:
    """The recorded runs that are asked for, with the ids of their jobs, oldest first.

    Raises:
        ConfigError: There are none.
    """
    store = shop.store()
    every = [(job_id(name), run) for name, run in store.runs(commit=given.commit)]
    found = [(job, run) for job, run in every if run.key.slug.startswith(given.key)]
    if not found:
        known = ", ".join(sorted({run.key.slug for _, run in every})) or "none"
        of = f" of commit {given.commit}" if given.commit else ""
        raise ConfigError([f"{store.where}: no recorded run{of} (environments: {known}): measure "
                           "with pytest --frictionless on a GPU"])  # fmt: skip
    return found


def newest(runs: list[NamedRun]) -> list[Run]:
    """The newest run of each environment and of each set of models: one job may leave several."""
    models = ((run.key, frozenset(each.cell.model for each in run.cells)) for _, run in runs)
    return list(dict(zip(models, (run for _, run in runs), strict=True)).values())


def run_of_file(name: str) -> Run:
    """A run that somebody has as a file; raises ConfigError where it is none."""
    try:
        return Run.from_json(Path(name).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError([f"{name} is no recorded run: {error}"]) from None
