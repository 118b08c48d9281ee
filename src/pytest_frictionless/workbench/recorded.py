"""What a manifest records of a checkpoint, held to what is so now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.stack.differences import differences, findings_of
from pytest_frictionless.stack.manifest_file import read_manifest
from pytest_frictionless.stack.plan_header import TITLES, read_header
from pytest_frictionless.workbench import stack
from pytest_frictionless.workbench.deployed import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_frictionless.stack.manifest import Graph, Manifest
    from pytest_frictionless.workbench.workbench import Workbench

WRITE = "pytest-frictionless manifest write"
GRAPH = {"opset": "opset", "ir_version": "IR version", "domains": "domains"}
MAKES_ONNX = ("torch", "exporter", "onnxscript", "onnx", "numpy")
"""Components that write another ONNX file in another version: then it says nothing of the model."""


def held_to(bench: Workbench, path: Path, measurements: dict[str, Any]) -> Iterator[Finding]:
    """What of the manifest at `path` is no longer so, and what runs here that does not fit.

    Numbers to keep are put into `measurements`. Raises StepFailed FR051 where it cannot be read.
    """
    recorded = read_manifest(path)
    running, delivered = stack.running(bench), stack.graph_of(bench)
    measurements.update(written=recorded.written.isoformat(), components=running)
    if changed := [*_changed(bench, recorded, delivered)]:
        yield Finding(
            code="FR052", message=f"the manifest of {recorded.written} is stale: {'; '.join(changed)}",
            remedy=f"{WRITE} {bench.relative_path}",
        )  # fmt: skip
    elif recorded.graph and recorded.graph.opset == delivered.opset:
        yield from _changed_model(bench, recorded, running)
    yield from _plan(bench, recorded, path)
    found = differences(
        recorded, running, bench.shop.settings.target,
        precision=bench.spec.precision,  # `opset` compares the file with the pin
        delivered=None if bench.is_onnx else delivered,  # else it is another file, as was told
    )  # fmt: skip
    measurements["differences"] = dict(Counter(str(each.kind) for each in found))
    yield from findings_of(found)


def _changed(bench: Workbench, recorded: Manifest, delivered: Graph) -> Iterator[str]:
    """What is not as it was recorded, one clause each; an exporter's opset has a rule of its own."""
    if recorded.digests.get("checkpoint") != stack.checkpoint_digest(bench):
        yield "the checkpoint is another file"
    elif bench.is_onnx and recorded.digests.get("onnx") != stack.onnx_digest(bench):
        yield "the weights beside the ONNX file are others"
    if recorded.graph is None:
        yield "it records nothing of the ONNX file"
    for name, title in GRAPH.items() if recorded.graph else ():
        old, new = getattr(recorded.graph, name), getattr(delivered, name)
        if old != new and (bench.is_onnx or name != "opset"):
            yield f"{title} {new or 'none'} is delivered and {old or 'none'} recorded"
    if recorded.plan and recorded.plan.profiles not in ({}, stack.profiles_of(bench)):
        yield "the profiles are others"


def _changed_model(
    bench: Workbench, recorded: Manifest, running: Mapping[str, str]
) -> Iterator[Finding]:
    """FR052 as a warning: the same weights and the same packages give another ONNX file."""
    same_tools = all(recorded.components.get(name) == running.get(name) for name in MAKES_ONNX)
    if bench.is_onnx or "onnx" not in recorded.digests or not same_tools:
        return
    if recorded.digests["onnx"] != stack.onnx_digest(bench):
        yield Finding(
            code="FR052",
            message=f"the model's code changed since the manifest of {recorded.written}: the same "
            "weights are exported to another ONNX file",
            remedy=f"{WRITE} {bench.relative_path}", severity=Severity.WARNING,
        )  # fmt: skip


def _plan(bench: Workbench, recorded: Manifest, path: Path) -> Iterator[Finding]:
    """FR053 where the plan beside the checkpoint is not the one that is described."""
    plan = recorded.plan
    if plan is None or not plan.file:
        return
    try:
        header = read_header(path.parent / plan.file)
    except StepFailed as failed:
        yield failed.finding
        return
    described = {name: getattr(plan, name) for name in TITLES if getattr(plan, name)}
    if described != {header.flavour: header.version}:
        said = ", ".join(f"{TITLES[name]} {version}" for name, version in described.items())
        problem = f"was built by {header.title}, and the manifest says {said or 'nothing of it'}"
    elif plan.compute_capabilities != header.compute_capabilities:
        problem = (
            f"was built for {', '.join(header.compute_capabilities) or 'unknown GPUs'}, and the "
            f"manifest says {', '.join(plan.compute_capabilities) or 'none'}"
        )
    elif recorded.digests.get("plan") != digest_of(bench, path.parent / plan.file):
        problem = "is another file than the one that the manifest describes"
    else:
        return
    yield Finding(code="FR053", message=f"{plan.file} {problem}")
