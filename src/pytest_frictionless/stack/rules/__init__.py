"""The rules, by the component they judge: one for each concern, and each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.rules import (
    cuda,
    engine,
    graph,
    plan,
    silent,
    system,
    torch,
    versioning,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.stack.comparison import Comparison, Rule, Verdict
    from pytest_frictionless.stack.manifest import Manifest

_ENGINE = (silent.precision_ignored, plan.loads, engine.parser_reads, engine.builds)
RULES: Mapping[str, tuple[Rule, ...]] = {
    "os": (plan.on_this_platform, system.operating_system),
    "glibc": (system.glibc,),
    "python": (system.python,),
    "torch": (torch.default_flipped, torch.same_source, torch.not_asked),
    "exporter": (torch.route_changed, torch.exporter_version),
    "onnxscript": (torch.onnxscript_fits, torch.not_asked),
    "onnx": (graph.onnx_describes,),
    "onnxruntime": (graph.runtime_loads,),
    "tensorrt": _ENGINE,
    "tensorrt_rtx": _ENGINE,
    "onnx_parser": (engine.comes_with_engine,),
    "cuda_toolkit": (cuda.same_family,),
    "cuda_runtime": (cuda.follows_toolkit, cuda.same_family),
    "cuda_driver": (cuda.follows_driver,),
    "nvidia_driver": (cuda.driver_serves,),
    "gpu": (system.gpu,),
    "compute_capability": (plan.runs_on_gpu, engine.knows_gpu),
    "container": (system.container,),
    "container_digest": (system.container_digest,),
    "tf32_override": (silent.tf32_override,),
    "torch_tf32_override": (silent.torch_tf32_override,),
    "opset": (silent.opset,),
}
"""Of each component, what is silent before what is loud: of two as bad, the first makes the finding."""


def verdicts_on(asked: Comparison) -> list[Verdict]:
    """What the rules of a component say; how far the versions are apart, where none says anything."""
    said = [verdict for rule in RULES.get(asked.component, ()) if (verdict := rule(asked))]
    return said or [verdict for verdict in (versioning.apart(asked),) if verdict]


def recorded_value(recorded: Manifest, component: str) -> str:
    """What a manifest says of a component; the plan's header before the environment it was made in."""
    known = recorded.components.get(component, "")
    if component == "opset":
        return str(recorded.graph.opset) if recorded.graph else ""
    if recorded.plan is None:
        return known
    if component == "compute_capability":
        return ", ".join(recorded.plan.compute_capabilities) or known
    if component == "tf32_override":
        flags = dict(flag.split("=", 1) for flag in recorded.plan.flags if "=" in flag)
        return known or flags.get(silent.TF32, "")
    if component in ("tensorrt", "tensorrt_rtx"):
        header: str | None = getattr(recorded.plan, component)
        return header or known
    return known
