"""An ONNX file through TensorRT's real parser, with every refused node named.

One parse does not name them all: an import failure ends it, and after a static failure nothing is
imported any more. So each refused node is cut out of a copy, and the copy is parsed again.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.origin import Origin, inline
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.network import (
    ParserError,
    Reading,
    describe,
    dtype_name,
    parser_version,
    read,
)
from pytest_frictionless.backends.tensorrt.rejection import rejection
from pytest_frictionless.backends.tensorrt.substitutes import (
    importable,
    node_at_fault,
    take_out,
    type_name,
)
from pytest_frictionless.backends.tensorrt.words import is_node_local, parse_kind, reason

if TYPE_CHECKING:
    import onnx

    from pytest_frictionless.artifacts.engine import ParseRecord, RejectionRecord

_UNSUPPORTED_TYPE = re.compile(r"unsupported datatype \((?P<number>\d+)\)")

_INITIALIZER = re.compile(r"initializer: (?P<name>[^:]+?)\s*$")
_PLUGIN_NEEDS_GPU = re.compile(r"Cuda Error in \w+: \d+ \(.*\)")


def parse(path: str, *, budget_s: float = 60) -> ParseRecord:
    """Parse an ONNX file and list everything the parser refuses, within this many seconds."""
    deadline = time.monotonic() + budget_s
    reading = read(path)
    network = reading.network
    search = _Search(path=path, engine=installed.engine_name())
    if reading.parsed:
        search.refuse_empty(outputs=network.num_outputs, layers=network.num_layers)
    else:
        search.run(reading, deadline)
    outputs = [network.get_layer(i).get_output(0) for i in range(network.num_layers)]
    types = Counter(dtype_name(each.dtype) for each in outputs if each is not None)
    return {
        "engine": search.engine,
        "parser": parser_version(),
        "rejections": search.rejections,
        "complete": search.complete,
        "inputs": [describe(network.get_input(i)) for i in range(network.num_inputs)],
        "outputs": [describe(network.get_output(i)) for i in range(network.num_outputs)],
        "layers": network.num_layers,
        "layer_types": dict(sorted(types.items())),
        "warnings": reading.warnings,
    }


def rejections_in(model: onnx.ModelProto, path: str, *, budget_s: float) -> list[RejectionRecord]:
    """What the parser refuses of a model in memory, whose external data lies beside `path`."""
    deadline = time.monotonic() + budget_s
    reading = read(model.SerializeToString(), path)
    search = _Search(path=path, engine=installed.engine_name())
    if reading.parsed:
        network = reading.network
        search.refuse_empty(outputs=network.num_outputs, layers=network.num_layers)
    else:
        search.run(reading, deadline, model)
    return search.rejections


@dataclass(slots=True, kw_only=True)
class _Search:
    """Cuts and parses again until nothing is refused any more."""

    path: str
    engine: str
    complete: bool = True
    found: dict[str, RejectionRecord] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    """What each node of the cut model was, in the order of the file."""

    @property
    def rejections(self) -> list[RejectionRecord]:
        """Inputs and weights first, then nodes in the order of the file."""
        order = {name: i for i, name in enumerate(self.origins)}
        return [self.found[name] for name in sorted(self.found, key=lambda n: order.get(n, -1))]

    def refuse_empty(self, *, outputs: int, layers: int) -> None:
        """Guard against files which the parser accepts and makes nothing of."""
        if outputs and layers:
            return
        lacks = "layers" if outputs else "outputs"
        self.found[""] = rejection(
            "parse", f"{self.engine} read a network without {lacks}: nothing would be computed"
        )

    def run(self, reading: Reading, deadline: float, model: onnx.ModelProto | None = None) -> None:
        """Name everything that keeps this model, or else the file, from being parsed."""
        onnx = require("onnx", purpose="naming every refused node")
        first = reading
        try:
            model = model or onnx.load(self.path, load_external_data=False)
            model, self.origins = inline(model)
            model, symbols = cut.infer(model)
            reading = read(model.SerializeToString(), self.path)
        except Exception:  # no model at all, or one that onnx cannot read: the parser's words stay
            self._name_only(first)
            return
        tainted: set[str] = set()
        while not reading.parsed:
            cuts = self._judge(model, reading, tainted)
            if not cuts or time.monotonic() > deadline:
                self.complete = False
                break
            for name in cuts:
                tainted |= take_out(model, name, symbols)
            reading = read(model.SerializeToString(), self.path)
        if not self.found:
            self._name_only(first)

    def _name_only(self, reading: Reading) -> None:
        """Hand on what one parse says."""
        self.complete = False
        for error in reading.errors:
            name = error.node_name or error.operator
            self.found[f"{error.stack} {error.node} {name}"] = rejection(
                "parse", reason(error.desc, engine=self.engine, hints=reading.log),
                kind=parse_kind(error.desc, error.code), code=error.code,
                origin=Origin(node=name, operator=error.operator, stack=error.stack),
            )  # fmt: skip
        if not self.found:
            words = " ".join(reading.log) or f"{self.engine} does not parse this file"
            self.found[""] = rejection("parse", words)

    def _judge(self, model: onnx.ModelProto, reading: Reading, tainted: set[str]) -> list[str]:
        """Record what this parse proves; gives the names of what is to be cut out.

        The first error is genuine where nothing before its node was replaced by a guess. Later ones
        come from static checks of nodes whose inputs were never imported: they are believed where
        they depend on the node alone, and else asked again in the next parse.
        """
        doubtful = cut.tainted_nodes(model.graph, tainted)
        cuts: list[str] = []
        for place, error in enumerate(reading.errors):
            if error.node < 0 and not error.node_name:
                if "output.type()" in error.desc:
                    cuts += self._judge_outputs(model, error, doubtful, tainted)
                    continue
                name = (
                    node_at_fault(model, error, self.path)
                    if error.function != "importInput"
                    else ""
                )
                if not name:
                    cuts += self._judge_tensor(model, error, reading.log)
                    continue
            else:
                name = error.node_name
            local = is_node_local(error.desc)
            if name not in self.origins or name in cuts or (place and not local):
                continue
            cuts.append(name)
            if name in doubtful and not local:
                self.complete = False
                continue
            self._record(name, error, reading.log)
        return cuts

    def _record(self, name: str, error: ParserError, log: list[str]) -> None:
        origin = self.origins[name]
        kind, words = parse_kind(error.desc, error.code), reason(error.desc, engine=self.engine)
        numbers = [match["number"] for text in log if (match := _UNSUPPORTED_TYPE.search(text))]
        if numbers and error.desc.startswith("Invalid Node"):
            kind, words = "type", f"unsupported data type {type_name(int(numbers[0]))}"
        needs = [match[0] for text in log if (match := _PLUGIN_NEEDS_GPU.search(text))]
        if needs and kind == "unknown":
            words = f"cannot be judged on a machine without a GPU: {words} {needs[0]}"
        self.found[name] = rejection("parse", words, kind=kind, origin=origin, code=error.code)

    def _judge_outputs(
        self,
        model: onnx.ModelProto,
        error: ParserError,
        doubtful: set[str],
        tainted: set[str],
    ) -> list[str]:
        """Record graph outputs of a refused type, unless an earlier cut made them so."""
        excused = set(tainted)
        for node in model.graph.node:
            if node.name in doubtful:
                excused |= set(node.output)
        cuts = []
        for value in model.graph.output:
            elem_type = value.type.tensor_type.elem_type
            if importable(elem_type):
                continue
            cuts.append(f"tensor {value.name}")
            if value.name not in excused:
                words = reason(error.desc, engine=self.engine).rstrip(".")
                self.found[cuts[-1]] = rejection(
                    "parse", f"{words}: {type_name(elem_type)} of an output", kind="type",
                    origin=Origin(node=value.name, operator=""), code=error.code,
                )  # fmt: skip
        return cuts

    def _judge_tensor(
        self, model: onnx.ModelProto, error: ParserError, log: list[str]
    ) -> list[str]:
        """Record a refused input or initializer; gives its name where it can be replaced."""
        inputs = {value.name: value.type for value in model.graph.input}
        kind, words = "type", reason(error.desc, engine=self.engine)
        if error.file in inputs:  # the parser puts the input's name where a source file is due
            name, given = error.file, inputs[error.file]
            shown = type_name(given.tensor_type.elem_type) or str(given.WhichOneof("value"))
            words = f"{words.rstrip('.')}: {shown.removesuffix('_type')}"
        else:
            match = _INITIALIZER.search(error.desc.strip())
            name = match["name"] if match else ""
            numbers = [
                hit["number"] for text in log
                if text.endswith(f"initializer: {name}") and (hit := _UNSUPPORTED_TYPE.search(text))
            ]  # fmt: skip
            if numbers:
                words = f"unsupported data type of an initializer: {type_name(int(numbers[0]))}"
            else:
                kind = parse_kind(error.desc, error.code)
        origin = Origin(node=name, operator="")
        self.found.setdefault(
            f"tensor {name}", rejection("parse", words, kind=kind, origin=origin, code=error.code)
        )
        return [f"tensor {name}"] if name and kind == "type" else []
