"""Outputs that nobody asked for, with everything that is computed for them alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.cost import operations
from pytest_frictionless.backends.onnx.hygiene.picture import counted
from pytest_frictionless.backends.onnx.hygiene.wording import (
    amount,
    finding,
    joined,
    of_weights,
    plural,
)
from pytest_frictionless.backends.onnx.walk import reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

_AUXILIARY = re.compile(
    r"(?:^|[./_])aux(?:iliary)?(?:_?(?:head|logits?|classifier|outputs?|out|loss|\d+))*(?:$|[./_])",
    re.IGNORECASE,
)


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR412 for outputs outside the user's `outputs`; where none are given, for what says "aux"."""
    wanted = picture.wanted_outputs
    names = picture.output_names
    if wanted and not set(wanted) & set(names):
        return  # the names are of something else: the file's own tell nothing
    extra = [name for name in names if (name not in wanted if wanted else _says_aux(picture, name))]
    if not extra or len(extra) == len(names):
        return
    own = _needed_for(picture, extra) - _needed_for(picture, [n for n in names if n not in extra])
    nodes = [node for i, node in enumerate(picture.nodes) if i in own]
    if not nodes and not wanted:
        return
    weights = {name for node in nodes for name in reads(node)}
    others = {n for i, node in enumerate(picture.nodes) if i not in own for n in reads(node)}
    cost = joined(
        [
            f"{plural(len(nodes), 'node')} ({counted(nodes)})" if nodes else "no node",
            of_weights(picture.weight_bytes(weights - others)),
            amount(operations(picture, nodes)),
        ]
    )
    which = f"output{'s' * (len(extra) > 1)} {', '.join(extra[:6])}"
    why = (
        "not among `outputs` in frictionless.yaml"
        if wanted
        else "by the name an auxiliary head of training"
    )
    makers = [picture.makers[name] for name in extra if name in picture.makers]
    yield finding(
        "FR412",
        f"{which}: {why}; computed for nobody: {cost}",
        picture=picture, nodes=makers,
    )  # fmt: skip


def _says_aux(picture: Picture, output: str) -> bool:
    maker = picture.makers.get(output)
    module = picture.place(maker).module if maker is not None else ""
    return bool(_AUXILIARY.search(output) or _AUXILIARY.search(module))


def _needed_for(picture: Picture, outputs: Iterable[str]) -> set[int]:
    """Indexes of the nodes that these outputs depend on."""
    wanted = set(outputs)
    needed = set()
    for i in reversed(range(len(picture.nodes))):
        node: onnx.NodeProto = picture.nodes[i]
        if wanted & set(node.output):
            needed.add(i)
            wanted |= reads(node)
    return needed
