"""A smaller graph that says the same, made with onnxslim; what it drops on the way is put back."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import graph_inputs, read_graph
from pytest_frictionless.backends.onnx.walk import subgraphs, walk
from pytest_frictionless.backends.onnx.weights import raw_bytes
from pytest_frictionless.checkpoint.external import external_files
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx

    from pytest_frictionless.artifacts.graph import SimplifiedRecord

SIMPLIFIED = "model.onnx"
EXTERNAL_FROM = 1024
"""Bytes of a weight from which it is stored outside, where the file it comes from did so too."""
SWALLOWED = 4
"""Nodes that are looked at on the way back from an output to the node that it was given to."""
_LIFTED = re.compile(r"_subg_\d+_.*$")
"""What onnxslim adds to a name where it takes the branch of an If into the graph."""


def simplify(
    memory: dict[str, Any], folder: str, *, path: str, location: str, without: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Write the simplified file; external data goes to `location`, where the file has any.

    `without` names optimisations of onnxslim to leave out.

    Raises StepFailed FR420 where onnxslim fails, or what it makes is no valid file of the same
    opset, inputs and outputs.
    """
    del memory
    onnx = require("onnx", purpose="simplifying a graph")
    onnxslim = require("onnxslim", purpose="simplifying a graph")
    external = external_files(Path(path))
    before = read_graph(path)
    tool = f"onnxslim {onnxslim.__version__}"
    try:
        after = onnxslim.slim(onnx.load(path), skip_optimizations=without or None)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        words = str(error).strip() or type(error).__name__
        raise StepFailed(_failed(f"{tool} fails", f"{type(error).__name__}: {words}")) from error
    tie(after.graph)
    carried = restore(before, after)
    written = Path(folder) / SIMPLIFIED
    onnx.save(
        after, written, save_as_external_data=bool(external), location=location,
        size_threshold=EXTERNAL_FROM,
    )  # fmt: skip
    try:
        onnx.checker.check_model(str(written), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        raise StepFailed(_failed(f"onnx.checker rejects what {tool} makes", str(error))) from error
    record: SimplifiedRecord = {
        "tool": tool,
        "files": [SIMPLIFIED, *([location] if (Path(folder) / location).is_file() else [])],
        "operators_before": _operators(before),
        "operators": _operators(after),
        "bytes_before": sum(each.stat().st_size for each in {Path(path), *external}),
        "bytes": sum(each.stat().st_size for each in Path(folder).iterdir()),
        "carried": carried,
    }
    return {**record}


def _failed(what: str, words: str) -> Finding:
    message, cause = quoted(what, words)
    return Finding(code="FR420", message=message, cause=cause)


def _operators(model: onnx.ModelProto) -> dict[str, int]:
    """Nodes by operator, in bodies and functions too."""
    nodes = [node for _, _, node in walk(model.graph)]
    nodes += [node for function in model.functions for node in function.node]
    return dict(Counter(node.op_type for node in nodes))


def tie(graph: onnx.GraphProto) -> None:
    """Keep one of each weight that is stored several times; onnxslim ties small ones only."""
    kept: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    instead: dict[str, str] = {}
    bodies = [body for _, _, node in walk(graph) for _, body in subgraphs(node)]
    handed_out = {value.name for each in (graph, *bodies) for value in each.output}
    for tensor in graph.initializer:
        digest = hashlib.blake2b(raw_bytes(tensor, Path())).digest()
        first = kept.setdefault((tensor.data_type, tuple(tensor.dims), digest), tensor.name)
        if first != tensor.name and tensor.name not in handed_out:
            instead[tensor.name] = first
    for _, _, node in walk(graph):
        for i, name in enumerate(node.input):
            node.input[i] = instead.get(name, name)
    for i in reversed(range(len(graph.initializer))):
        if graph.initializer[i].name in instead:
            del graph.initializer[i]


def restore(before: onnx.ModelProto, after: onnx.ModelProto) -> int:
    """Give the simplified model everything of the original that is not the graph's business.

    Inputs and outputs with their names, types and dimensions, opsets, IR version, documentation,
    and the metadata of every node whose output is still there. Gives the number of such nodes.
    """
    after.ir_version = before.ir_version
    for field in ("opset_import", "metadata_props"):
        _replace(after, before, field)
    for field in ("producer_name", "producer_version", "domain", "model_version", "doc_string"):
        setattr(after, field, getattr(before, field))
    graph, original = after.graph, before.graph
    graph.name, graph.doc_string = original.name, original.doc_string
    _replace(graph, original, "metadata_props")
    _replace(graph, original, "output")
    _restore_inputs(before, graph)
    alive = {name for node in graph.node for name in node.output} - {v.name for v in graph.output}
    known = [value for value in original.value_info if value.name in alive]
    # What was inferred anew merges symbols; only what the file itself declared is kept.
    del graph.value_info[:]
    graph.value_info.extend(known)
    carried = _carry((node for _, _, node in walk(original)), (node for _, _, node in walk(graph)))
    functions = {(f.domain, f.name, f.overload): f for f in before.functions}
    for function in after.functions:
        own = functions.get((function.domain, function.name, function.overload))
        carried += _carry(own.node, function.node) if own is not None else 0
    return carried


def _replace(target: Any, source: Any, field: str) -> None:
    del getattr(target, field)[:]
    getattr(target, field).extend(getattr(source, field))


def _restore_inputs(before: onnx.ModelProto, graph: onnx.GraphProto) -> None:
    """The inputs a caller gives; files of IR version 3 have to list their weights, too."""
    import onnx

    del graph.input[:]
    graph.input.extend(graph_inputs(before))
    if before.ir_version < 4:
        graph.input.extend(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in graph.initializer
        )


def _carry(before: Iterable[onnx.NodeProto], after: Iterable[onnx.NodeProto]) -> int:
    """Hand names, metadata and documentation on; gives the number of nodes with metadata."""
    origins = _Origins(before)
    carried = 0
    for node in after:
        origin = origins.of(node)
        if origin is None:
            continue
        node.name = node.name or origin.name
        node.doc_string = node.doc_string or origin.doc_string
        if origin.metadata_props and not node.metadata_props:
            node.metadata_props.extend(origin.metadata_props)
        carried += bool(node.metadata_props)
    return carried


class _Origins:
    """Which node of the original one of the simplified graph was."""

    def __init__(self, nodes: Iterable[onnx.NodeProto]) -> None:
        known = list(nodes)
        names = Counter(node.name for node in known)
        self._by_name = {node.name: node for node in known if node.name and names[node.name] == 1}
        self._by_output = {name: node for node in known for name in node.output if name}

    def of(self, node: onnx.NodeProto) -> onnx.NodeProto | None:
        """By its name, else by its outputs.

        A node that swallowed the one after it has that one's output: its own kind is looked for
        on the way back.
        """
        named = self._by_name.get(node.name)
        if named is not None and named.op_type == node.op_type:
            return named
        outputs = [name for name in node.output if name]
        outputs += [_LIFTED.sub("", name) for name in outputs]
        made = next((self._by_output[name] for name in outputs if name in self._by_output), None)
        at = made
        for _ in range(SWALLOWED):
            if at is None or at.op_type == node.op_type:
                break
            at = next((self._by_output[name] for name in at.input if name in self._by_output), None)
        return made if at is None or at.op_type != node.op_type else at
