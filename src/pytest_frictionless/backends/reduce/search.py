"""The search for the fewest nodes of a graph that still fail in the same way.

Every step is checked by asking: the smallest part that failed so far is kept, whatever comes after.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.parts import prune
from pytest_frictionless.backends.onnx.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_frictionless.backends.reduce.graph import Part, Whole

MOST_HOPS = 8
FEW = 12
"""A window of so many nodes is small enough to try its nodes one by one."""


class Search:
    """One search in one graph."""

    def __init__(self, whole: Whole, fails: Callable[[Part], bool], *, deadline: float) -> None:
        self.whole, self.deadline = whole, deadline
        self._fails = fails
        self.asked = 0
        """Number of parts that the engine was asked about."""
        self.best: Part | None = None
        self._known: dict[frozenset[int], bool] = {}

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self.deadline

    def attempt(self, numbers: frozenset[int]) -> bool:
        """Whether these nodes alone fail in the same way; the smallest that do are kept."""
        if not numbers or self.late:
            return False
        if numbers not in self._known:
            part = self.whole.part(numbers)
            self._known[numbers] = part is not None and self.ask(part)
        return self._known[numbers]

    def ask(self, part: Part) -> bool:
        """Ask about a part, and keep it where it fails and is smaller than the best."""
        self.asked += 1
        if not self._fails(part):
            return False
        if self.best is None or part.size <= self.best.size:
            self.best = part
        return True

    def near(self, number: int) -> bool:
        """Whether a node fails alone, or with the nodes around it."""
        hops, tried = 0, 0
        while hops <= MOST_HOPS and not self.late:
            numbers = self.whole.around(number, hops)
            if len(numbers) > max(self.whole.count // 2, 4) or len(numbers) == tried:
                return False
            if self.attempt(numbers):
                return True
            tried, hops = len(numbers), max(hops * 2, hops + 1)
        return False

    def window(self) -> bool:
        """Narrow the graph to a run of nodes that fails; False where no run does."""
        low, high = 0, self.whole.count
        while high - low > 1 and not self.late:
            middle = (low + high) // 2
            if self.attempt(self.whole.window(low, middle)):
                high = middle
            elif self.attempt(self.whole.window(middle, high)):
                low = middle
            else:
                break
        if high - low > FEW and not self.late:
            low, high = self._ends(low, high)
        return self.attempt(self.whole.window(low, high))

    def _ends(self, low: int, high: int) -> tuple[int, int]:
        """The first end and then the last start that still fail: what fails is between them."""
        short, long = low, high
        while long - short > 1 and not self.late:
            middle = (short + long) // 2
            if self.attempt(self.whole.window(low, middle)):
                long = middle
            else:
                short = middle
        early, late = low, long
        while late - early > 1 and not self.late:
            middle = (early + late) // 2
            if self.attempt(self.whole.window(middle, long)):
                early = middle
            else:
                late = middle
        return early, long

    def shrink(self) -> None:
        """Leave out every node that the failure does not need."""
        if self.best is None:
            return
        kept = self.best.nodes
        last = max(kept)
        if self.attempt(behind := self.whole.behind([last], within=kept)):
            kept = behind
        size = max(len(kept) // 2, 1)
        while len(kept) > 1 and not self.late:
            ordered = sorted(kept)
            chunks = [frozenset(ordered[i : i + size]) for i in range(0, len(ordered), size)]
            less = next((kept - c for c in reversed(chunks) if self.attempt(kept - c)), None)
            if less is not None:
                kept = less
                size = min(size, max(len(kept) // 2, 1))
            elif size == 1:
                break
            else:
                size //= 2

    def thin_bodies(self) -> None:
        """Leave out the nodes of branches and loop bodies that the failure does not need."""
        while self.best is not None and not self.late:
            size = self.best.size
            if not any(p.size < size and self.ask(p) for p in self._thinner(self.best)):
                break

    def _thinner(self, part: Part) -> Iterator[Part]:
        """The part with one node of a body less."""
        import onnx

        def stand_in(_graph: onnx.GraphProto, tensor: str) -> cut.StandIn | None:
            fact = self.whole.facts.get(tensor)
            if fact is None or fact.spans:
                return None
            return cut.StandIn(elem_type=fact.elem_type, dims=fact.dims, exact=True)

        for graph, _, node in list(walk(part.model.graph)):
            if graph is part.model.graph or node.op_type == "Identity" or self.late:
                continue
            model = onnx.ModelProto()
            model.CopyFrom(part.model)
            cut.cut(model, node.name, stand_in)
            prune(model)
            yield replace(part, model=model)
