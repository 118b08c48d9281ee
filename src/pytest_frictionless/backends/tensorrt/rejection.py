"""The record of one thing that the parser or the builder refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.origin import Origin

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.engine import RejectionRecord

NOBODY = Origin(node="", operator="")
"""Where no node can be blamed."""


def rejection(
    stage: str, reason: str, *, kind: str = "unsupported", origin: Origin = NOBODY, code: str = ""
) -> RejectionRecord:
    """What was refused at this stage, in the engine's words; see `RejectionRecord`."""
    return {
        "stage": stage, "kind": kind, "operator": origin.operator, "node": origin.node,
        "stack": origin.stack, "reason": reason, "error_code": code, "metadata": origin.metadata,
        "domain": origin.domain, "attributes": origin.attributes,
    }  # fmt: skip
