"""Which plan is the one that a checkpoint is deployed as, where only its name is known."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.digest import content_digest
from pytest_frictionless.checkpoint.discovery import is_candidate
from pytest_frictionless.errors import MissingDependency, NotMade, StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.read import spec_for
from pytest_frictionless.stack.manifest import manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_frictionless.workbench.workbench import Workbench

PLAN_SUFFIXES = (".plan", ".engine")


def plan_beside(bench: Workbench) -> Path | None:
    """The plan that lies beside the checkpoint under its name, unless it is that of another one.

    a.plan is named after a.onnx and after a.pt2. Whose it is, their manifests tell, then the engines
    that were built here, then frictionless.yaml.

    Raises:
        StepFailed: FR077, nothing tells.
    """
    path = bench.checkpoint.path
    plan = next((p for s in PLAN_SUFFIXES if (p := path.with_suffix(s)).is_file()), None)
    if plan is None or _records(bench, plan):
        return plan
    rivals = list(_rivals(bench)) if _has_rivals(path) else []
    if not rivals:
        return plan
    for tells in (_records, _has_built, _is_named):
        mine, theirs = tells(bench, plan), any(tells(each, plan) for each in rivals)
        if mine is not theirs:
            return plan if mine else None
    raise StepFailed(_ambiguous(bench, rivals, plan))


def digest_of(bench: Workbench, *files: Path) -> str:
    """SHA-256 of files, remembered by their stat: see `content_digest`."""
    return content_digest(files, memo=bench.shop.store.memo)


def _has_rivals(path: Path) -> bool:
    """Whether another file beside it could be a checkpoint of the same name: then all are looked for."""
    named_alike = path.parent.glob(f"{glob.escape(path.stem)}.*")
    return any(each != path and is_candidate(each) for each in named_alike)


def _rivals(bench: Workbench) -> Iterator[Workbench]:
    """Other checkpoints of the repository after which the same plan would be named."""
    from pytest_frictionless.opening import open_workbench

    path = bench.checkpoint.path
    for each in bench.shop.checkpoints():
        if each.path != path and each.path.with_suffix("") == path.with_suffix(""):
            rival = open_workbench(bench.shop, each)
            if rival.spec.skip is None:
                yield rival


def _records(bench: Workbench, plan: Path) -> bool:
    """Whether the checkpoint's manifest names the plan, or its digest."""
    beside = manifest_path(bench.checkpoint.path)
    try:
        recorded = read_manifest(beside) if beside.is_file() else None
    except StepFailed:
        return False  # its own item tells
    if recorded is None or recorded.plan is None:
        return False
    if recorded.plan.file:
        return (beside.parent / recorded.plan.file).resolve() == plan.resolve()
    return recorded.digests.get("plan") == digest_of(bench, plan)


def _has_built(bench: Workbench, plan: Path) -> bool:
    """Whether it is a copy of the engine that was built of the checkpoint here."""
    try:
        with bench.steps.only_found():
            built = bench.plan(list(bench.profiles))
    except (NotMade, MissingDependency, StepFailed):
        return False
    if not built.record["built"]:
        return False
    return digest_of(bench, built.folder / built.record["plan"]) == digest_of(bench, plan)


def _is_named(bench: Workbench, _plan: Path) -> bool:
    """Whether frictionless.yaml has an entry for the checkpoint."""
    return spec_for(bench.shop.settings, bench.relative_path).name is not None


def _ambiguous(bench: Workbench, rivals: list[Workbench], plan: Path) -> Finding:
    mine, shown = bench.relative_path, path_below(plan, bench.shop.root)
    others = " or ".join(each.relative_path for each in rivals)
    return Finding(
        code="FR077",
        message=f"{shown} may be the engine of {mine} or of {others}: "
        f"pytest-frictionless manifest write {mine} --plan {shown}",
        remedy="Write the manifest of the one that is deployed with --plan; the others leave the plan to it.",
    )
