"""How much of the GPU's memory does the engine take, and does that fit budget and baseline?

What judges a measurement is imported where there is one: most runs have no GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench.gpu import gpu_of, shared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.memory import MemoryRecord
    from pytest_frictionless.workbench.held import Held


def run(ctx: Context) -> Iterator[Finding]:
    """Hold what TensorRT tells, and what the device held at most, against budget and baseline."""
    gpu_of(ctx.workbench)
    from pytest_frictionless.latency.findings import finding_of_memory
    from pytest_frictionless.workbench.held import told_mib
    from pytest_frictionless.workbench.judging import judgement_of

    judgement = judgement_of(ctx.workbench)
    held = judgement.memory[ctx.profile_name]
    record, told = held.record, told_mib(held.record)
    ctx.measurements.update(
        engine=record["engine"], gpu=record["gpu"], sizes=record["sizes"],
        environment=judgement.key.slug, memory_mib=round(told, 3),
        workspace_mib=round(record["workspace_mib"], 3), context_mib=round(record["context_mib"], 3),
        buffers_mib=round(record["buffers_mib"], 3), peak_mib=round(held.run.peak_mib, 3),
    )  # fmt: skip
    if record["weights_mib"] is None:
        ctx.notes.append(
            "TensorRT does not tell the size of the weights: what loading took is shown"
        )
    else:
        ctx.measurements["weights_mib"] = round(record["weights_mib"], 3)
    ctx.notes.append(", ".join(f"{name} {value}" for name, value in _parts(record)))
    if held.run.invalid:
        message = (
            f"the memory of profile {ctx.profile_name} could not be measured: {held.run.invalid}"
        )
        yield Finding(code="FR912", message=message)
    elif held.accepted and held.grown:
        yield finding_of_memory(held.run, held.accepted, held.grown)
    else:
        _tell_baseline(ctx, held)
    _tell_contexts(ctx)
    budget = ctx.workbench.spec.budget
    if budget and budget.memory_mib is not None and told > budget.memory_mib:
        yield Finding(
            code="FR914",
            message=f"profile {ctx.profile_name} takes {told:.4g} MiB of the GPU, and "
            f"the budget says memory_mib: {budget.memory_mib}",
            evidence=tuple(_parts(record)),
        )


def _parts(record: MemoryRecord) -> Iterator[tuple[str, str]]:
    weights = record["weights_mib"]
    word = "loaded" if weights is None else "weights"
    yield word, f"{record['loaded_mib'] if weights is None else weights:.4g} MiB"
    yield "workspace (activations and scratch)", f"{record['workspace_mib']:.4g} MiB"
    yield "inputs and outputs", f"{record['buffers_mib']:.4g} MiB"
    yield "peak of the device", f"{record['peak_mib']:.4g} MiB"


def _tell_baseline(ctx: Context, held: Held) -> None:
    if held.accepted is None:
        ctx.notes.append(
            "no accepted memory for this environment: pytest-frictionless baseline accept "
            f"--cells '{held.run.cell.name}'"
        )
        return
    from pytest_frictionless.latency.memory import is_less

    ctx.measurements["accepted_peak_mib"] = held.accepted.peak_mib
    if is_less(held.run, held.accepted, ctx.workbench.shop.settings.baselines.memory_growth):
        ctx.notes.append(
            f"accepted were {held.accepted.peak_mib:.4g} MiB: accept the gain, or later growth hides "
            "behind it"
        )


def _tell_contexts(ctx: Context) -> None:
    """What one execution context for each profile takes, which saves switching."""
    from pytest_frictionless.workbench.held import switching_of

    switching = switching_of(ctx.workbench)
    if switching is None:
        return
    if others := shared(switching["neighbours"]):
        ctx.notes.append(f"memory of further execution contexts is not told: {others}")
        return
    ctx.measurements["contexts_mib"] = round(switching["contexts_mib"], 3)
    ctx.notes.append(
        f"one execution context for each of {len(ctx.workbench.profiles)} profiles holds "
        f"{switching['contexts_mib']:.4g} MiB more than one for all (TensorRT puts "
        f"{switching['context_mib']:.4g} MiB aside for each, the workspace of the largest profile)"
    )


CHECK = Check(
    name="memory", scope=Scope.PROFILE, run=run,
    after=("load", "export", "operators", "build"),
    codes=("FR9", "FR0"), needs_gpu=True,
    title="how much of the GPU's memory does the engine take, and does that fit budget and baseline?",
)  # fmt: skip
