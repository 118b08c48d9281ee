"""How the rules of hygiene say what they found: one finding for a rule, its nodes as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture

SHOWN = 8
"""Nodes that are listed; the rest is counted."""


def finding(
    code: str, message: str, *, picture: Picture, nodes: Sequence[onnx.NodeProto],
    costs: Sequence[str] = (), cause: str = "", remedy: str = "",
    severity: Severity = Severity.WARNING,
) -> Finding:  # fmt: skip
    """A finding placed at its first node, with a line of evidence for each of the others."""
    places = [picture.place(node) for node in nodes[:SHOWN]]
    evidence = []
    for i, place in enumerate(places):
        source = f"{place.file}:{place.line}" if place.file else ""
        layer = f"in {place.module}" if place.module else ""
        words = [costs[i] if i < len(costs) else "", layer, f"at {source}" if source else ""]
        told = " ".join(word for word in words if word)
        if told and (i or (costs and costs[0])):
            evidence.append((f"{place.node} ({place.operator})", told))
        elif i:
            evidence.append((place.node, place.operator))
    if len(nodes) > SHOWN:
        evidence.append(("...", f"and {len(nodes) - SHOWN} more"))
    return Finding(
        code=code, message=message, place=places[0] if places else None, cause=cause,
        remedy=remedy, evidence=tuple(evidence), severity=severity,
    )  # fmt: skip


def size(count: float) -> str:
    """Bytes with the unit that reads best."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


def of_weights(count: int) -> str:
    """Bytes of weights; empty where there are none."""
    return f"{size(count)} of weights" if count else ""


def amount(count: int) -> str:
    """Operations of one run with the prefix that reads best; empty where unknown."""
    amount = float(count)
    for prefix in ("", "k", "M", "G"):
        if amount < 1000:
            return f"{amount:.3g} {prefix}Op" if count else ""
        amount /= 1000
    return f"{amount:.3g} TOp"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(parts: Iterable[str]) -> str:
    """Those of the parts that say something, with commas."""
    return ", ".join(part for part in parts if part)
