"""The first node of a graph whose numbers are not those of the reference.

Three references, each sound for its question. Against eager torch: what torch computed in the same
module and operator. Against ONNX Runtime without its optimisations: the same nodes, run as they are
written. For NaN and infinity none is needed.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.origin import inline
from pytest_frictionless.backends.onnx.walk import reads
from pytest_frictionless.backends.onnxruntime import numbers
from pytest_frictionless.backends.onnxruntime.run import compare
from pytest_frictionless.backends.reduce import facts
from pytest_frictionless.backends.reduce.graph import Whole
from pytest_frictionless.backends.reduce.provenance import pairs
from pytest_frictionless.backends.reduce.search import Search
from pytest_frictionless.backends.tensorrt.frozen import freeze
from pytest_frictionless.place import place_of_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx

    from pytest_frictionless.artifacts.run import ComparisonRecord
    from pytest_frictionless.backends.onnxruntime.numbers import Array
    from pytest_frictionless.backends.reduce.graph import Part
    from pytest_frictionless.reproduce.records import DivergenceRecord, TraceRecord

OPTIMISED = "ONNX Runtime with its optimisations against the same nodes without"
EAGER = "what eager torch computes in the same module and operator"
FEW_NODES, FEW_ELEMENTS = 50, 1_000_000
"""Beyond this onnx's reference evaluator, which is plain Python, is not asked."""
FINITE = "the first node that makes NaN or infinity of what is finite"


class Divergence:
    """One search in one model at one shape point."""

    def __init__(
        self, path: str, feeds: dict[str, Array], tolerance: Mapping[str, Any], deadline: float
    ) -> None:
        self.folder, self.deadline = str(Path(path).parent), deadline
        self.feeds = feeds
        self.tolerance = {key: tolerance[key] for key in ("rtol", "atol") if key in tolerance}
        self.model, self.origins = inline(read_graph(path))
        self.record: DivergenceRecord = {
            "nodes": 0, "of": len(self.origins), "asked": 0, "complete": True, "operators": [],
            "seconds": 0.0, "why": "", "place": None, "tensor": "", "difference": 0.0,
            "before": 0.0, "compared": 0, "method": "", "blame": "",
        }  # fmt: skip
        self.values: dict[str, Array] = {}

    def look(self, trace: str | None, traced: TraceRecord | None, *, finite: bool) -> Any:
        """The part, its reference, the comparison of its worst output, and the arrays to keep."""
        names = numbers.made_by(self.model)
        declared = facts.declared(_at(self.model, self.feeds))
        if size := numbers.too_large(declared, names):
            self.record["why"] = f"the values inside the model take {size >> 20} MiB"
            return None
        self.values = numbers.inside(self.model, names, self.feeds, folder=self.folder)
        whole = Whole(self.model, numbers.facts_of(self.values), folder=self.folder, quantise=False)
        if finite:
            return self._not_finite(whole)
        if trace is not None and traced is not None:
            np = require("numpy", purpose="comparing values")
            with np.load(trace, allow_pickle=False) as kept:
                eager = {key: kept[key] for key in kept.files}
            outputs = [value.name for value in self.model.graph.output]
            ends = {name: eager[f"output_{i}"] for i, name in enumerate(outputs)}
            compared = [self._against(name, wanted) for name, wanted in ends.items()]
            if any(each["violations"] for each in compared):
                return self._provenance(whole, eager, traced, ends)
        return self._optimisation(whole)

    def _against(self, name: str, wanted: Array) -> ComparisonRecord:
        return compare(name, self.values[name], wanted, self.tolerance)

    def _not_finite(self, whole: Whole) -> Any:
        number = numbers.first_not_finite(self.model, self.values)
        if number is None:
            return None
        self.record["method"] = FINITE
        part = whole.part(frozenset([number]))
        bad = [name for name in whole.nodes[number].output if name in self.values]
        self._place(whole, bad[0])
        if part is None:
            return None
        comparison = compare(bad[0], self.values[bad[0]], self.values[bad[0]], {})
        return part, "finite", comparison, self._inputs(part)

    def _optimisation(self, whole: Whole) -> Any:
        """The fewest nodes that ONNX Runtime's optimisations change the numbers of."""
        self.record["method"] = OPTIMISED

        def differing(part: Part) -> ComparisonRecord | None:
            feeds = {each.name: self.values[each.name] for each in part.model.graph.input}
            try:
                fast, plain = (
                    numbers.run(part.model, feeds, folder=self.folder, optimised=each)
                    for each in (True, False)
                )
            except Exception:  # a part that cannot be run shows nothing
                return None
            compared = [compare(n, fast[n], plain[n], self.tolerance) for n in plain if n in fast]
            wrong = [each for each in compared if each["violations"]]
            return max(wrong, key=lambda each: each["max_abs"], default=None)

        search = Search(whole, lambda part: differing(part) is not None, deadline=self.deadline)
        if search.attempt(whole.window(0, whole.count)):
            search.window()
            search.shrink()
        self.record["asked"], self.record["complete"] = search.asked, not search.late
        self.record["compared"] = search.asked
        if search.best is None or (worst := differing(search.best)) is None:
            return None
        self.record["difference"] = worst["max_abs"]
        self._place(whole, worst["name"])
        return search.best, "unoptimised", worst, self._inputs(search.best)

    def _provenance(
        self,
        whole: Whole,
        eager: Mapping[str, Array],
        traced: TraceRecord,
        ends: Mapping[str, Array],
    ) -> Any:
        """The nodes between the last tensors that agree with eager torch and the first that does not."""
        self.record["method"] = EAGER
        wanted = {t: eager[f"value_{n}"] for t, n in pairs(self.model, traced).items()}
        wanted = {**wanted, **ends}
        agreeing: dict[str, ComparisonRecord] = {}
        wrong: list[ComparisonRecord] = []
        for name in numbers.made_by(self.model):
            value = self.values.get(name)
            if value is None or name not in wanted or value.shape != wanted[name].shape:
                continue
            compared = compare(name, value, wanted[name].astype(value.dtype), self.tolerance)
            self.record["compared"] += 1
            if compared["violations"]:
                wrong.append(compared)
            else:
                agreeing[name] = compared
        if not wrong:
            return None
        first = wrong[0]
        nodes, given = _between(whole, first["name"], agreeing)
        self.record["difference"] = first["max_abs"]
        self.record["before"] = max((agreeing[n]["max_abs"] for n in given), default=0.0)
        self._place(whole, first["name"])
        part = whole.part(nodes)
        if part is None:
            return None
        # What eager torch had there, so that only these nodes can be the cause.
        own = {name: wanted[name].astype(self.values[name].dtype) for name in given}
        for given_values in (own, {}):
            feeds = self._inputs(part) | {f"input {name}": a for name, a in given_values.items()}
            got = self._run(part, feeds)
            if first["name"] not in got:
                continue
            target = wanted[first["name"]]
            again = compare(first["name"], got[first["name"]], target, self.tolerance)
            if again["violations"]:
                self.record["blame"] = _blame(part, feeds, target, got[first["name"]], first)
                return part, "eager", again, {**feeds, f"wanted {first['name']}": target}
        self.record["why"] = "the difference grows over many nodes: none of them alone shows it"
        return None

    def _run(self, part: Part, feeds: Mapping[str, Array]) -> dict[str, Array]:
        given = {name.removeprefix("input "): array for name, array in feeds.items()}
        try:
            return numbers.run(part.model, given, folder=self.folder, optimised=True)
        except Exception:  # a part that cannot be run shows nothing
            return {}

    def _inputs(self, part: Part) -> dict[str, Array]:
        return {f"input {v.name}": self.values[v.name] for v in part.model.graph.input}

    def _place(self, whole: Whole, tensor: str) -> None:
        self.record["tensor"] = tensor
        origin = self.origins[whole.nodes[whole.maker[tensor]].name]
        place = place_of_node(
            name=" > ".join([*origin.stack, origin.node]), operator=origin.operator,
            metadata=origin.metadata,
        )  # fmt: skip
        self.record["place"] = asdict(place)


