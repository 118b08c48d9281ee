"""Reduce failing models of 500 nodes, beside a plain bisection that does the same by hand.

    python benchmarks/reduce.py [--nodes 500]

The plain way is that of `polygraphy debug reduce --mode bisect`: find the first end of the graph that
still fails, then the last start, with one fresh process for each model that is tried. It is given the
same cuts and the same engine. It knows of no node that was named, takes any failure for the same one, and
stops after the two bisections.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from pytest_frictionless.backends import (
    numbers,
    reduce,
    reduce_facts,
    reduce_parity,
    tensorrt_build,
    tensorrt_parse,
)
from pytest_frictionless.backends.reduce_graph import Part, Whole
from pytest_frictionless.backends.tensorrt_frozen import freeze

if TYPE_CHECKING:
    from pytest_frictionless.reproduce.records import FailureRecord

SHAPE = [2, 8, 4, 4]
PROFILE = {
    "name": "p", "inputs": {"x": [[n, *SHAPE[1:]] for n in (1, 2, 4)]}, "shape_tensors": [],
    "sizes": [], "values": {},
}  # fmt: skip
LIMIT_S = 60
KINDS = ("Neg", "Mul", "Neg", "Abs", "Mul")
"""Nodes that hand a difference on as it is: a sigmoid would swallow it."""


def chain(
    count: int, special: list[onnx.NodeProto], weights: dict[str, Any], *, calm: bool
) -> onnx.ModelProto:
    """So many nodes in a row with weights, and the special ones, from `in` to `out`, in the middle."""
    nodes, constants, last = [], [], "x"
    for i in range(count - len(special)):
        if i == (count - len(special)) * 5 // 8:
            for node in special:
                node.input[:] = [last if name == "in" else name for name in node.input]
            nodes += special
            last = "out"
        kind = KINDS[i % len(KINDS)] if calm else ("Relu", "Mul", "Sigmoid", "Add", "Tanh")[i % 5]
        operands = [last]
        if kind in ("Mul", "Add"):
            weight = np.full(SHAPE[1:], 0.99 if i % 2 else 1 / 0.99, dtype=np.float32)
            constants.append(numpy_helper.from_array(weight, f"w{i}"))
            operands.append(f"w{i}")
        nodes.append(helper.make_node(kind, operands, [f"t{i}"], name=f"{kind}_{i}"))
        last = f"t{i}"
    constants += [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in weights.items()
    ]
    dims = ["batch", *SHAPE[1:]]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", 1, dims)],
        [helper.make_tensor_value_info(last, 1, dims)], constants,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)


def special(kind: str) -> tuple[list[onnx.NodeProto], dict[str, Any]]:
    """Nodes that fail, and their weights."""
    make = helper.make_node
    if kind == "operator refused":
        return [
            make("Det", ["in"], ["d"], name="det"),
            make("Unsqueeze", ["d", "axes"], ["u"], name="unsqueeze"),
            make("Add", ["in", "u"], ["out"], name="add"),
        ], {}
    if kind == "builder refuses":
        return [
            make("Cast", ["in"], ["narrow"], to=17, name="to_fp8"),
            make("Cast", ["narrow"], ["out"], to=1, name="from_fp8"),
        ], {}
    if kind == "builder crashes":
        return [make("Attention", ["in", "in", "in"], ["out"], name="attention")], {}
    million, one, zero = [1e6] * 8, [1.0] * 8, [0.0] * 8
    weights = {"million": million, "one": one, "zero": zero,
               "w": np.random.default_rng(0).standard_normal((8, 8, 1, 1))}  # fmt: skip
    return [
        make("Conv", ["in", "w", "million"], ["c"], name="conv"),
        make("BatchNormalization", ["c", "one", "zero", "million", "one"], ["out"], name="norm"),
    ], weights


@dataclass
class Row:
    """One model, reduced both ways."""

    kind: str
    nodes: int
    left: int = 0
    asked: int = 0
    seconds: float = 0.0
    plain_left: int = 0
    plain_asked: int = 0
    plain_seconds: float = 0.0


def failure_of(kind: str, path: Path) -> FailureRecord:
    """What the checks would hand to the search."""
    record: FailureRecord = {
        "stage": "build", "kind": "builder", "operator": "", "node": "", "stack": [], "reason": "",
        "error_code": "",
    }  # fmt: skip
    if kind == "operator refused":
        first = tensorrt_parse.parse(str(path))["rejections"][0]
        return {key: first[key] for key in record}  # type: ignore[literal-required,return-value]
    if kind == "builder crashes":
        return {**record, "stage": "crash", "reason": "build crashed", "error_code": "SIGSEGV"}
    errors = tensorrt_build.build(str(path), profiles=[PROFILE])["errors"]
    return {**record, "reason": errors[0]}


def measure(kind: str, count: int, folder: Path) -> Row:
    """Reduce one model, by the steps of the package and by the plain script."""
    nodes, weights = special(kind)
    model = chain(count, nodes, weights, calm=kind == "numbers differ")
    if kind == "operator refused":
        model.graph.initializer.append(numpy_helper.from_array(np.array([2, 3]), "axes"))
    path = folder / "whole.onnx"
    onnx.save(model, path)
    row = Row(kind, len(model.graph.node))
    out = folder / "out"
    out.mkdir()
    started = time.monotonic()
    if kind == "numbers differ":
        record = reduce_parity.parity(
            {}, str(out), path=str(path), name=kind, sizes={"batch": 2}, tolerance={},
            inputs=[{"name": "x", "type": "float32[batch, 8, 4, 4]"}], trace=None, traced=None,
            finite=False, seconds=LIMIT_S,
        )  # fmt: skip
    else:
        record = reduce.engine(
            {}, str(out), path=str(path), name=kind, failure=failure_of(kind, path),
            profile=PROFILE, compute_capabilities=[], seconds=LIMIT_S,
        )  # fmt: skip
    row.seconds = time.monotonic() - started
    row.left, row.asked = record["nodes"], record["asked"]
    started = time.monotonic()
    row.plain_left, row.plain_asked = plain(kind, model, path, folder)
    row.plain_seconds = time.monotonic() - started
    return row


CHECK = """
import sys
kind, path = sys.argv[1:]
if kind == "numbers differ":
    import numpy as np, onnxruntime as ort
    feeds = dict(np.load(path + ".npz"))
    values = []
    for level in (ort.GraphOptimizationLevel.ORT_ENABLE_ALL, ort.GraphOptimizationLevel.ORT_DISABLE_ALL):
        options = ort.SessionOptions()
        options.graph_optimization_level = level
        values.append(ort.InferenceSession(path, options).run(None, feeds))
    pairs = list(zip(*values))
    sys.exit(any(np.abs(a - b).max() > 1e-4 * np.abs(b).max() + 1e-3 * np.abs(b).min() for a, b in pairs))
