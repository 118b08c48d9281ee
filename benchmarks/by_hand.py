"""What somebody writes who has one checkpoint to get to TensorRT: the measure for the cold run.

One process, no isolation, no cache, nothing explained: load, export, check, parity at min, opt and
max, parse and build. It does what is needed, in the fewest calls, and shares what can be shared: one
ONNX Runtime session for the three points, one parse for the build.

    python benchmarks/by_hand.py resnet path/to/resnet.pt path/to/an/empty/folder
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Any

import networks
import numpy as np
import onnx
import onnxruntime
import tensorrt_rtx as trt
import torch
from subjects import SUBJECTS, Subject

RTOL, ATOL_SHARE = 1e-3, 1e-4


def values(subject: Subject, point: int) -> dict[str, np.ndarray[Any, Any]]:
    """The same numbers as the plugin feeds."""
    made: dict[str, np.ndarray[Any, Any]] = {}
    for name, signature in subject.inputs.items():
        shape = subject.shape(name, point)
        generator = np.random.default_rng(zlib.crc32(f"{name}{shape}".encode()))
        if name in subject.high:
            made[name] = generator.integers(0, subject.high[name], shape)
        else:
            made[name] = generator.standard_normal(shape)
        made[name] = made[name].astype(signature.partition("[")[0])
    return made


def export(subject: Subject, module: torch.nn.Module, path: Path) -> None:
    dims = {
        symbol: torch.export.Dim(symbol, min=span[0], max=span[2])
        for symbol, span in subject.ranges.items()
    }
    dynamic = {
        name: {i: dims[axis] for i, axis in enumerate(subject.axes(name)) if axis in dims}
        for name in subject.inputs
    }
    example = {name: torch.from_numpy(each) for name, each in values(subject, 1).items()}
    torch.onnx.export(
        module, (), str(path), kwargs=example, dynamo=True, dynamic_shapes=dynamic, verbose=False,
        input_names=list(subject.inputs), external_data=False,
    )  # fmt: skip
    onnx.checker.check_model(str(path), full_check=True)


def compare(subject: Subject, module: torch.nn.Module, path: Path) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for point in range(3):
        feeds = values(subject, point)
        with torch.no_grad():
            wanted = module(**{name: torch.from_numpy(each) for name, each in feeds.items()})
        (given,) = session.run(None, feeds)
        expected = wanted.numpy()
        np.testing.assert_allclose(
            given, expected, rtol=RTOL, atol=ATOL_SHARE * np.abs(expected).max()
        )


def build(subject: Subject, path: Path, plan: Path) -> None:
    log = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(log)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, log)
    if not parser.parse_from_file(str(path)):
        raise SystemExit(str([parser.get_error(i).desc() for i in range(parser.num_errors)]))
    config, profile = builder.create_builder_config(), builder.create_optimization_profile()
    for name in subject.inputs:
        profile.set_shape(name, *(subject.shape(name, point) for point in range(3)))
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise SystemExit("no engine")
    plan.write_bytes(memoryview(engine))


def main(name: str, checkpoint: str, folder: str) -> None:
    subject = next(each for each in SUBJECTS if each.name == name)
    module = getattr(networks, subject.network)()
    module.load_state_dict(torch.load(checkpoint, weights_only=True))
    module.eval()
    path = Path(folder) / "model.onnx"
    export(subject, module, path)
    compare(subject, module, path)
    build(subject, path, Path(folder) / "model.plan")


if __name__ == "__main__":
    main(*sys.argv[1:])
