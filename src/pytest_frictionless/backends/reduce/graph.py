"""Parts of an ONNX graph as models of their own: what a part lacks becomes an input or a constant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.walk import reads, subgraphs, walk
from pytest_frictionless.backends.reduce.constants import Constants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import onnx


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is known of a tensor."""

    elem_type: int
    dims: list[int | str | None]
    spans: list[list[int]] = field(default_factory=list)
    """Its shapes at min, opt and max; empty where shapes are frozen or not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some nodes of a graph as a model."""

    model: onnx.ModelProto
    nodes: frozenset[int]
    inputs: dict[str, list[list[int]]]
    """Shapes of the inputs at min, opt and max."""
    values: dict[str, list[list[int]]]
    """Contents of the inputs that hold sizes, at min, opt and max."""

    @property
    def size(self) -> int:
        """Number of nodes, those in bodies too."""
        return sum(1 for _ in walk(self.model.graph))


class Whole:
    """A graph that parts are taken of.

    Nodes are known by their number: first those of the graph in order, then those in bodies.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        facts: Mapping[str, Fact],
        *,
        folder: str,
        points: Sequence[Constants] = (),
        quantise: bool = True,
    ) -> None:
        self.model = model
        self.facts = facts
        graph = model.graph
        self.nodes: list[onnx.NodeProto] = list(graph.node)
        self.count = len(self.nodes)
        bodies = [body for node in graph.node for _, body in subgraphs(node)]
        self.holder: dict[str, int] = {}
        """Number of the top node around each node in a body, by name."""
        for i, node in enumerate(graph.node):
            for _, body in subgraphs(node):
                for _, _, inner in walk(body):
                    self.nodes.append(inner)
                    self.holder[inner.name] = i
        self.maker = {name: i for i, node in enumerate(self.nodes) for name in node.output if name}
        self.number = {node.name: i for i, node in enumerate(self.nodes)}
        self.initializers = {tensor.name: tensor for tensor in graph.initializer}
        for body in bodies:
            self.initializers.update({tensor.name: tensor for tensor in body.initializer})
        self.given = {value.name: value for value in graph.input}
        self.outputs = {value.name for value in graph.output}
        self.readers: dict[str, set[int]] = {}
        for i, node in enumerate(self.nodes):
            for name in reads(node):
                self.readers.setdefault(name, set()).add(i)
        self.constants = Constants(
            self.nodes, self.maker, self.initializers, facts, folder=folder,
            opsets={each.domain: each.version for each in model.opset_import},
        )  # fmt: skip
        self.quantise = quantise
        """Whether a tensor of a quantised type is made of floats, as TensorRT wants it."""
        self.points = points
        """Constants where the shapes are frozen at min, opt and max; empty where they are frozen."""

    def window(self, low: int, high: int) -> frozenset[int]:
        """Numbers of the nodes from `low` to before `high`."""
        return frozenset(range(low, high))

    def around(self, number: int, hops: int) -> frozenset[int]:
        """The node and those of the graph that are this many edges away at most."""
        found = {number}
        for _ in range(hops):
            for i in list(found):
                found |= {self.maker[n] for n in reads(self.nodes[i]) if n in self.maker}
                for name in self.nodes[i].output:
                    found |= self.readers.get(name, set())
        return frozenset(i for i in found if i < self.count or i == number)

    def behind(self, numbers: Iterable[int], *, within: frozenset[int]) -> frozenset[int]:
        """Those of `within` that these nodes depend on, and the nodes themselves."""
        found, waiting = set(numbers), list(numbers)
        while waiting:
            for name in reads(self.nodes[waiting.pop()]):
                maker = self.maker.get(name, -1)
                if maker in within and maker not in found:
                    found.add(maker)
                    waiting.append(maker)
        return frozenset(found)

    def part(self, numbers: frozenset[int]) -> Part | None:
        """These nodes as a model; None where an input's type is not known, or nothing comes out."""
        import onnx
        from onnx import helper

        kept = [self.nodes[i] for i in sorted(numbers, key=self._order)]
        made = {name for node in kept for name in node.output if name}
        made |= {name for node in kept for _, body in subgraphs(node)
                 for name in _locals(body)}  # fmt: skip
        graph = onnx.GraphProto(name="reproducer")
        part = Part(
            model=onnx.ModelProto(), nodes=numbers, inputs={}, values={},
        )  # fmt: skip
        for name in dict.fromkeys(n for node in kept for n in _ordered_reads(node)):
            if name not in made and not self._provide(name, graph, part):
                return None
        graph.node.extend(kept)
        for name in self._ends(kept):
            fact = self.facts.get(name)
            value = helper.make_tensor_value_info(
                name, fact.elem_type if fact else 1, fact.dims if fact else None
            )
            graph.output.append(value)
        if not graph.output:
            return None
        model = part.model
        model.ir_version = self.model.ir_version
        model.opset_import.extend(self.model.opset_import)
        model.graph.CopyFrom(graph)
        return part

    def _order(self, number: int) -> tuple[int, int]:
        """Place in the file: a node of a body lies where the node around it lies."""
        return self.holder.get(self.nodes[number].name, number), number

    def _provide(self, name: str, graph: onnx.GraphProto, part: Part) -> bool:
        """Give a part the tensor that it reads and does not make."""
        from onnx import helper

        if name in self.initializers:
            graph.initializer.append(self.initializers[name])
            return True
        if name in self.maker and (constant := self.constants.tensor(name)) is not None:
            graph.initializer.append(constant)
            return True
        sizes = [each.sizes(name) for each in self.points] if name in self.maker else []
        fact = self.facts.get(name)
        if fact is None:
            return False
        narrow = self.quantise and fact.elem_type in cut.QUANTISED and name in self.maker
        source = f"{name}__float" if narrow else name
        elem_type = 1 if narrow else fact.elem_type
        dims: list[Any] = list(fact.dims)
        if fact.spans:
            part.inputs[source] = fact.spans
        if sizes and all(each is not None for each in sizes):
            part.values[source] = [each for each in sizes if each is not None]
        elif self.points and not fact.spans:
            return False
        graph.input.append(helper.make_tensor_value_info(source, elem_type, dims))
        if narrow:
            graph.node.extend(cut.quantised(source, name, fact.elem_type))
        return True

    def _ends(self, kept: list[onnx.NodeProto]) -> Iterator[str]:
        """Tensors that no kept node reads; of a node with several outputs those that are read."""
        read = {name for node in kept for name in reads(node)}
        for node in kept:
            names = [name for name in node.output if name]
            used = [n for n in names if n in self.outputs or self.readers.get(n)] or names[:1]
            for name in used:
                fact = self.facts.get(name)
                narrow = self.quantise and fact and fact.elem_type in cut.QUANTISED
                if name not in read and not narrow:
                    yield name


def _ordered_reads(node: onnx.NodeProto) -> list[str]:
    """Names that a node reads, in the order of its inputs, then those of its bodies."""
    own = [name for name in node.input if name]
    return [*own, *sorted(reads(node) - set(own))]


def _locals(body: onnx.GraphProto) -> Iterator[str]:
    """Names that a body makes for itself."""
    yield from (value.name for value in body.input)
    yield from (tensor.name for tensor in body.initializer)
    for node in body.node:
        yield from node.output
        for _, inner in subgraphs(node):
            yield from _locals(inner)
