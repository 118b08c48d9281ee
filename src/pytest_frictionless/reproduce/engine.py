# ruff: noqa: T201
"""Show that TensorRT refuses the model beside this file.

Exit status: 1 where it is refused, 0 where it is not any more, 2 where TensorRT is not installed.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import runpy
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

FACTS: dict[str, Any] = {}

MODEL = Path(__file__).with_name("model.onnx")


def main() -> int:
    """Parse and build in a process of its own, so that a crash is told too."""
    print(f"{FACTS['model']}: {FACTS['nodes']} of {FACTS['of']} nodes")
    print(f"recorded with {FACTS['engine']}: {FACTS['words']}")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            status = attempt()
        except Exception:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        os._exit(status)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        print(f"now: crashed with {signal.Signals(os.WTERMSIG(ended)).name}")
        return 1
    return os.waitstatus_to_exitcode(ended)


def clean(text: str) -> str:
    """The engine's words without places in its own source, and without what is said of CUDA."""
    text = text.partition("[checkMacros")[0]
    text = re.sub(r"\[\w+\.cpp::[^]]+\]\s*|\s*\bIn \S+ at /_src/\S+?:\d+", "", text)
    return " ".join(text.split())


def attempt() -> int:
    """Parse the model and build an engine of it."""
    try:
        trt = importlib.import_module(FACTS["module"])
    except ImportError as error:
        print(f"cannot tell: {error}")
        return 2

    logger: Any = trt.ILogger

    class Log(logger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR):
                self.errors.append(clean(message))

    log = Log()
    for file in FACTS["plugins"]:
        if file.endswith(".py"):
            runpy.run_path(file)
        else:
            ctypes.CDLL(file, mode=ctypes.RTLD_GLOBAL)
    builder = trt.Builder(log)
    explicit = getattr(trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
    network = builder.create_network(0 if explicit is None else 1 << int(explicit))
    parser = trt.OnnxParser(network, log)
    print(f"now: {FACTS['module']} {trt.__version__}", flush=True)
    if not parser.parse(MODEL.read_bytes(), str(MODEL)):
        for index in range(parser.num_errors):
            refusal = parser.get_error(index)
            print(
                f"parser: {refusal.node_name()} ({refusal.node_operator()}): {clean(refusal.desc())}"
            )
        return 1
    if FACTS["stage"] == "parse" and network.num_layers and network.num_outputs:
        print("the parser takes the model")
        return 0
    config = builder.create_builder_config()
    capabilities = FACTS["compute_capabilities"]
    if capabilities and hasattr(config, "set_compute_capability"):
        config.num_compute_capabilities = len(capabilities)
        for index, name in enumerate(capabilities):
            one = getattr(trt.ComputeCapability, "SM" + name.replace(".", ""))
            config.set_compute_capability(one, index)
    if FACTS["inputs"] or FACTS["values"]:
        profile = builder.create_optimization_profile()
        for index in range(network.num_inputs):
            tensor = network.get_input(index)
            if tensor.is_shape_tensor and tensor.name in FACTS["values"]:
                profile.set_shape_input(tensor.name, *map(tuple, FACTS["values"][tensor.name]))
            elif tensor.name in FACTS["inputs"]:
                profile.set_shape(tensor.name, *map(tuple, FACTS["inputs"][tensor.name]))
        config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is not None:
        print(f"an engine of {plan.nbytes} bytes was built")
        return 0
    for words in dict.fromkeys(log.errors):
        print(f"builder: {words}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
