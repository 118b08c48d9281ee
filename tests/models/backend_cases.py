"""The ONNX backend's node cases as a repository of checkpoints, and TensorRT's own word on each."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DTYPES = {"float": "float32", "double": "float64"}


def node_cases() -> list[Any]:
    """Every node case the installed onnx generates."""
    import onnx.backend.test.case.node as node

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases: list[Any] = node.collect_testcases(None)
    return cases


def write_repository(root: Path, cases: list[Any]) -> None:
    """Write models, samples and frictionless.yaml: each case at the sizes and values it brings."""
    models, samples = root / "models", root / "samples"
    models.mkdir(parents=True)
    samples.mkdir()
    entries: dict[str, Any] = {}
    for case in cases:
        (models / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
        inputs = _inputs(case)
        arrays = {name: array for name, (_, array) in inputs.items()}
        np.savez(samples / f"{case.name}.npz", **arrays)  # type: ignore[arg-type]
        entries[case.name] = {
            "path": f"models/{case.name}.onnx",
            "inputs": {
                name: {"type": kind, "sample": f"samples/{case.name}.npz"}
                for name, (kind, _) in inputs.items()
            },
        }
    # JSON is YAML, and writes itself.
    (root / "frictionless.yaml").write_text(
        json.dumps({"roots": ["models"], "limits": {"reduce_s": 0}, "models": entries}, indent=1)
    )


def _inputs(case: Any) -> dict[str, tuple[str, np.ndarray[Any, Any]]]:
    """Type and value of each tensor input; values that numpy cannot keep as themselves are left out."""
    given = {}
    values = case.data_sets[0][0] if case.data_sets else []
    for declared, value in zip(case.model.graph.input, values, strict=False):
        kind = declared.type.tensor_type.elem_type
        if not declared.type.HasField("tensor_type") or not isinstance(
            value, np.ndarray | np.generic
        ):
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            continue
        name = onnx.TensorProto.DataType.Name(kind).lower()
        dims = ", ".join(map(str, array.shape))
        given[declared.name] = (f"{DTYPES.get(name, name)}[{dims}]", array)
    return given


def truth_of(cases: list[Any], folder: Path) -> dict[str, bool]:
    """Whether TensorRT parses and builds each case, asked plainly, each in a process of its own."""
    folder.mkdir()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        verdicts = pool.starmap(_truth, [(case, folder) for case in cases], chunksize=16)
    return {case.name: verdict for case, verdict in zip(cases, verdicts, strict=True)}


def _truth(case: Any, folder: Path) -> bool:
    path = folder / f"{case.name}.onnx"
    path.write_bytes(case.model.SerializeToString())
    child = os.fork()
    if child == 0:
        os._exit(0 if _builds(path, case) else 1)
    return os.waitpid(child, 0)[1] == 0


def _builds(path: Path, case: Any) -> bool:
    import tensorrt_rtx as trt

    signal.alarm(60)
    log = trt.Logger(trt.Logger.INTERNAL_ERROR)
    builder = trt.Builder(log)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, log)
    if not parser.parse_from_file(str(path)):
        return False
    arrays: Mapping[str, Any] = {name: array for name, (_, array) in _inputs(case).items()}
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        if tensor.is_shape_tensor and tensor.name in arrays:
            sizes = [int(size) for size in arrays[tensor.name].reshape(-1)]
            profile.set_shape_input(tensor.name, sizes, sizes, sizes)
        elif -1 in tuple(tensor.shape) and tensor.name in arrays:
            shape = arrays[tensor.name].shape
            profile.set_shape(tensor.name, shape, shape, shape)
    config.add_optimization_profile(profile)
    return builder.build_serialized_network(network, config) is not None
