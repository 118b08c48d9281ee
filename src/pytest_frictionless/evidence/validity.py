"""Whether evidence still speaks of what is here now."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding
from pytest_frictionless.knowledge.containers import contents_of
from pytest_frictionless.knowledge.gpus import TITLES
from pytest_frictionless.stack.comparison import same_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.evidence.statement import GpuRun, Statement
    from pytest_frictionless.settings.target import Target

SUBJECTS = {
    "checkpoint": "the checkpoint is another file",
    "onnx": "it is exported to another ONNX file",
    "plan": "the plan beside it is not the one that ran",
}
CLOCKS_APART = datetime.timedelta(minutes=10)
"""How far the clocks of two machines may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What evidence is held to."""

    checkpoint: str
    """Path from the root of the repository."""
    digests: Mapping[str, str]
    """SHA-256 of checkpoint and onnx, and of a plan that lies beside the checkpoint."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each setting that the verdicts depend on."""
    changed: Sequence[str] = ()
    """Which of the signed sources are not what they were."""


def differences(
    signed: Statement, now: Present, target: Target, *, max_age_days: int | None,
    time: datetime.datetime,
) -> Iterator[str]:  # fmt: skip
    """Why evidence does not hold any more, one clause for each reason; nothing where it does."""
    run = signed.predicate
    if run.checkpoint != now.checkpoint:
        yield f"it is about {run.checkpoint}"
    for name, what in SUBJECTS.items():
        there, here = signed.digests.get(name), now.digests.get(name)
        if here is not None and there != here:
            yield f"{what} (sha256 {here[:12]}, signed is {(there or 'none')[:12]})"
    changed = [
        name
        for name in sorted({*run.settings, *now.settings})
        if run.settings.get(name) != now.settings.get(name)
    ]
    if changed:
        yield f"settings changed: {', '.join(changed)}"
    if now.changed:
        yield f"files that its run used changed: {', '.join(sorted(now.changed))}"
    yield from _age(run, max_age_days, time)
    yield from _environment(run, target)


def _age(run: GpuRun, max_age_days: int | None, time: datetime.datetime) -> Iterator[str]:
    if run.run_at - time > CLOCKS_APART:
        yield f"its run is dated {run.run_at:%Y-%m-%d %H:%M} UTC, which is in the future"
    elif max_age_days is not None and time - run.run_at > datetime.timedelta(days=max_age_days):
        age = (time - run.run_at).days
        yield f"it is {age} days old, and max_age_days is {max_age_days}"


def _environment(run: GpuRun, target: Target) -> Iterator[str]:
    """What ran elsewhere than on the target."""
    title, _, version = run.engine.rpartition(" ")
    name = next((name for name in TITLES if TITLES[name] == title), "")
    inside = contents_of((target.container or "").partition("@")[0]) or {}
    wanted = getattr(target, name, None) or inside.get(name)
    if wanted and not same_release(version, wanted):
        yield f"it ran with {run.engine}, and the target is {wanted}"
    capability = run.environment.get("compute_capability", "unknown")
    capabilities = target.compute_capabilities
    if capabilities and capability not in capabilities:
        yield (
            f"{run.gpu} has compute capability {capability}, and the target names "
            f"{', '.join(capabilities)}"
        )


def stale(checkpoint: str, reasons: Iterator[str]) -> Finding | None:
    """FR019 with every reason; None where there is none."""
    told = "; ".join(reasons)
    message = f"the evidence for {checkpoint} does not hold: {told}"
    return Finding(code="FR019", message=message) if told else None
