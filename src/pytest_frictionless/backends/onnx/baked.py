"""A size of the example inside a shape that is computed from parts: told from the run that it fails."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.dims import constant_numbers
from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import onnx

_SHAPES = re.compile(r"Input shape:\{(?P<given>[\d,]+)\}, requested shape:\{(?P<asked>[-\d,]+)\}")
_SAME_VALUE = {"Unsqueeze", "Squeeze", "Cast", "Identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baked:
    """A constant in the place of a symbol."""

    symbol: str
    size: int

    @property
    def remedy(self) -> str:
        """What keeps the size open."""
        return (
            f"Export again with {self.symbol} kept symbolic: a tracing exporter writes the example's {self.size}. "
            "With torch:\ntorch.onnx.export(..., dynamo=True, dynamic_shapes=...), and no int() or "
            f"len() of this size in forward().\nIf {self.symbol} is always {self.size}, fix it "
            f"in the profile of frictionless.yaml: {self.symbol}: {self.size}"
        )


def baked_in(path: str, name: str, said: str, sizes: Mapping[str, int]) -> Baked | None:
    """The symbol that a Reshape holds as a constant, by what ONNX Runtime says of its failure.

    A constant is the size of the example where the symbol's size in its place makes the shape fit.
    """
    match = _SHAPES.search(said)
    if match is None:
        return None
    given, asked = ([*map(int, match[each].split(","))] for each in ("given", "asked"))
    model = read_graph(path)
    nodes = (node for _, _, node in walk(model.graph) if name in (node.name, *node.output))
    numbers = [number for node in nodes for number in _parts(model, node.input[1])]
    if None not in numbers:
        return None  # a constant shape: `lost_symbol` tells of it, with more
    by_size = sorted(sizes.items(), key=lambda each: -each[1])
    for number in filter(None, numbers):
        for symbol, size in by_size:
            if number > 0 and _fits(given, asked, number, size):
                return Baked(symbol=symbol, size=number)
    return None


def _fits(given: list[int], asked: list[int], number: int, size: int) -> bool:
    """Whether the shape that was asked for would fit with this size in the place of a number."""
    elements, wanted = math.prod(given), math.prod(each for each in asked if each > 0)
    if (
        -1 in asked
    ):  # ONNX Runtime puts it for one computed part: nothing can be said of a size of 1
        return size > 1 and elements * number % (wanted * size) == 0
    return elements * number == wanted * size


def _parts(model: onnx.ModelProto, name: str) -> Iterator[int | None]:
    """The numbers of a shape, None for one that is computed."""
    numbers = constant_numbers(model, name)
    made = next((node for node in model.graph.node if name in node.output), None)
    if numbers is not None:
        yield from numbers
    elif made is not None and made.op_type == "Concat":
        for each in made.input:
            yield from _parts(model, each)
    elif made is not None and made.op_type in _SAME_VALUE:
        yield from _parts(model, made.input[0])
    else:
        yield None
