"""A refusal of TensorRT as a finding: its cause, everything known of the operator, and a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.knowledge.causes import UNNAMED, cause_of
from pytest_frictionless.knowledge.equivalents import equivalent_of
from pytest_frictionless.knowledge.evidence import (
    difference_rows,
    measured_rows,
    plugin_rows,
    published_rows,
)
from pytest_frictionless.knowledge.operators import published
from pytest_frictionless.place import CLASSES, place_of_node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.artifacts.engine import PluginRecord, RejectionRecord
    from pytest_frictionless.finding import Place
    from pytest_frictionless.knowledge.causes import Cause
    from pytest_frictionless.settings.target import Target

NEEDS_GPU = "FR505"
LACKED_BY_RTX = "FR509"
ONLY_RTX = "TensorRT-RTX"
"""How the engine's name begins where TensorRT-RTX answers."""


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
    if (undecided := _of_a_plugin(rejection, engine, plugins)) is not None:
        return undecided
    operator = rejection["operator"]
    cause = cause_of(rejection, engine=engine)
    subject = operator or rejection["node"] or "the graph"
    verb = "is unknown to" if cause.code == "FR503" else "is rejected by"
    where = "'s builder" if rejection["stage"] == "build" else ""
    judged_elsewhere = cause.code == NEEDS_GPU or _lacked_by_rtx_alone(
        operator, cause, engine, target
    )
    equivalent = equivalent_of(operator, cause.id, rejection["metadata"].get(CLASSES, ""))
    general = "" if equivalent is not None and equivalent.made_by else cause.remedy
    headline = cause.words.splitlines()[0]
    return Finding(
        code=cause.code,
        severity=Severity.SKIP if judged_elsewhere else Severity.ERROR,
        message=f"{subject} {verb} {engine}{where}: {headline}",
        place=_place(rejection),
        cause=_told(cause, rejection),
        evidence=(*_evidence(rejection, engine, target), *_loaded(cause, plugins)),
        remedy="\n".join(filter(None, [general, str(equivalent or "")])),
    )


def _place(rejection: RejectionRecord) -> Place:
    return place_of_operator(
        rejection["operator"], rejection["node"], rejection["stack"], rejection["metadata"]
    )


def place_of_operator(
    operator: str, node: str, stack: Sequence[str], metadata: Mapping[str, str]
) -> Place:
    """Where an operator is, with the calls and branches around it."""
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
    """What the first line does not tell: the node's attributes, and of several lines of words all."""
    words = [cause.words] if "\n" in cause.words else []
    if cause.id == UNNAMED:
        return "".join(words)
    attributes = rejection.get("attributes", {})
    told = ", ".join(f"{name}={value}" for name, value in attributes.items())
    return "\n".join([*words, *([f"the node has {told}"] if told else [])])


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
