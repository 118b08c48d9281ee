"""Nodes in a row that do nothing, or undo each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.picture import attribute
from pytest_frictionless.backends.onnx.hygiene.wording import finding, joined, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

LONG_CHAIN = 3
FEW_IDENTITIES = 10
SHARE_OF_NODES = 0.02
"""Exporters write an Identity here and there; TensorRT drops them. From here on it is a habit."""


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR406 for chains of Cast, and for Identity in chains or in masses."""
    casts = [node for node in picture.nodes if _recasts(picture, node)]
    if casts:
        moved = sum(picture.tensor_bytes(node.input[0]) for node in casts)
        yield finding(
            "FR406",
            f"{plural(len(casts), 'Cast')} right after another Cast: "
            + joined([plural(len(casts), "node"), f"{size(moved)} rewritten in each run"]),
            picture=picture, nodes=casts, costs=[_way(picture, node) for node in casts],
        )  # fmt: skip
    idle = [node for node in picture.nodes if _is_idle(picture, node)]
    chained = [node for node in idle if _length(picture, node) >= LONG_CHAIN]
    if chained or len(idle) >= max(FEW_IDENTITIES, SHARE_OF_NODES * len(picture.nodes)):
        shown = chained or idle
        yield finding(
            "FR406",
            f"{plural(len(idle), 'node')} that {'does' if len(idle) == 1 else 'do'} nothing"
            + (f", {LONG_CHAIN} or more in a row" if chained else ""),
            picture=picture, nodes=shown,
        )  # fmt: skip


def _is_idle(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether a node hands on what it is given; one that names a constant anew costs nothing."""
    if not node.input or node.input[0] in picture.constants:
        return False
    if node.op_type == "Identity" or (node.op_type == "Dropout" and picture.opset < 12):
        return True
    if node.op_type == "Dropout":
        return len(node.input) < 3 or not node.input[2]
    if node.op_type == "Cast":
        given = picture.types.get(node.input[0], (0, None))[0]
        return bool(given) and given == attribute(node, "to", 0)
    return False


def _length(picture: Picture, node: onnx.NodeProto) -> int:
    """Number of idle nodes in a row that end with this one."""
    count = 0
    while _is_idle(picture, node):
        count += 1
        if (maker := picture.makers.get(node.input[0])) is None:
            break
        node = maker
    return count


def _recasts(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether a Cast takes what another Cast made for it alone; sizes and single numbers are left out."""
    if node.op_type != "Cast" or node.output[0] in picture.sizes_of_tensors:
        return False
    first = picture.makers.get(node.input[0])
    alone = picture.only_reader(node.input[0]) is not None
    return (
        first is not None
        and first.op_type == "Cast"
        and first.input[0] not in picture.constants
        and alone
        and picture.rank(node.output[0]) != 0
    )


def _way(picture: Picture, node: onnx.NodeProto) -> str:
    first = picture.makers[node.input[0]]
    types = (picture.dtype(name) for name in (first.input[0], node.input[0], node.output[0]))
    return " → ".join(name or "?" for name in types)
