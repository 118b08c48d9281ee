"""The stack under one checkpoint: what runs here, and the manifest that would be written now."""

from __future__ import annotations

import datetime
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_frictionless import __version__
from pytest_frictionless.errors import MissingDependency, NotMade, StepFailed
from pytest_frictionless.stack.manifest import COMPONENTS, Graph, Manifest, Plan
from pytest_frictionless.stack.plan_header import read_header
from pytest_frictionless.workbench.components import machine
from pytest_frictionless.workbench.deployed import digest_of, plan_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_frictionless.workbench.store import Artifact
    from pytest_frictionless.workbench.workbench import Workbench

FLOATS = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
T = TypeVar("T")


def manifest_of(bench: Workbench, *, make: bool = False, plan: Path | None = None) -> Manifest:
    """The manifest of a checkpoint as it would be written now.

    Args:
        bench: The checkpoint.
        make: Export, parse and build what is not there yet. Without it nothing is made, and what is
            not known is left out: milliseconds.
        plan: The plan that is deployed; by default the one beside the checkpoint, if there is one.

    Raises:
        StepFailed: FR103, the checkpoint cannot be read; with `make`, also what ended a step, and
            FR053 where the deployed plan is none, and FR077 where it may be that of another checkpoint.
    """
    plan = plan or plan_beside(bench)
    if plan and make:
        read_header(plan)  # before all of it is read for its digest: it may be no file, or no plan
    with nullcontext() if make else bench.steps.only_found():
        built = _asked(lambda: bench.plan(list(bench.profiles)), strict=make)
        made = built if built and built.record["built"] else None
        digests = {
            "checkpoint": checkpoint_digest(bench),
            "onnx": _asked(lambda: onnx_digest(bench), strict=make),
            "plan": _plan_digest(bench, plan, made),
        }
        pin = bench.spec.opset or bench.shop.settings.opset
        return Manifest(
            checkpoint=bench.relative_path,
            written=datetime.datetime.now(datetime.UTC).date(),
            written_by=f"pytest-frictionless {__version__}",
            digests={name: text for name, text in digests.items() if text},
            components=running(bench),
            graph=_asked(lambda: graph_of(bench), strict=make),
            plan=_asked(lambda: _plan(bench, plan, made), strict=make),
            opset_reason=pin.reason if pin else "",
        )


def running(bench: Workbench) -> dict[str, str]:
    """Exact version of each component that runs here, in the order of `COMPONENTS`.

    The machine is asked once a process. Exporter and parser are those of this checkpoint, and are
    left out where it was not exported or parsed.
    """
    found = {**machine(bench.shop), "exporter": _asked(lambda: _exporter(bench))}
    found["onnx_parser"] = _asked(lambda: bench.parsed().get("parser"))
    return {name: text for name in COMPONENTS if (text := found.get(name))}


def checkpoint_digest(bench: Workbench) -> str:
    """SHA-256 of the checkpoint, as sha256sum tells it where it is one file."""
    return digest_of(bench, *(bench.checkpoint.weights or (bench.checkpoint.path,)))


def onnx_digest(bench: Workbench) -> str:
    """SHA-256 of the ONNX file; of an exported one without notes that name the machine."""
    if not bench.is_onnx:
        return bench.onnx_content()
    return digest_of(bench, bench.checkpoint.path, *map(Path, bench.weights()["external"]))


def graph_of(bench: Workbench) -> Graph:
    """The ONNX file as it is delivered."""
    record = bench.onnx()
    others = {name: v for name, v in record["opsets"].items() if name != "ai.onnx"}
    return Graph(
        opset=record["opset"], ir_version=record["ir_version"], domains=others,
        producer=record["producer"], nodes=record["nodes"],
    )  # fmt: skip


def profiles_of(bench: Workbench) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Min, opt and max of each symbol, by profile."""
    return {
        name: {symbol: (span.min, span.opt, span.max) for symbol, span in profile.ranges.items()}
        for name, profile in bench.profiles.items()
    }


def _plan(bench: Workbench, kept: Path | None, built: Artifact | None) -> Plan | None:
    """What the header tells; of an engine that was built here also what it was built with."""
    path = kept or (built.folder / built.record["plan"] if built else None)
    if path is None:
        return None
    header = read_header(path)
    known: dict[str, Any] = {}
    if built and _plan_digest(bench, kept, built) == _plan_digest(bench, None, built):
        parsed = _asked(bench.parsed)
        known = {
            "profiles": profiles_of(bench), "flags": built.record["flags"],
            "precision": _precision(parsed["layer_types"]) if parsed else "",
        }  # fmt: skip
    file = os.path.relpath(kept, bench.checkpoint.path.parent) if kept else ""
    return Plan.model_validate({
        "file": file, header.flavour: header.version,
        "compute_capabilities": header.compute_capabilities, **known,
    })  # fmt: skip


def _plan_digest(bench: Workbench, kept: Path | None, built: Artifact | None) -> str:
    path = kept or (built.folder / built.record["plan"] if built else None)
    return digest_of(bench, path) if path else ""


def _precision(layer_types: dict[str, int]) -> str:
    """The floating type that most layers of the network have."""
    counts = {name: count for name, count in layer_types.items() if "float" in name}
    most = max(counts, key=lambda name: counts[name], default="")
    return FLOATS.get(most, most)


def _exporter(bench: Workbench) -> str | None:
    """As "torch.onnx.export(dynamo=True) 2.13.0"; None for a file that came as ONNX."""
    route = bench.capture()["route"]
    if route == "file":
        return None
    dynamo = route == "dynamo"
    return f"torch.onnx.export({dynamo=}) {machine(bench.shop).get('torch', '')}".strip()


def _asked(question: Callable[[], T], *, strict: bool = False) -> T | None:
    """The answer; None where an artifact or a package is missing, or, unless `strict`, a step fails."""
    try:
        return question()
    except (NotMade, MissingDependency):
        return None
    except StepFailed:
        if strict:
            raise
        return None
