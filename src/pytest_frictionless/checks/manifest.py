"""Is the version manifest beside the checkpoint still true, and does what runs here fit it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.workbench.workbench import Workbench

NONE = "no manifest beside the checkpoint"


def run(ctx: Context) -> Iterator[Finding]:
    """Compare what was recorded with the files, the graph that is delivered, and what runs here."""
    # Rules and tables are read where there is a manifest, and not at the start of every run.
    from pytest_frictionless.stack.manifest import manifest_path

    bench = ctx.workbench
    path = manifest_path(bench.checkpoint.path)
    if path.is_file():
        from pytest_frictionless.workbench.recorded import held_to

        yield from held_to(bench, path, ctx.measurements)
        return
    if bench.shop.settings.manifest.require:
        yield Finding(code="FR050", message=f"{NONE}: pytest-frictionless manifest write --all")
    else:
        yield _unasked(bench)


def _unasked(bench: Workbench) -> Finding:
    """Why nothing is compared: nobody keeps manifests, unless an engine is deployed without one."""
    from pytest_frictionless.workbench.deployed import plan_beside

    try:
        plan = plan_beside(bench)
    except StepFailed as ambiguous:
        return replace(ambiguous.finding, severity=Severity.SKIP)
    write = f"pytest-frictionless manifest write {bench.relative_path}"
    if plan is None:
        return Finding(code="FR050", message=f"{NONE}: {write}", severity=Severity.SKIP)
    message = f"{plan.name} is deployed, and no manifest says what it was made with: {write}"
    return Finding(code="FR078", message=message, severity=Severity.SKIP)


CHECK = Check(
    name="manifest", scope=Scope.CHECKPOINT, run=run, after=("load", "export"), codes=("FR05", "FR06", "FR077", "FR078"),
    title="is the version manifest still true, and does what runs here fit it?",
)  # fmt: skip
