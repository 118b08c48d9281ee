"""Values that are the same in every run and yet computed, or stored where weights do not belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.cost import operations
from pytest_frictionless.backends.onnx.hygiene.picture import counted
from pytest_frictionless.backends.onnx.hygiene.wording import amount, finding, joined, plural, size
from pytest_frictionless.backends.onnx.weights import bytes_of, constants_in_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

LARGE_RESULT = 64 * 1024
"""Bytes that constant nodes make, from which they are told: every exporter leaves small ones."""
MANY_NODES = 25
SHARE_OF_NODES = 0.05
LARGE_CONSTANT = 1024 * 1024
_FREE = ("Constant", "Identity")


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR407 for constant subgraphs, and FR415 for weights held by nodes."""
    yield from _foldable(picture)
    huge = [
        (bytes_of(tensor.data_type, tensor.dims), node)
        for node, tensor in constants_in_nodes(picture.graph)
    ]
    huge = sorted((each for each in huge if each[0] >= LARGE_CONSTANT), key=lambda each: -each[0])
    if huge:
        total = sum(count for count, _ in huge)
        yield finding(
            "FR415",
            f"{size(total)} of constants inside {plural(len(huge), 'node')}, and not among the weights",
            picture=picture, nodes=[node for _, node in huge],
            costs=[size(count) for count, _ in huge],
        )  # fmt: skip


def _is_tied(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether a weight is turned for one reader and read as it is by another, as a tied embedding.

    Folded, it would be stored twice.
    """
    return node.op_type == "Transpose" and any(
        reader.output[0] not in picture.constants
        for reader in picture.readers.get(node.input[0], ())
    )


def _foldable(picture: Picture) -> Iterator[Finding]:
    """Nodes whose inputs are all constant."""
    nodes = [
        node for node in picture.nodes
        if node.op_type not in _FREE and node.output[0] in picture.constants
        and not _is_tied(picture, node)
    ]  # fmt: skip
    last = {
        name: node for node in nodes for name in node.output
        if name in picture.output_names or any(
            reader.output[0] not in picture.constants for reader in picture.readers.get(name, ())
        )
    }  # fmt: skip
    ends = sorted(last, key=picture.tensor_bytes, reverse=True)
    made = sum(map(picture.tensor_bytes, ends))
    many = max(MANY_NODES, SHARE_OF_NODES * len(picture.nodes))
    if not ends or (made < LARGE_RESULT and len(nodes) < many):
        return
    yield finding(
        "FR407",
        f"{plural(len(nodes), 'node')} ({counted(nodes)}) always give the same: "
        + joined([f"{size(made)} computed anew at each load", amount(operations(picture, nodes))]),
        picture=picture, nodes=[last[name] for name in ends],
        costs=[f"makes {size(picture.tensor_bytes(name))}" for name in ends],
    )  # fmt: skip
