"""Does TensorRT take every operator, in the parser and in the builder?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.errors import StepFailed, StepInterrupted
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.knowledge.causes import UNNAMED, cause_of
from pytest_frictionless.knowledge.equivalents import equivalent_of
from pytest_frictionless.knowledge.evidence import (
    difference_rows,
    measured_rows,
    plugin_rows,
    published_rows,
)
from pytest_frictionless.knowledge.fragile import fragilities
from pytest_frictionless.knowledge.operators import published
from pytest_frictionless.place import place_of_node
from pytest_frictionless.workbench.repinned import with_older_opset
from pytest_frictionless.workbench.reproducer import with_reproducer
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.artifacts import PluginRecord, RejectionRecord
    from pytest_frictionless.knowledge.causes import Cause
    from pytest_frictionless.reproduce.records import FailureRecord
    from pytest_frictionless.settings.model import Target
    from pytest_frictionless.workbench.store import Artifact

NEEDS_GPU = "FR505"
MOST_REPRODUCERS = 3
LACKED_BY_RTX = "FR509"
ONLY_RTX = "TensorRT-RTX"
"""How the engine's name begins where TensorRT-RTX answers."""


def run(ctx: Context) -> Iterator[Finding]:
    """Ask the real parser for everything it refuses, then the real builder."""
    bench = ctx.workbench
    record = bench.parsed()
    ctx.measurements.update(engine=record["engine"], layers=record["layers"])
    engine, plugins = record["engine"], record.get("plugins", [])
    refused = record["rejections"]
    try:
        refused = refused or _refused_by_builder(ctx)
    except StepFailed as failed:
        raise _crashed(ctx, failed) from failed
    yield from _with_reproducers(ctx, refused, engine, plugins)
    if not record["complete"]:
        yield Finding(
            code="FR501", message="the time for listing rejections ended: there may be more",
            severity=Severity.WARNING,
        )  # fmt: skip
    yield from _only_just(ctx, engine, {rejection["operator"] for rejection in refused})


def _only_just(ctx: Context, engine: str, refused: set[str]) -> Iterator[Finding]:
    """Warn of what is taken here and may not be taken where it is deployed."""
    target = ctx.workbench.shop.settings.target
    for used in ctx.workbench.operators():
        operator, domain = used["operator"], used["domain"]
        reasons = fragilities(
            operator, domain=domain, deprecated_from=used["deprecated_from"], engine=engine,
            tensorrt=target.tensorrt, tensorrt_rtx=target.tensorrt_rtx,
            precision=ctx.workbench.spec.precision,
        )  # fmt: skip
        for reason in reasons if operator not in refused else ():
            count = f"{used['count']} nodes, the first is shown" if used["count"] > 1 else ""
            rows = [] if domain else [*published_rows(operator, target.tensorrt)]
            yield Finding(
                code="FR511",
                severity=Severity.WARNING,
                message=f"{operator} only just works: {reason}",
                place=_place_of(operator, used["node"], used["stack"], used["metadata"]),
                cause=count,
                evidence=(*rows, *measured_rows(operator)),
                remedy=str(equivalent_of(operator, "") or ""),
            )


def _with_reproducers(
    ctx: Context,
    refused: Sequence[RejectionRecord],
    engine: str,
    plugins: Sequence[PluginRecord],
) -> Iterator[Finding]:
    """Findings, the first of each of a few kinds with a small model that shows it."""
    shown: set[tuple[str, str]] = set()
    for rejection in refused:
        target = ctx.workbench.shop.settings.target
        finding = _of_a_plugin(rejection, engine, plugins) or finding_of(
            rejection, engine=engine, target=target, plugins=plugins
        )
        finding = with_older_opset(ctx.workbench, finding)
        kind = (rejection["operator"], finding.message)
        if kind not in shown and len(shown) < MOST_REPRODUCERS:
            shown.add(kind)
            place = f"operators-{len(shown)}" if len(shown) > 1 else "operators"
            finding = _reproduced(ctx, finding, failure_of(rejection), place)
        yield finding


def _reproduced(ctx: Context, finding: Finding, failure: FailureRecord, question: str) -> Finding:
    def make(seconds: float) -> Artifact:
        profile = next(iter(ctx.workbench.profiles), "")
        return ctx.workbench.reproducer(failure, profile=profile, seconds=seconds)

    return with_reproducer(ctx.workbench, finding, make, question=question, notes=ctx.notes)


def failure_of(rejection: RejectionRecord) -> FailureRecord:
    """What a reproducer of a refusal must show."""
    return {
        "stage": rejection["stage"], "kind": rejection["kind"], "operator": rejection["operator"],
        "node": rejection["node"], "stack": rejection["stack"], "reason": rejection["reason"],
        "error_code": rejection["error_code"],
    }  # fmt: skip


def _crashed(ctx: Context, failed: StepFailed) -> StepFailed:
    """A crash, with a small model that ends the builder in the same way."""
    signal = re.search(r"\bSIG[A-Z]+", failed.finding.message)
    if failed.finding.code != "FR003" or not signal:
        return failed
    place = failed.finding.place or Place()
    failure: FailureRecord = {
        "stage": "crash", "kind": "", "operator": place.operator, "node": place.node, "stack": [],
        "reason": failed.finding.message, "error_code": signal[0],
    }  # fmt: skip
    return type(failed)(_reproduced(ctx, failed.finding, failure, "operators"))


