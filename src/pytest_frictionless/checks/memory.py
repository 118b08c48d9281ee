"""How much of the GPU's memory does the engine take, and does that fit the budget?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.judging import judgement_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(ctx: Context) -> Iterator[Finding]:
    """Read weights and workspace from the engine, and the rest from the device."""
    first = judgement_of(ctx.workbench).rounds[0]
    cells = [first["cells"][f"{ctx.profile_name}-{point}"] for point in POINTS]
    weights = first["weights_mib"] or 0.0
    workspace = max(cell["workspace_mib"] for cell in cells)
    largest = max(cells, key=lambda cell: cell["used_mib"])
    ctx.measurements.update(
        engine=first["engine"], gpu=first["gpu"]["gpu"], weights_mib=round(weights, 3),
        workspace_mib=round(workspace, 3), used_mib=round(largest["used_mib"], 3),
        memory_mib=round(weights + workspace, 3),
    )  # fmt: skip
    ctx.notes.append(
        f"weights {weights:.4g} MiB and workspace {workspace:.4g} MiB; the device held "
        f"{largest['used_mib']:.4g} MiB more than before the engine was loaded"
    )
    budget = ctx.workbench.spec.budget
    if budget and budget.memory_mib is not None and weights + workspace > budget.memory_mib:
        yield Finding(
            code="FR914",
            message=f"profile {ctx.profile_name} takes {weights + workspace:.4g} MiB of the GPU, and "
            f"the budget says memory_mib: {budget.memory_mib}",
            evidence=(
                ("weights", f"{weights:.4g} MiB"),
                ("workspace (activations and scratch)", f"{workspace:.4g} MiB"),
                ("held by the device meanwhile", f"{largest['used_mib']:.4g} MiB"),
            ),
        )


CHECK = Check(
    name="memory", scope=Scope.PROFILE, run=run,
    after=("load", "export", "operators", "build"),
    codes=("FR9", "FR0"),
    title="how much of the GPU's memory does the engine take, and does that fit the budget?",
)  # fmt: skip
