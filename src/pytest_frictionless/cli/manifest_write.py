"""`manifest write`: what a model is and what it was made with, written beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model, open_project, refuse_in_ci
from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.finding import Severity
from pytest_frictionless.opening import open_workbench
from pytest_frictionless.settings.target import Target

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from pytest_frictionless.stack.manifest import Manifest, Plan
    from pytest_frictionless.workbench.workbench import Workbench

FOUND = 1


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="paths, or names in frictionless.yaml"
    )
    parser.add_argument("--all", action="store_true", help="every checkpoint of the repository")
    parser.add_argument("--plan", help="the engine that is deployed, where it has another name")
    parser.add_argument(
        "--reason", default="", help="why a change that breaks something is accepted"
    )


def _write(given: Namespace) -> int:
    refuse_in_ci("manifest write")
    if bool(given.models) == given.all:
        raise ConfigError(["manifest write takes models, or --all"])
    if given.plan and len(given.models) != 1:
        raise ConfigError(["--plan is the engine of one model: name that model alone"])
    plan = Path(given.plan).absolute() if given.plan else None
    failed = 0
    refused: list[str] = []
    for bench in _every() if given.all else _named(given.models):
        try:
            print(_written(bench, plan, given.reason))
        except StepFailed as failure:
            failed += failure.finding.severity is Severity.ERROR
            print(f"{bench.relative_path}: {failure.finding.render(root=bench.shop.root)}")
        except ConfigError as error:
            refused += error.problems
    if refused:
        raise ConfigError(refused)
    return FOUND if failed else 0


def _named(names: list[str]) -> Iterator[Workbench]:
    for name in names:
        with open_model(name) as bench:
            yield bench


def _every() -> Iterator[Workbench]:
    with open_project() as shop:
        for checkpoint in shop.checkpoints():
            bench = open_workbench(shop, checkpoint)
            if bench.spec.skip is None:
                yield bench
            bench.close()


def _written(bench: Workbench, plan: Path | None, reason: str) -> str:
    """Write the manifest of one checkpoint; the line that tells what became of it."""
    from pytest_frictionless.stack.manifest import manifest_path
    from pytest_frictionless.stack.manifest_file import read_manifest, settled, write_manifest
    from pytest_frictionless.workbench.stack import manifest_of

    path = manifest_path(bench.checkpoint.path)
    name = f"{bench.relative_path}: {path.name}"
    _refuse_unsound(bench)
    old = read_manifest(path) if path.is_file() else None
    removed = _removed(old, path.parent)
    if plan is None and old and old.plan and old.plan.file and not removed:
        plan = path.parent / old.plan.file
    new = settled(old, manifest_of(bench, make=True, plan=plan))
    if new is old:
        return f"{name} is still true"
    # What a plan needs is not asked for one that is no more.
    kept = old.model_copy(update={"plan": None}) if old and removed else old
    broken = _broken(bench, kept, new) if kept else []
    if broken and not reason:
        raise ConfigError(
            [f"{name}: {each}: say why that is right with --reason" for each in broken]
        )
    write_manifest(path, new.model_copy(update={"reason": reason}) if reason else new)
    accepted = f", {len(broken)} breaking changes accepted" if broken else ""
    return f"{name} written{accepted}" + (_dropped(removed, old, new) if old and removed else "")


def _removed(old: Manifest | None, folder: Path) -> Plan | None:
    """The plan that was recorded and is there no more.

    A link that leads nowhere is there, and so is what DVC keeps elsewhere.
    """
    plan = old.plan if old else None
    if plan is None or not plan.file:
        return None
    places = (folder / name for name in (plan.file, f"{plan.file}.dvc"))
    return None if any(map(os.path.lexists, places)) else plan


def _dropped(plan: Plan, old: Manifest, new: Manifest) -> str:
    """What is no longer recorded of a plan, and what is instead: git may not have had it."""
    from pytest_frictionless.stack.plan_header import TITLES

    said = {
        **{title: getattr(plan, name) for name, title in TITLES.items()},
        "compute capability": ", ".join(plan.compute_capabilities), "precision": plan.precision,
        "flags": ", ".join(plan.flags), "profiles": ", ".join(plan.profiles),
        "sha256": old.digests.get("plan", ""),
    }  # fmt: skip
    told = "; ".join(f"{name} {text}" for name, text in said.items() if text)
    instead = "no engine" if new.plan is None else new.plan.file or "the engine that was built here"
    return f"; {plan.file} is gone: dropped is {told}; described is {instead}"


def _refuse_unsound(bench: Workbench) -> None:
    """Raise what keeps the checkpoint from being loaded or exported: such a model is not deployed."""
    from pytest_frictionless.check import Examiner
    from pytest_frictionless.checks import CHECKS

    checks = {check.name: check for check in CHECKS}
    verdict = Examiner(bench, checks).verdict(checks["export"])
    for finding in verdict.errors:
        raise StepFailed(finding)
    if verdict.skip:
        raise ConfigError([f"{bench.relative_path}: {verdict.skip}"])


def _broken(bench: Workbench, old: Manifest, new: Manifest) -> list[str]:
    """What changed so that somebody has to take the blame, one sentence each."""
    from pytest_frictionless.stack.comparison import Kind
    from pytest_frictionless.stack.differences import differences

    # The target is no part of it: whether it is met is said at every run.
    found = differences(
        old, new.components, Target(), precision=bench.spec.precision, delivered=new.graph
    )
    return [f"{each.told}: {each.why}" for each in found if each.kind is Kind.BREAKING]


ACTIONS = (
    Command(name="write", help="write the manifests beside the models", arguments=_arguments, run=_write),
)  # fmt: skip
