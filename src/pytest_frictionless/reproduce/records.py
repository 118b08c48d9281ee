"""What the search for a small model hands back: plain JSON, so that it is stored as it is."""

from __future__ import annotations

from typing import Any, TypedDict


class FailureRecord(TypedDict):
    """What a reproducer must show: a smaller model that fails otherwise is none."""

    stage: str
    """"parse", "build", "crash" or "parity"."""
    kind: str
    """As in RejectionRecord; "profile" where shapes must stay dynamic."""
    operator: str
    node: str
    stack: list[str]
    reason: str
    error_code: str
    """The parser's code; the name of the signal for a crash."""


class ReproducerRecord(TypedDict):
    """The smallest model that was found to fail in the same way."""

    nodes: int
    """Number of its nodes, those in bodies too; 0 where none was found."""
    of: int
    """Number of nodes of the model."""
    asked: int
    """Number of models that the engine was asked about."""
    complete: bool
    """False where the time ended before every node was tried."""
    operators: list[str]
    seconds: float
    why: str
    """Why there is none, where that is known."""


class TraceRecord(TypedDict):
    """What eager torch computed on its way; each number is that of an array, -1 for none."""

    modules: dict[str, int]
    """Output of each module that is called once, by its path."""
    operators: list[list[Any]]
    """[path of the innermost module, name as "aten.gelu.default", number], in order."""
    calls: dict[str, int]
    outputs: int


class DivergenceRecord(ReproducerRecord):
    """The first node whose numbers are not those of the reference."""

    place: dict[str, Any] | None
    """Fields of a Place."""
    tensor: str
    difference: float
    """Largest absolute difference of the tensor."""
    before: float
    """Largest absolute difference of what the nodes are given."""
    compared: int
    """Number of tensors that the reference has a counterpart of."""
    method: str
    """How the reference's values were had, in words."""
    blame: str
    """Whose fault the difference is, by a third opinion; empty where there is none."""
