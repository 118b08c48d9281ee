"""torch, its exporter, and the onnxscript that the exporter is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from pytest_frictionless.knowledge.compatibility import exporter_default, onnxscript_for
from pytest_frictionless.stack.comparison import Kind, Verdict, release, version_in

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

FLIPPED = "https://docs.pytorch.org/docs/2.13/onnx.html"
NAMED = (
    "Say dynamo=True or dynamo=False in every call of torch.onnx.export, and compare the two files."
)


def default_flipped(asked: Comparison) -> Verdict | None:
    """The exporter that is called where nobody names one: another since torch 2.9, in silence."""
    old, new = exporter_default(asked.old), exporter_default(asked.new)
    if old is None or new is None or old.value == new.value or _is_foreign(asked):
        return None
    routes = [
        _route(each.get("exporter", "")) for each in (asked.recorded.components, asked.running)
    ]
    if routes[0] and routes[0] == routes[1]:
        return None  # the same one is named on both sides
    return Verdict(
        kind=Kind.BREAKING, code="FR063", source=FLIPPED, remedy=NAMED,
        why=f"torch.onnx.export calls another exporter, dynamo is {new.value} by default",
    )  # fmt: skip


def not_asked(asked: Comparison) -> Verdict | None:
    """A checkpoint that came as ONNX is not exported: torch has no part in it."""
    if not asked.both or asked.old == asked.new or not _came_as_onnx(asked):
        return None
    return Verdict(kind=Kind.COMPATIBLE, why="the file came as ONNX: nothing is exported")


def route_changed(asked: Comparison) -> Verdict | None:
    """Whether another exporter wrote the file."""
    old, new = _route(asked.old), _route(asked.new)
    if not asked.both or old == new:
        return None
    before, after = (
        exporter_default(each.get("torch", ""))
        for each in (asked.recorded.components, asked.running)
    )
    if before and after and before.value != after.value:
        return Verdict(kind=Kind.COMPATIBLE, why="judged with torch", source=FLIPPED)
    return Verdict(
        kind=Kind.BREAKING, code="FR063", source=FLIPPED, remedy=NAMED,
        why="another exporter writes another graph",
    )  # fmt: skip


def exporter_version(asked: Comparison) -> Verdict | None:
    """The exporter comes with torch, and is judged with it."""
    if asked.both and asked.old != asked.new and asked.running.get("torch"):
        return Verdict(kind=Kind.COMPATIBLE, why="judged with torch")
    return None


def onnxscript_fits(asked: Comparison) -> Verdict | None:
    """Whether the torch that runs can use this onnxscript."""
    if _came_as_onnx(asked):
        return None
    torch, version = asked.running.get("torch", ""), version_in(asked.new)
    needed = onnxscript_for(torch) if torch else None
    if needed is None or version is None or version in SpecifierSet(needed.value):
        return None
    return Verdict(
        kind=Kind.BREAKING, code="FR064", source=needed.source,
        why=f"torch {torch} needs onnxscript{needed.value}",
        remedy=f"pip install 'onnxscript{needed.value}'",
    )  # fmt: skip


def same_source(asked: Comparison) -> Verdict | None:
    """Wheels for the CPU and for each CUDA are one version of torch."""
    old, new = release(asked.old, 3), release(asked.new, 3)
    if old is None or old != new or asked.old == asked.new:
        return None
    return Verdict(kind=Kind.PATCH, why="another build of the same version")


def _came_as_onnx(asked: Comparison) -> bool:
    return asked.recorded.graph is not None and "exporter" not in asked.recorded.components


def _is_foreign(asked: Comparison) -> bool:
    """Whether something else than torch wrote the file."""
    graph = asked.recorded.graph
    return _came_as_onnx(asked) and graph is not None and "pytorch" not in graph.producer.lower()


def _route(exporter: str) -> str:
    """The exporter without the version behind it."""
    return exporter.rpartition(" ")[0] if version_in(exporter) else exporter