def _at(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> onnx.ModelProto:
    """The model with the shapes of these inputs."""
    shapes = {name: [[*array.shape]] for name, array in feeds.items()}
    return freeze(model, {"inputs": shapes}, 0)


def _between(
    whole: Whole, tensor: str, agreeing: Mapping[str, Any]
) -> tuple[frozenset[int], list[str]]:
    """Nodes that a tensor depends on, up to tensors that agree; and those tensors."""
    nodes: set[int] = set()
    given: dict[str, None] = {}
    waiting = [whole.maker[tensor]]
    while waiting:
        number = waiting.pop()
        if number in nodes:
            continue
        nodes.add(number)
        for name in sorted(reads(whole.nodes[number])):
            if name in agreeing:
                given[name] = None
            elif name in whole.maker and whole.constants.value(name) is None:
                waiting.append(whole.maker[name])
    return frozenset(nodes), list(given)


def _blame(
    part: Part, feeds: Mapping[str, Array], target: Array, got: Array, first: ComparisonRecord
) -> str:
    """Whose fault a difference is, by a third opinion; empty where there is none."""
    from onnx.reference import ReferenceEvaluator

    if part.size > FEW_NODES or sum(array.size for array in feeds.values()) > FEW_ELEMENTS:
        return ""
    try:
        given = {name.removeprefix("input "): array for name, array in feeds.items()}
        (own,) = ReferenceEvaluator(part.model).run([first["name"]], given)
        rtol = {"rtol": first["rtol"], "atol": first["atol"]}
        as_eager = not compare("", own, target, rtol)["violations"]
        as_runtime = not compare("", own, got, rtol)["violations"]
    except Exception:  # what it cannot run it has no opinion on
        return ""
    if as_runtime and not as_eager:
        return "the export: onnx's reference evaluator gives what ONNX Runtime gives"
    if as_eager and not as_runtime:
        return "ONNX Runtime: onnx's reference evaluator gives what eager torch gives"
    return ""
