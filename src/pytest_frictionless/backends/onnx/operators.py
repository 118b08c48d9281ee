"""Which operators a file uses, and where each stands first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.origin import origins_of

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.graph import OperatorRecord


def operators(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """Every operator once, in the order of the file; bodies and local functions included."""
    del memory, folder
    onnx = require("onnx", purpose="listing the operators")
    found: dict[tuple[str, str], OperatorRecord] = {}
    for origin in origins_of(read_graph(path)):
        record = found.setdefault(
            (origin.domain, origin.operator),
            {
                "operator": origin.operator, "domain": origin.domain, "count": 0,
                "node": origin.node, "stack": origin.stack, "metadata": origin.metadata,
                "deprecated_from": _deprecated_from(onnx, origin.operator, origin.domain),
            },
        )  # fmt: skip
        record["count"] += 1
    return {"operators": list(found.values())}


def _deprecated_from(onnx: Any, operator: str, domain: str) -> int | None:
    """Opset in which ONNX withdrew an operator; None where it is in force."""
    try:
        schema = onnx.defs.get_schema(operator, domain)
    except onnx.defs.SchemaError:
        return None
    return int(schema.since_version) if schema.deprecated else None
