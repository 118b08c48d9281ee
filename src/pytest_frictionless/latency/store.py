"""Runs and plans as objects that are created once and never changed, in a folder or behind a URL.

```
<root>/<slug of the key>/<yyyy-mm>/<commit>-<job>-<attempt>.json     a run
<root>/plans/<sha256>                                                a plan
```

There is no index and nothing is read to be written again, so that any number of jobs may write.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.objects import Objects, open_objects
from pytest_frictionless.latency.run import Run

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection, Iterator
    from pathlib import Path

PLANS = "plans"
RUNS_FOLDER = ".frictionless/runs"
"""Where a run of pytest leaves what it measured."""


def job_id(name: str) -> str:
    """What a baseline calls the job of this object: no two objects share it."""
    return name.rpartition("/")[2].removesuffix(".json")


class RunStore:
    """Runs and plans of all environments."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    @property
    def where(self) -> str:
        """The folder or URL."""
        return self.objects.where

    def record(self, run: Run) -> str:
        """Store a run under a name of its own; the name."""
        folder = f"{run.key.slug}/{run.job.date:%Y-%m}"
        content = run.to_json().encode()
        name = f"{folder}/{run.job.name}.json"
        if not self.objects.create(name, content) and self.objects.read(name) != content:
            # Another run of this job was here: the content makes the name, twice the same is once.
            name = f"{folder}/{run.job.name}.{hashlib.sha256(content).hexdigest()[:16]}.json"
            self.objects.create(name, content)
        return name

    def keep_plan(self, plan: bytes) -> str:
        """Store an engine; its digest."""
        digest = hashlib.sha256(plan).hexdigest()
        self.objects.create(f"{PLANS}/{digest}", plan)
        return digest

    def plan(self, digest: str) -> bytes | None:
        """The engine of this digest, None where it is gone; a damaged one counts as gone."""
        found = self.objects.read(f"{PLANS}/{digest}") if digest else None
        return found if found and hashlib.sha256(found).hexdigest() == digest else None

    def plans(self) -> set[str]:
        """Digests of the engines that are kept."""
        return {name.rpartition("/")[2] for name in self.objects.names(f"{PLANS}/")}

    def names(self) -> list[str]:
        """Names of all runs, oldest month first."""
        return sorted(
            (name for name in self.objects.names("") if name.endswith(".json")),
            key=lambda name: (name.split("/")[-2:-1], name),
        )

    def runs(self, *, slug: str = "", commit: str = "") -> Iterator[tuple[str, Run]]:
        """The runs of an environment and of a commit, oldest first, each with its name.

        Raises:
            ConfigError: An object is no run.
        """
        found = [
            (name, self._run(name))
            for name in self.names()
            if (not slug or name.startswith(f"{slug}/"))
            and (not commit or name.rpartition("/")[2].startswith(commit[:12]))
        ]
        yield from sorted(found, key=lambda each: (each[1].job.date, each[0]))

    def _run(self, name: str) -> Run:
        content = self.objects.read(name)
        try:
            return Run.from_json(content or b"")
        except ValueError as error:
            raise ConfigError([f"{self.where}/{name} is no recorded run: {error}"]) from None

    def prune(
        self, *, before: datetime.datetime, kept_jobs: Collection[str],
        kept_plans: Collection[str], dry_run: bool = False,
    ) -> list[str]:  # fmt: skip
        """Delete old runs that no baseline rests on, and plans that nothing names; their names."""
        gone, named = [], set(kept_plans)
        for name, run in self.runs():
            if run.job.date < before and job_id(name) not in kept_jobs:
                gone.append(name)
            else:
                named |= {each.built.plan_sha256 for each in run.cells}
        gone += [f"{PLANS}/{digest}" for digest in sorted(self.plans() - named)]
        for name in gone if not dry_run else ():
            self.objects.delete(name)
        return gone


def open_store(where: str | Path, root: Path) -> RunStore:
    """The store at a URL, or in a folder given from `root`."""
    return RunStore(open_objects(where, root))


def record(run: Run, root: Path) -> str:
    """Leave what a run of pytest measured where `pytest-frictionless baseline` finds it; its path."""
    store = open_store(RUNS_FOLDER, root)
    return f"{RUNS_FOLDER}/{store.record(run)}"