def _refused_by_builder(ctx: Context) -> list[RejectionRecord]:
    """What only the builder refuses; a profile that is at fault is for `build` to tell."""
    bench = ctx.workbench
    if any(True for each in bench.profiles.values() for _ in impossible_sizes(bench, each)):
        return []
    try:
        if bench.build(list(bench.profiles))["built"]:
            return []
        alone = [bench.build([name]) for name in bench.profiles]
        if any(each["built"] or each["profile_errors"] for each in alone):
            return []
    except StepInterrupted as interrupted:
        # Some graphs crash the builder: building parts of them, each in a process, names the node.
        if interrupted.finding.code != "FR003" or not (refused := bench.refused_by_builder()):
            raise
        return refused
    return bench.refused_by_builder()


def _of_a_plugin(
    rejection: RejectionRecord, engine: str, plugins: Sequence[PluginRecord]
) -> Finding | None:
    """What is said of a node whose plugin was loaded, and cannot be used by this engine."""
    operator = rejection["operator"]
    for plugin in plugins:
        if operator in plugin["creators"] and not plugin["usable"]:
            file = plugin["file"].rpartition("/")[2]
            return Finding(
                code=NEEDS_GPU,
                severity=Severity.SKIP,
                message=f"{operator} cannot be judged by {engine}: {file} has its plugin, and this "
                "engine ends its process where the parser adds a plugin",
                place=_place(rejection),
                remedy="Run this item where the full TensorRT and a GPU are. That the file loads and "
                "registers the plugin was seen here; the rest of the network was judged.",
            )
    return None


def finding_of(
    rejection: RejectionRecord, *, engine: str, target: Target,
    plugins: Sequence[PluginRecord] = (),
) -> Finding:  # fmt: skip
    """One refusal with its cause, what is known of the operator, and the form that is taken."""
    operator = rejection["operator"]
    cause = cause_of(rejection, engine=engine)
    subject = operator or rejection["node"] or "the graph"
    verb = "is unknown to" if cause.code == "FR503" else "is rejected by"
    where = "'s builder" if rejection["stage"] == "build" else ""
    undecided = cause.code == NEEDS_GPU or _lacked_by_rtx_alone(operator, cause, engine, target)
    equivalent = equivalent_of(operator, cause.id)
    headline = cause.words.splitlines()[0]
    return Finding(
        code=cause.code,
        severity=Severity.SKIP if undecided else Severity.ERROR,
        message=f"{subject} {verb} {engine}{where}: {headline}",
        place=_place(rejection),
        cause=_told(cause, rejection),
        evidence=(*_evidence(rejection, engine, target), *_loaded(cause, plugins)),
        remedy="\n".join(filter(None, [cause.remedy, str(equivalent or "")])),
    )


def _place(rejection: RejectionRecord) -> Place:
    return _place_of(
        rejection["operator"], rejection["node"], rejection["stack"], rejection["metadata"]
    )


def _place_of(operator: str, node: str, stack: Sequence[str], metadata: Mapping[str, str]) -> Place:
    around = " > ".join(stack)
    name = f"{around} > {node}" if around else node
    return place_of_node(name=name, operator=operator, metadata=metadata)


def _loaded(cause: Cause, plugins: Sequence[PluginRecord]) -> Iterator[tuple[str, str]]:
    """What the user's own plugins bring, where one is missed."""
    if cause.code == "FR503":
        for plugin in plugins:
            file = plugin["file"].rpartition("/")[2]
            yield "plugins of yours", f"{file} registers {', '.join(plugin['creators'])}"


def _lacked_by_rtx_alone(operator: str, cause: Cause, engine: str, target: Target) -> bool:
    """Whether TensorRT-RTX refuses what the deployed TensorRT takes: no verdict on the model."""
    if cause.code != LACKED_BY_RTX or not engine.startswith(ONLY_RTX):
        return False
    if target.tensorrt is None or target.tensorrt_rtx is not None:
        return False
    row = published(operator, target.tensorrt)
    return row is not None and row.supported


def _told(cause: Cause, rejection: RejectionRecord) -> str:
    """The cause with the node's attributes; of unheard words all lines."""
    if cause.id == UNNAMED:
        return cause.words if "\n" in cause.words else ""
    attributes = rejection.get("attributes", {})
    told = ", ".join(f"{name}={value}" for name, value in attributes.items())
    return f"{cause.words} (the node has {told})" if told else cause.words


def _evidence(
    rejection: RejectionRecord, engine: str, target: Target
) -> tuple[tuple[str, str], ...]:
    """What the published table, this engine, the measurement and NVIDIA's plugins say."""
    operator = rejection["operator"]
    answer = "the builder" if rejection["stage"] == "build" else "the parser"
    own = (f"{engine}, asked here", f"{answer} says: {rejection['reason'].splitlines()[0]}")
    if not operator:
        return (own,)
    if rejection.get("domain"):
        # The tables are of ONNX's own operators; a name of another domain is another operator.
        return (own, *plugin_rows(operator))
    return (
        *published_rows(operator, target.tensorrt), own, *measured_rows(operator),
        *difference_rows(operator), *plugin_rows(operator),
    )  # fmt: skip


CHECK = Check(
    name="operators", scope=Scope.CHECKPOINT, run=run, after=("load", "export"), yields_to=("graph",),
    title="does TensorRT take every operator, in the parser and in the builder?",
)  # fmt: skip
