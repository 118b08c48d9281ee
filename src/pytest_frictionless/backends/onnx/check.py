"""onnx.checker in full, and what it refuses told with the node and the user's line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Place, quoted
from pytest_frictionless.place import place_of_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

_NAMED = re.compile(
    r"(?:Bad node spec for node\. Name: |\(op_type:\s*\w+, node name: )(?P<node>[^\s,)]+)"
)
_UNSORTED = re.compile(
    r"topologically sorted, however input '(?P<input>[^']*)' of node:\s*name:.*?OpType:\s*(?P<operator>\w+)",
    re.DOTALL,
)


_TYPED = re.compile(r"\(op_type:\s*(?P<op>\w+), .*has unsupported type: tensor\((?P<type>\w+)\)")


def check(path: str, model: onnx.ModelProto) -> None:
    """Raise StepFailed FR222 for nodes newer than the file's opset, FR205 for all else."""
    onnx = require("onnx", purpose="checking the ONNX file")
    if (newer := _newer_node(model)) is not None:
        raise StepFailed(newer)
    try:
        onnx.checker.check_model(path, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        text = str(error).strip()
        raise StepFailed(_rejected(model, text or type(error).__name__)) from error


def _rejected(model: onnx.ModelProto, text: str) -> Finding:
    """FR205 in the checker's words, but where they begin with half a sentence."""
    rejects = "onnx.checker rejects the file"
    if unsorted := _UNSORTED.search(text):
        given, operator = unsorted["input"], unsorted["operator"]
        nodes = (e for e in _nodes(model) if e.op_type == operator and given in e.input)
        return Finding(
            code="FR205",
            message=f"{rejects}: no node before this {operator} makes its input {given!r}",
            place=next(map(place_of, nodes), None),
            cause=" ".join(text.split()),
        )
    named = _NAMED.search(text)
    message, cause = quoted(rejects, text)
    place = _place(model, named["node"]) if named else None
    return Finding(
        code="FR205", message=message, place=place, cause=cause, remedy=_opset_of_type(model, text)
    )


def _opset_of_type(model: onnx.ModelProto, text: str) -> str:
    """Where a newer opset has the operator in this element type, that one."""
    onnx = require("onnx", purpose="checking the ONNX file")
    match = _TYPED.search(text)
    if match is None:
        return ""
    operator, kind = match["op"], match["type"]
    versions = [
        schema.since_version
        for schema in onnx.defs.get_all_schemas_with_history()
        if (schema.name, schema.domain) == (operator, "") and schema.since_version > _opset(model)
        and any(f"tensor({kind})" in each.allowed_type_strs for each in schema.type_constraints)
    ]  # fmt: skip
    if not versions:
        return f"No opset has {operator} in {kind}: cast its input."
    since = min(versions)
    return f"{operator} takes {kind} from opset {since} on: export at that, or compute it in another type."


def _opset(model: onnx.ModelProto) -> int:
    return next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)


def _nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    yield from (node for _, _, node in walk(model.graph))


def _place(model: onnx.ModelProto, name: str) -> Place:
    found = next((node for node in _nodes(model) if node.name == name), None)
    return place_of(found) if found is not None else Place(node=name)


def place_of(node: onnx.NodeProto) -> Place:
    """Where a node is, in the graph and in the user's source."""
    return place_of_node(
        name=node.name or (node.output[0] if node.output else ""), operator=node.op_type,
        metadata={entry.key: entry.value for entry in node.metadata_props},
    )  # fmt: skip


def _newer_node(model: onnx.ModelProto) -> Finding | None:
    """FR222: the exporter writes such a node without an error, and no runtime reads the file."""
    onnx = require("onnx", purpose="checking the ONNX file")
    says = _opset(model)
    own = {(function.domain, function.name) for function in model.functions}
    for node in _nodes(model):
        if node.domain not in ("", "ai.onnx") or (node.domain, node.op_type) in own or not says:
            continue
        if onnx.defs.has(node.op_type, max_inclusive_version=says, domain=""):
            continue
        versions = [
            schema.since_version
            for schema in onnx.defs.get_all_schemas_with_history()
            if schema.name == node.op_type and schema.domain == ""
        ]
        if versions:
            since = min(versions)
            return Finding(
                code="FR222",
                message=f"{node.op_type} is there from opset {since}, and the file says opset {says}",
                place=place_of(node),
                cause=f"No runtime that goes by the file's opset knows {node.op_type}.",
                remedy=f"Export at opset {since} or later, and pin it in frictionless.yaml:\n"
                f'opset: {{version: {since}, reason: "{node.op_type} needs it"}}',
            )
    return None
