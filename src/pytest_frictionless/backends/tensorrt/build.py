"""One engine of one ONNX file, with all its profiles, by TensorRT's real builder."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.config import (
    configure,
    flags_of,
    make_profile,
    set_precision,
)
from pytest_frictionless.backends.tensorrt.log import logged
from pytest_frictionless.backends.tensorrt.network import Reading, read
from pytest_frictionless.backends.tensorrt.words import clean, disguised_memory, reason

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.engine import BuildRecord

Profiles = Sequence[Mapping[str, Any]]
"""Each {"name", "inputs": {input: [min, opt, max shape]}, "values": {shape tensor: [...]}}."""


def build(
    path: str,
    *,
    profiles: Profiles,
    compute_capabilities: Sequence[str] = (),
    plan_path: str | None = None,
    precision: str | None = None,
) -> BuildRecord:
    """Build one engine that holds every profile.

    Args:
        path: The ONNX file.
        profiles: Optimization profiles; may be empty where every input is static.
        compute_capabilities: As "8.9"; none asks for the builder's default.
        plan_path: Where the plan is written, if anywhere.
        precision: "fp16", "bf16", "int8" or "fp8" where networks are weakly typed.
    """
    start = time.perf_counter()
    attempt = run(
        read(path), profiles=profiles, compute_capabilities=compute_capabilities,
        precision=precision,
    )  # fmt: skip
    record: BuildRecord = {
        "engine": installed.engine_name(),
        "built": attempt.plan is not None,
        "plan_bytes": attempt.plan.nbytes if attempt.plan is not None else 0,
        "build_s": time.perf_counter() - start,
        "peak_rss_mib": _peak_rss_mib(),
        "profiles": attempt.profiles,
        "compute_capabilities": [
            each for each in dict.fromkeys(compute_capabilities) if each not in attempt.unavailable
        ],
        "unavailable_capabilities": attempt.unavailable,
        "errors": attempt.errors,
        "dropped_profiles": attempt.dropped,
        "flags": attempt.flags,
    }
    if plan_path is not None and attempt.plan is not None:
        Path(plan_path).write_bytes(memoryview(attempt.plan))
        record["plan"] = Path(plan_path).name
    return record


class Attempt:
    """What came of one build."""

    def __init__(self) -> None:
        self.plan: Any = None
        self.profiles = 0
        self.dropped: list[str] = []
        self.unavailable: list[str] = []
        self.errors: list[str] = []
        self.flags: list[str] = []


def run(
    reading: Reading,
    *,
    profiles: Profiles,
    compute_capabilities: Sequence[str],
    precision: str | None = None,
) -> Attempt:
    """Build the network that was read."""
    attempt = Attempt()
    if not reading.parsed:
        engine = installed.engine_name()
        texts = (reason(error.desc, engine=engine, hints=reading.log) for error in reading.errors)
        attempt.errors = list(dict.fromkeys(texts)) or reading.log or ["the file does not parse"]
        return attempt
    builder, network = reading.builder, reading.network
    config, attempt.unavailable = configure(builder, compute_capabilities)
    set_precision(config, precision)
    attempt.flags = flags_of(config)
    raised: list[str] = []
    for profile in profiles:
        try:
            index = config.add_optimization_profile(make_profile(builder, network, profile))
        except (RuntimeError, TypeError, ValueError) as error:
            raised.append(f"profile {profile['name']}: {clean(str(error))}")
            index = -1
        if index < 0:  # TensorRT goes on without the profile
            attempt.dropped.append(str(profile["name"]))
    attempt.profiles = config.num_optimization_profiles
    try:
        attempt.plan = builder.build_serialized_network(network, config)
    except (RuntimeError, MemoryError) as error:
        raised.append(clean(str(error)) or type(error).__name__)
    attempt.errors = [*raised, *logged("ERROR", "INTERNAL_ERROR")]
    if attempt.plan is None:
        attempt.errors += disguised_memory(attempt.errors, logged("WARNING"))
    if attempt.plan is None and not attempt.errors:
        attempt.errors = [f"{installed.engine_name()} built no engine and gives no reason"]
    return attempt


def _peak_rss_mib() -> float:
    """Most memory this process has held."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
