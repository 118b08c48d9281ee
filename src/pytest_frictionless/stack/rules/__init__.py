"""The rules, by the component they judge: one for each concern, and each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.rules import plan, versioning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.stack.comparison import Comparison, Rule, Verdict
    from pytest_frictionless.stack.manifest import Manifest

RULES: Mapping[str, tuple[Rule, ...]] = {
    "tensorrt": (plan.loads,),
    "tensorrt_rtx": (plan.loads,),
    "compute_capability": (plan.runs_on_gpu,),
}
"""Of each component, what is silent before what is loud: of two as bad, the first makes the finding."""


def verdicts_on(asked: Comparison) -> list[Verdict]:
    """What the rules of a component say; what its project promises, where none says anything."""
    said = [verdict for rule in RULES.get(asked.component, ()) if (verdict := rule(asked))]
    return said or [verdict for verdict in (versioning.promised(asked),) if verdict]


def recorded_value(recorded: Manifest, component: str) -> str:
    """What a manifest says of a component; the plan's header before the environment it was made in."""
    if recorded.plan and component == "compute_capability" and recorded.plan.compute_capabilities:
        return ", ".join(recorded.plan.compute_capabilities)
    if recorded.plan and component in ("tensorrt", "tensorrt_rtx"):
        header: str | None = getattr(recorded.plan, component)
        return header or recorded.components.get(component, "")
    return recorded.components.get(component, "")
