"""Is the version manifest beside the checkpoint still true, and does what runs here fit it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    required = bench.shop.settings.manifest.require
    yield Finding(
        code="FR050",
        message="no manifest beside the checkpoint: pytest-frictionless manifest write --all",
        severity=Severity.ERROR if required else Severity.SKIP,
    )


CHECK = Check(
    name="manifest", scope=Scope.CHECKPOINT, run=run, after=("load", "export"), codes=("FR05", "FR06"),
    title="is the version manifest still true, and does what runs here fit it?",
)  # fmt: skip
