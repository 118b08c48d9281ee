"""Which nodes the builder's words name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.walk import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnx

_PRODUCED = re.compile(r"Tensor (?P<name>.+?) has datatype \S+ but is not produced by")
_CONSUMED = re.compile(r"Tensor (?P<name>.+?) has datatype \S+ but is not consumed by")


def named(model: onnx.ModelProto, errors: Sequence[str]) -> list[str]:
    """Nodes that the builder's words name, longest name first.

    Layers are called as their node, with `_2` or `_OutputLayer` behind it; tensors as in the file.
    """
    text = "\n".join(errors)
    makers: dict[str, str] = {}
    readers: dict[str, list[onnx.NodeProto]] = {}
    names: list[str] = []
    for _, _, node in walk(model.graph):
        names.append(node.name)
        for output in node.output:
            makers[output] = node.name
        for name in node.input:
            readers.setdefault(name, []).append(node)
    made = [makers[m["name"]] for m in _PRODUCED.finditer(text) if m["name"] in makers]
    read = [
        node.name
        for m in _CONSUMED.finditer(text)
        for node in readers.get(m["name"], [])
        if node.op_type not in ("DequantizeLinear", "Concat", "Shape", "Reshape", "Identity")
    ]
    quoted = sorted((n for n in names if n in text and _says(text, n)), key=len, reverse=True)
    return list(dict.fromkeys([*made, *read, *quoted]))


def _says(text: str, name: str) -> bool:
    """True where a name stands in a text as a word of its own."""
    pattern = rf"(?<![\w/.]){re.escape(name)}(?:_\d+|_\w*Layer|_Attention\w*)?(?![\w/]|\.\w)"
    return re.search(pattern, text) is not None


def words_about(errors: Sequence[str], name: str) -> str:
    """The error that names the node, else the first."""
    return next((text for text in errors if name and _says(text, name)), errors[0])
