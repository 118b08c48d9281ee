"""The single-node cases of the ONNX backend suite through the installed TensorRT, one by one."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.file import dtype_name
from pytest_frictionless.backends.onnx.origin import Origin
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.build import build
from pytest_frictionless.backends.tensorrt.parse import parse
from pytest_frictionless.backends.tensorrt.rejection import rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import onnx

    from pytest_frictionless.artifacts.engine import CaseRecord, RejectionRecord

TIME_LIMIT_S = 60


def measure(
    operators: Collection[str] = (), *, tick: Callable[[int, int], None] = lambda _done, _all: None
) -> Iterator[CaseRecord]:
    """Parse and build every case; what became of each.

    Args:
        operators: Those to ask about; none asks about all.
        tick: Told how many cases are done, and how many there are.
    """
    onnx = require("onnx", purpose="the backend cases")
    installed.load()
    cases = [
        case for case in _single_node_cases() if not operators or _node(case).op_type in operators
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        for i, case in enumerate(cases):
            node = _node(case)
            values = list(case.data_sets[0][0]) if case.data_sets else []
            refused = _asked(case.model, values, path)
            frozen = _with_constants(case.model, values) if refused else None
            yield {
                "case": str(case.name),
                "operator": node.op_type,
                "domain": "" if node.domain == "ai.onnx" else node.domain,
                "type": _first_type(onnx, case.model),
                "refused": refused,
                "refused_with_constants": _asked(frozen, values, path) if frozen else refused,
            }
            tick(i + 1, len(cases))


def versions() -> dict[str, str]:
    """Engine and onnx of a measurement made now."""
    onnx = require("onnx", purpose="the backend cases")
    return {"engine": installed.engine_name(), "onnx": str(onnx.__version__)}


def _single_node_cases() -> list[Any]:
    import onnx.backend.test.case.node as node

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = node.collect_testcases(None)
    return sorted(
        (case for case in cases if len(case.model.graph.node) == 1), key=lambda case: str(case.name)
    )


def _node(case: Any) -> onnx.NodeProto:
    node: onnx.NodeProto = case.model.graph.node[0]
    return node


def _first_type(onnx: Any, model: onnx.ModelProto) -> str:
    """Type of the first input, of the first output where there is none."""
    value = next(iter([*model.graph.input, *model.graph.output]))
    if not value.type.HasField("tensor_type"):
        return str(value.type.WhichOneof("value")).removesuffix("_type")
    return dtype_name(onnx, value.type.tensor_type.elem_type)


def _asked(model: onnx.ModelProto, values: list[Any], path: Path) -> RejectionRecord | None:
    """Why it is refused, asked in a process of its own; None where an engine is built."""
    path.write_bytes(model.SerializeToString())
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(TIME_LIMIT_S)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the native parser writes there
        try:
            answer = _refusal(model, values, str(path))
        except Exception as error:
            answer = _by_builder(model, f"no answer: {type(error).__name__}: {error}")
        os.write(sender, json.dumps(answer).encode()[:60_000])
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        answered = stream.read()
    status = os.waitpid(child, 0)[1]
    if answered:
        told: RejectionRecord | None = json.loads(answered)
        return told
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    in_time = f"no answer within {TIME_LIMIT_S} s"
    return _by_builder(model, in_time if number == signal.SIGALRM else f"ended by signal {number}")


def _refusal(model: onnx.ModelProto, values: list[Any], path: str) -> RejectionRecord | None:
    parsed = parse(path)
    if parsed["rejections"]:
        return parsed["rejections"][0]
    tensors = {each["name"]: each for each in parsed["inputs"]}
    profile: dict[str, Any] = {"name": "case", "inputs": {}, "values": {}}
    for value, array in zip(model.graph.input, values, strict=False):
        if (tensor := tensors.get(value.name)) is None:
            continue
        if tensor["is_shape_tensor"]:
            profile["values"][value.name] = [[int(each) for each in array.reshape(-1)]] * 3
        elif -1 in tensor["shape"]:
            profile["inputs"][value.name] = [list(array.shape)] * 3
    built = build(path, profiles=[profile])
    return None if built["built"] else _by_builder(model, built["errors"][0])


def _by_builder(model: onnx.ModelProto, reason: str) -> RejectionRecord:
    node = model.graph.node[0]
    return rejection(
        "build", reason, kind="builder", origin=Origin(node=node.name, operator=node.op_type)
    )


def _with_constants(model: onnx.ModelProto, values: list[Any]) -> onnx.ModelProto | None:
    """The model with every input but the first as a constant; None where there is none to freeze."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    inputs = list(model.graph.input)
    if len(inputs) < 2 or not all(isinstance(each, np.ndarray | np.generic) for each in values):
        return None
    frozen = onnx.ModelProto()
    frozen.CopyFrom(model)
    del frozen.graph.input[1:]
    for value, array in zip(inputs[1:], values[1:], strict=False):
        frozen.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
    return frozen