import tensorrt_rtx as trt
log = trt.Logger(trt.Logger.INTERNAL_ERROR)
builder = trt.Builder(log)
network = builder.create_network(0)
parser = trt.OnnxParser(network, log)
if not parser.parse_from_file(path):
    sys.exit(kind == "operator refused")
if kind == "operator refused":
    sys.exit(0)
sys.exit(builder.build_serialized_network(network, builder.create_builder_config()) is None)
"""


def plain(kind: str, model: onnx.ModelProto, path: Path, folder: Path) -> tuple[int, int]:
    """Bisect the end and then the start, one process for each model; nodes left and models tried."""
    frozen = freeze(model, PROFILE, 1)
    values: dict[str, Any] = {}
    facts = reduce_facts.measured(frozen, str(path))
    if kind == "numbers differ":
        feeds = {"x": np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)}
        values = numbers.inside(frozen, numbers.made_by(frozen), feeds, folder=str(folder))
        facts = numbers.facts_of(values)
    whole = Whole(frozen, facts, folder=str(folder), quantise=kind != "numbers differ")
    asked = 0

    def fails(low: int, high: int) -> bool:
        nonlocal asked
        asked += 1
        part = whole.part(whole.window(low, high))
        return part is not None and fails_alone(kind, part, values, folder)

    low, high = 0, whole.count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(0, middle) else (middle, high)
    start, end = 0, high
    low, after = 0, end
    while after - low > 1:
        middle = (low + after) // 2
        if fails(middle, end):
            low = start = middle
        else:
            after = middle
    return end - start, asked


def fails_alone(kind: str, part: Part, values: dict[str, Any], folder: Path) -> bool:
    """Whether a fresh process says that this model fails."""
    path = folder / "part.onnx"
    onnx.save(part.model, path)
    if values:
        np.savez(f"{path}.npz", **{v.name: values[v.name] for v in part.model.graph.input})
    done = subprocess.run(
        [sys.executable, "-c", CHECK, kind, str(path)],
        capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode < 0 if kind == "builder crashes" else done.returncode == 1


def table(rows: list[Row]) -> str:
    """Rows as Markdown."""
    lines = [
        "| model | nodes | left | models asked | seconds | plain: left | models asked | seconds | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.kind} | {r.nodes} | {r.left} | {r.asked} | {r.seconds:.1f} | {r.plain_left} | "
        f"{r.plain_asked} | {r.plain_seconds:.1f} | {r.plain_seconds / max(r.seconds, 1e-9):.1f} |"
        for r in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    given = parser.parse_args()
    kinds = ("operator refused", "builder refuses", "builder crashes", "numbers differ")
    rows = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(kind, given.nodes, Path(folder)))
    print(table(rows))
    late = [row.kind for row in rows if row.seconds > LIMIT_S or not 0 < row.left <= 4]
    if late:
        print(f"over {LIMIT_S} s or not reduced: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
