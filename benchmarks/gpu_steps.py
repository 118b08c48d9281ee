"""Steps of the GPU benchmark that run in child processes: slowed cells, and a bare loop."""

from __future__ import annotations

import itertools
import statistics
import time
from pathlib import Path
from typing import Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.gpu import latency
from pytest_frictionless.backends.gpu.run import gpu_of
from pytest_frictionless.backends.tensorrt import engine as tensorrt_engine

SPIN = """
extern "C" __global__ void spin(unsigned long long nanoseconds) {
    unsigned long long start, now;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
    do { asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); } while (now - start < nanoseconds);
}
"""


def slowed(
    memory: dict[str, Any], folder: str, *, added_ms: dict[str, float], **arguments: Any
) -> dict[str, Any]:
    """A round in which some cells do more work: a kernel that spins for so many milliseconds."""
    core = require("cuda.core", purpose="adding work")
    gpu = gpu_of(memory)
    program = core.Program(SPIN, "c++", core.ProgramOptions(arch=f"sm_{gpu.device.arch}"))
    kernel = program.compile("cubin").get_kernel("spin")
    config = core.LaunchConfig(grid=1, block=1)
    by_sizes = {
        tuple(sorted(cell["sizes"].items())): added_ms[cell["name"]]
        for cell in arguments["cells"] if cell["name"] in added_ms
    }  # fmt: skip
    plain_enqueue, plain_feeds = tensorrt_engine.Bound.enqueue, latency.feeds_at
    current = 0.0

    def feeds(inputs: Any, sizes: dict[str, int]) -> Any:
        nonlocal current
        current = by_sizes.get(tuple(sorted(sizes.items())), 0.0)
        return plain_feeds(inputs, sizes)

    def enqueue(self: Any) -> None:
        plain_enqueue(self)
        if current:
            core.launch(gpu.stream, config, kernel, int(current * 1e6))

    tensorrt_engine.Bound.enqueue = enqueue  # type: ignore[method-assign]
    latency.feeds_at = feeds
    return latency.measure(memory, folder, **arguments)


def bare(
    memory: dict[str, Any], folder: str, *, plan: str, inputs: list[Any], cells: list[Any],
    seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """The same cells in a plain loop of CUDA events, written without the product's engine and timer."""
    import numpy as np
    import tensorrt_rtx as trt
    from cuda.bindings import runtime as cudart

    def checked(answer: Any) -> Any:
        error, *values = answer
        assert error == cudart.cudaError_t.cudaSuccess, error
        return values[0] if values else None

    logger = trt.Logger(trt.Logger.ERROR)
    checked(cudart.cudaSetDevice(0))
    stream = checked(cudart.cudaStreamCreate())
    engine = trt.Runtime(logger).deserialize_cuda_engine(Path(plan).read_bytes())
    config = engine.create_runtime_config()
    config.dynamic_shapes_kernel_specialization_strategy = (
        trt.DynamicShapesKernelSpecializationStrategy.EAGER
    )
    found = {}
    for cell in cells:
        context = engine.create_execution_context(config)
        context.set_optimization_profile_async(cell["profile"], stream)
        feeds = feeds_at(inputs, cell["sizes"])
        for name, values in feeds.items():
            context.set_input_shape(name, values.shape)
        pointers = []
        for index in range(engine.num_io_tensors):
            name = engine.get_tensor_name(index)
            count = int(np.prod(context.get_tensor_shape(name)))
            pointers.append(checked(cudart.cudaMalloc(count * 8)))
            context.set_tensor_address(name, int(pointers[-1]))
            if name in feeds:
                kind = cudart.cudaMemcpyKind.cudaMemcpyHostToDevice
                array = np.ascontiguousarray(feeds[name])
                checked(cudart.cudaMemcpy(pointers[-1], array.ctypes.data, array.nbytes, kind))
        for _ in range(3):
            context.execute_async_v3(stream)
        checked(cudart.cudaStreamSynchronize(stream))
        mode = cudart.cudaStreamCaptureMode.cudaStreamCaptureModeRelaxed
        checked(cudart.cudaStreamBeginCapture(stream, mode))
        context.execute_async_v3(stream)
        graph = checked(cudart.cudaStreamEndCapture(stream))
        launch = checked(cudart.cudaGraphInstantiate(graph, 0))
        until = time.perf_counter() + 0.3
        while time.perf_counter() < until:
            checked(cudart.cudaGraphLaunch(launch, stream))
            checked(cudart.cudaStreamSynchronize(stream))
        count = 32
        events = [checked(cudart.cudaEventCreate()) for _ in range(count + 1)]
        samples: list[float] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            checked(cudart.cudaEventRecord(events[0], stream))
            for index in range(count):
                checked(cudart.cudaGraphLaunch(launch, stream))
                checked(cudart.cudaEventRecord(events[index + 1], stream))
            checked(cudart.cudaStreamSynchronize(stream))
            pairs = itertools.pairwise(events)
            samples += [checked(cudart.cudaEventElapsedTime(a, b)) for a, b in pairs]
        found[cell["name"]] = statistics.median(samples)
        for pointer in pointers:
            checked(cudart.cudaFree(pointer))
    return {"medians": found}
