"""Tensors of a graph whose values follow from the file alone, computed where a part needs them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.walk import reads, subgraphs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx

    from pytest_frictionless.backends.reduce.graph import Fact

MOST_ELEMENTS = 1 << 22
"""A constant larger than this is not computed: the nodes that make it are kept."""


class Constants:
    """Values of tensors that depend on initializers, constants and static shapes only."""

    def __init__(
        self,
        nodes: Sequence[onnx.NodeProto],
        maker: Mapping[str, int],
        initializers: Mapping[str, onnx.TensorProto],
        facts: Mapping[str, Fact],
        *,
        folder: str,
        opsets: Mapping[str, int],
    ) -> None:
        self._nodes, self._maker, self._initializers = nodes, maker, initializers
        self._facts, self._folder, self._opsets = facts, folder, opsets
        self._known: dict[str, Any] = {}

    def tensor(self, name: str) -> onnx.TensorProto | None:
        """The value as an initializer; None where it is not constant."""
        from onnx import numpy_helper

        value = self.value(name)
        return None if value is None else numpy_helper.from_array(value, name)

    def sizes(self, name: str) -> list[int] | None:
        """The value where it may be a shape or an axis: an integer or a list of a few."""
        value = self.value(name)
        if value is None or value.dtype.kind != "i" or value.ndim > 1 or value.size > 64:
            return None
        return [int(each) for each in value.reshape(-1)]

    def value(self, name: str) -> Any:
        """The value as an array; None where it is not constant."""
        if name not in self._known:
            # A chain may be longer than Python's stack is deep: its tensors are settled in order.
            for each in self._order(name):
                self._known[each] = self._compute(each)
        return self._known[name]

    def _order(self, name: str) -> list[str]:
        """The tensor and what it depends on, makers first."""
        order: list[str] = []
        waiting, seen = [(name, False)], {name}
        while waiting:
            each, ready = waiting.pop()
            if ready or each in self._known:
                order += [each] if each not in self._known else []
                continue
            waiting.append((each, True))
            if (number := self._maker.get(each)) is None or self._shape_of(number) is not None:
                continue
            for source in reads(self._nodes[number]):
                if source not in seen:
                    seen.add(source)
                    waiting.append((source, False))
        return order

    def _shape_of(self, number: int) -> list[int] | None:
        """What a Shape node gives, where it asks for a static shape."""
        node = self._nodes[number]
        fact = self._facts.get(node.input[0]) if node.op_type in ("Shape", "Size") else None
        if fact is None or not all(isinstance(size, int) for size in fact.dims):
            return None
        return [size for size in fact.dims if isinstance(size, int)]

    def _compute(self, name: str) -> Any:
        import numpy as np

        if (tensor := self._initializers.get(name)) is not None:
            return self._read(tensor)
        if (number := self._maker.get(name)) is None:
            return None
        node = self._nodes[number]
        if (shape := self._shape_of(number)) is not None:
            if node.op_type == "Size":
                return np.array(math.prod(shape), dtype=np.int64)
            given = {each.name: each.i for each in node.attribute}
            return np.array(shape[given.get("start") : given.get("end")], dtype=np.int64)
        sources = reads(node)
        if any(self._known.get(each) is None for each in sources) or any(subgraphs(node)):
            return None
        return self._run(node, {each: self._known[each] for each in sources}, name)

    def _read(self, tensor: onnx.TensorProto) -> Any:
        from onnx import numpy_helper

        if math.prod(tensor.dims) > MOST_ELEMENTS:
            return None
        try:
            return numpy_helper.to_array(tensor, self._folder)
        except (OSError, ValueError, TypeError, RuntimeError):
            return None

    def _run(self, node: onnx.NodeProto, feeds: Mapping[str, Any], name: str) -> Any:
        from onnx import helper
        from onnx.reference import ReferenceEvaluator

        if node.op_type.startswith(("Random", "Multinomial", "Bernoulli")):
            return None
        inputs = [helper.make_value_info(each, helper.make_tensor_type_proto(1, None))
                  for each in feeds]  # fmt: skip
        output = helper.make_value_info(name, helper.make_tensor_type_proto(1, None))
        graph = helper.make_graph([node], "constant", inputs, [output])
        try:
            version = self._opsets.get(node.domain, 1)
            imports = [helper.make_opsetid(node.domain, version)]
            model = helper.make_model(graph, opset_imports=imports)
            (value,) = ReferenceEvaluator(model).run([name], dict(feeds))
        except Exception:  # whatever it cannot compute is no constant
            return None
        return value if getattr(value, "size", MOST_ELEMENTS + 1) <= MOST_ELEMENTS else None
