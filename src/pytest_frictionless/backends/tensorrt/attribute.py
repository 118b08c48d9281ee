"""Which node keeps the builder from making an engine of a model that parses.

The model is frozen at one shape of the profile, where every tensor has a known type and shape. A
node that the builder's words name is believed when the model without it is refused for another
reason, or not at all; where no name is said, beginnings of the graph are built to find it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.origin import Origin, inline
from pytest_frictionless.backends.onnx.parts import beginning, frontier, possible_ends, prune
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.build import run
from pytest_frictionless.backends.tensorrt.frozen import freeze, value_info, without
from pytest_frictionless.backends.tensorrt.named import named, words_about
from pytest_frictionless.backends.tensorrt.network import read, tensors_of
from pytest_frictionless.backends.tensorrt.rejection import NOBODY, rejection
from pytest_frictionless.backends.tensorrt.words import (
    CRASHED,
    UNANSWERED,
    build_kind,
    is_memory_error,
    is_profile_error,
)
from pytest_frictionless.backends.trial import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import onnx

    from pytest_frictionless.artifacts.engine import NetworkTensor, RejectionRecord
    from pytest_frictionless.backends.trial import Report

_POINTS = (1, 0, 2)
"""Where the model is frozen, in this order: opt, min, max."""
_QUANTISED = ("int8", "float8e4m3fn", "uint4", "int4", "float4e2m1")

_WHOLE_MODEL = re.compile(r"Cannot compile for target")
"""Words about the types of all nodes, as BF16 on compute capability 7.5: no node is to blame."""
_MOST_CANDIDATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One build of a cut model."""

    parsed: bool
    built: bool
    errors: list[str]
    tensors: dict[str, NetworkTensor]

    @property
    def is_refusal(self) -> bool:
        """True where the model itself is refused, not its profile, and not for want of memory."""
        return self.parsed and not self.built and not is_profile_error(self.errors) and (
            not is_memory_error(self.errors)
        )  # fmt: skip


def attribute(
    path: str,
    *,
    profile: Mapping[str, Any],
    compute_capabilities: Sequence[str] = (),
    budget_s: float = 120,
) -> list[RejectionRecord]:
    """Name the nodes which the builder refuses, in the order of the file.

    One record without a node, holding the builder's words, where none can be blamed; no record
    where the build fails for its profile or its memory, or does not fail.
    """
    onnx = require("onnx", purpose="naming the nodes that the builder refuses")
    search = _Search(path, compute_capabilities, time.monotonic() + budget_s)
    model, search.origins = inline(onnx.load(path, load_external_data=False))
    for point in _POINTS if profile.get("inputs") or profile.get("values") else _POINTS[:1]:
        frozen = freeze(model, profile, point)
        trial = search.build(frozen)
        if trial.is_refusal:
            search.name_all(frozen, trial)
            return search.records()
        if search.late:
            break
    # Fails only while shapes are dynamic: nothing can be cut, so the first node is named alone.
    trial = search.build(model, profile)
    if trial.is_refusal:
        search.name_first(model, trial, profile)
    elif search.late:
        search.found[""] = f"{installed.engine_name()} {UNANSWERED} {budget_s:g} s"
    return search.records()


