"""Which tensors of an exported graph are which values of eager torch.

torch's exporter writes into every node the modules and the operator it comes from. A module that is
called once is known by its path; an operator by its module, its name, and its rank among its like,
and only where both sides have as many of them: anything else would be a guess.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.walk import reads
from pytest_frictionless.place import NAME_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx

    from pytest_frictionless.reproduce.records import TraceRecord

CLASS_HIERARCHY = "pkg.torch.onnx.class_hierarchy"

Key = tuple[str, str]
"""Path of a module, "*" for the whole model, and name of an operator."""


def pairs(model: onnx.ModelProto, trace: TraceRecord) -> dict[str, int]:
    """Number of the eager value that each tensor should be equal to."""
    graph = _Graph(model)
    found: dict[str, int] = {}
    for groups, values in (graph.operators(trace), graph.modules(trace)):
        for key, tensors in groups.items():
            numbers = values.get(key, [])
            if len(tensors) == len(numbers):
                found.update({t: n for t, n in zip(tensors, numbers, strict=True) if t and n >= 0})
    return found


class _Graph:
    """Nodes of a graph by where they come from."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.nodes = list(model.graph.node)
        self.scopes = [_scopes(node) for node in self.nodes]
        self.ends = {value.name for value in model.graph.output}
        self.readers: dict[str, set[int]] = defaultdict(set)
        for i, node in enumerate(self.nodes):
            for name in reads(node):
                self.readers[name].add(i)

    def operators(self, trace: TraceRecord) -> tuple[dict[Key, list[str]], dict[Key, list[int]]]:
        """Last tensors of the nodes of each operator, and the eager values, in order."""
        members: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, (names, _) in enumerate(self.scopes):
            if names:
                members[names].append(number)
        tensors: dict[Key, list[str]] = defaultdict(list)
        values: dict[Key, list[int]] = defaultdict(list)
        for names, numbers in members.items():
            last, operator = self._leaving(numbers), self.scopes[numbers[0]][1]
            path = names[-2] if len(names) > 1 else ""
            for key in ((path, operator), ("*", operator)):
                tensors[key].append(last)
        for path, operator, number in trace["operators"]:
            for key in ((path, operator), ("*", operator)):
                values[key].append(number)
        return tensors, values

    def modules(self, trace: TraceRecord) -> tuple[dict[Key, list[str]], dict[Key, list[int]]]:
        """The tensor that leaves the nodes of each module, and the eager value."""
        tensors: dict[Key, list[str]] = {}
        for path in trace["modules"]:
            numbers = [i for i, (names, _) in enumerate(self.scopes) if path and path in names[:-1]]
            if numbers and (last := self._leaving(numbers)):
                tensors[path, ""] = [last]
        return tensors, {(path, ""): [number] for path, number in trace["modules"].items()}

    def _leaving(self, numbers: Iterable[int]) -> str:
        """The one tensor that these nodes hand to others; empty where there are several."""
        inside = set(numbers)
        made = [
            name
            for i in sorted(inside)
            for name in self.nodes[i].output
            if name in self.ends or self.readers[name] - inside
        ]
        return made[0] if len(made) == 1 else ""


def _scopes(node: onnx.NodeProto) -> tuple[tuple[str, ...], str]:
    """Modules around a node with the operator's own name, and what the operator is."""
    given = {entry.key: entry.value for entry in node.metadata_props}
    try:
        names = tuple(map(str, ast.literal_eval(given[NAME_SCOPES])))
        return names, str(ast.literal_eval(given[CLASS_HIERARCHY])[-1])
    except (KeyError, ValueError, SyntaxError, IndexError):
        return (), ""
