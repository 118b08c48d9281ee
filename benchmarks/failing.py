"""Models of many nodes that fail in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

SHAPE = [2, 8, 4, 4]

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
