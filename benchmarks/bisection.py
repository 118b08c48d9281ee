"""A plain bisection: the end and then the start of the graph, one fresh process for each model."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from failing import SHAPE

from pytest_frictionless.backends.onnxruntime import numbers
from pytest_frictionless.backends.reduce import facts as reduce_facts
from pytest_frictionless.backends.reduce.graph import Part, Whole
from pytest_frictionless.backends.tensorrt.frozen import freeze

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = {
    "name": "p", "inputs": {"x": [[n, *SHAPE[1:]] for n in (1, 2, 4)]}, "shape_tensors": [],
    "sizes": [], "values": {},
}  # fmt: skip

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