class _Search:
    def __init__(self, path: str, capabilities: Sequence[str], deadline: float) -> None:
        self.path, self.capabilities, self.deadline = path, capabilities, deadline
        self.origins: dict[str, Origin] = {}
        self.found: dict[str, str] = {}
        """Reason by name of the node."""

    @property
    def late(self) -> bool:
        return time.monotonic() > self.deadline

    def build(self, model: onnx.ModelProto, profile: Mapping[str, Any] | None = None) -> _Trial:
        """Build in a process of its own: some models crash the builder."""
        ending = ask(lambda report: self._report(model, profile, report), deadline=self.deadline)
        fields = {"parsed": False, "built": False, "errors": [], "tensors": {}, **ending.fields}
        if not fields["built"] and not fields["errors"]:
            word = ending.crash or "no answer"
            fields["errors"] = [f"{installed.engine_name()} {CRASHED}: {word}"]
            fields["parsed"] = fields["parsed"] and bool(ending.crash)
        return _Trial(**fields)

    def _report(
        self, model: onnx.ModelProto, profile: Mapping[str, Any] | None, report: Report
    ) -> None:
        reading = read(model.SerializeToString(), self.path)
        tensors = tensors_of(reading.network) if reading.parsed else {}
        report({"parsed": reading.parsed, "tensors": tensors})
        attempt = run(
            reading, profiles=[{"name": "trial", **profile}] if profile else [],
            compute_capabilities=self.capabilities,
        )  # fmt: skip
        report({"built": attempt.plan is not None, "errors": attempt.errors})

    def records(self) -> list[RejectionRecord]:
        order = {name: i for i, name in enumerate(self.origins)}
        names = sorted(self.found, key=lambda name: order.get(name, len(order)))
        return [
            rejection(
                "build", self.found[name], kind=build_kind(self.found[name]),
                origin=self.origins.get(name, NOBODY),
            )
            for name in names
        ]  # fmt: skip

    def name_all(self, model: onnx.ModelProto, trial: _Trial) -> None:
        """Name a refused node, cut it, and go on until an engine is built."""
        while trial.is_refusal and not self.late and not _WHOLE_MODEL.search(trial.errors[0]):
            for name, sure, words in self._suspects(model, trial):
                rest = without(model, name, trial.tensors)
                after = self.build(rest)
                if not sure and not after.built and after.errors == trial.errors:
                    continue  # the same words without it: it was not the cause
                self.found[name] = words_about(words, name)
                model, trial = rest, after
                break
            else:
                break
        if not self.found:
            self.found[""] = " ".join(trial.errors)

    def name_first(self, model: onnx.ModelProto, trial: _Trial, profile: Mapping[str, Any]) -> None:
        """Name the node that the words name first, else the one that bisection finds."""
        self.found[""] = " ".join(trial.errors)
        if not _WHOLE_MODEL.search(trial.errors[0]):
            for name, _, words in self._suspects(model, trial, profile):
                self.found = {name: words_about(words, name)}
                break

    def _suspects(
        self, model: onnx.ModelProto, trial: _Trial, profile: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[str, bool, list[str]]]:
        """Nodes to blame, the likeliest first; whether that is proved; what is said of them."""
        quoted = named(model, trial.errors)[:_MOST_CANDIDATES]
        yield from ((name, False, trial.errors) for name in quoted)
        found, words = self._bisect(model, trial, profile)
        yield from ((name, len(found) == 1, words) for name in found if name not in quoted)

    def _bisect(
        self, model: onnx.ModelProto, trial: _Trial, profile: Mapping[str, Any] | None
    ) -> tuple[list[str], list[str]]:
        """Last nodes of the shortest beginning that is refused, and the words about it.

        Several where the graph cannot end between them; none where the time is over.
        """
        usable = {name for name, t in trial.tensors.items() if t["dtype"] not in _QUANTISED}
        ends = possible_ends(model, usable, trial.tensors.keys() - usable)
        low, high, words = 0, len(ends), trial.errors  # ends[high] is refused, or the whole graph
        while low < high:
            middle = (low + high) // 2
            names = [n for n in frontier(model, ends[middle]) if n in usable]
            outputs = [value_info(name, trial.tensors[name]) for name in names]
            part = beginning(model, ends[middle], outputs=outputs)
            prune(part)
            answer = self.build(part, profile)
            if self.late:
                return [], words
            if answer.is_refusal:
                high, words = middle, answer.errors
            else:
                low = middle + 1
        start = ends[high - 1] if high else 0
        last = model.graph.node[start : ends[high] if high < len(ends) else None]
        return [
            node.name
            for node in reversed(last)
            if node.name in self.origins and node.op_type != "Constant"
        ], words
