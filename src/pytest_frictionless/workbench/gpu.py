"""What a workbench makes on a GPU: runs of the engine, and rounds of measurements."""

from __future__ import annotations

import ctypes
import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.errors import MissingDependency, MissingDevice
from pytest_frictionless.knowledge.gpus import flavour_of, refusal, runs_on
from pytest_frictionless.place import path_below
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.artifacts.latency import (
        CellRecord,
        CellRequest,
        MachineRecord,
        RoundRecord,
    )
    from pytest_frictionless.artifacts.run import EngineRunRecord
    from pytest_frictionless.shapes import ShapePoint
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.store import Artifact
    from pytest_frictionless.workbench.workbench import Workbench


NO_DRIVER = (
    "no GPU here (the NVIDIA driver's libcuda.so.1 is not installed): run this item on a machine "
    "that has one, with pytest-frictionless[gpu]"
)


def gpu_of(bench: Workbench) -> dict[str, Any]:
    """The GPU of this machine; raises MissingDevice where there is none that CUDA can use."""
    return _device(bench.shop, bench.steps)


def machine_of(shop: Shop) -> MachineRecord:
    """The GPU of this machine and the engine for it; raises MissingDevice as `gpu_of`."""
    gpu = _device(shop, Steps(shop, preload=()))
    return {
        "gpu": gpu, "engine": gpu["engine"], "compute_capability": gpu["compute_capability"],
    }  # fmt: skip


def _device(shop: Shop, steps: Steps) -> dict[str, Any]:
    known = shop.device
    if not known:
        try:
            ctypes.CDLL("libcuda.so.1")
            known["gpu"] = steps.measure("gpu.run:describe", {})
        except OSError:
            known["missing"] = NO_DRIVER
        except MissingDependency as missing:
            known["missing"] = str(missing)
    if "missing" in known:
        raise MissingDevice(known["missing"])
    return cast("dict[str, Any]", known["gpu"])


@contextmanager
def one_at_a_time(bench: Workbench) -> Iterator[None]:
    """Hold the GPU: workers of one run, and runs beside it, would slow each other."""
    from filelock import FileLock

    name = hashlib.sha256(gpu_of(bench)["uuid"].encode()).hexdigest()[:12]
    with FileLock(Path(tempfile.gettempdir()) / f"pytest-frictionless-gpu-{name}.lock"):
        yield


def engine_run(bench: Workbench, profile: str, point: ShapePoint) -> EngineRunRecord:
    """One run of the engine with all profiles at one shape point, against the reference.

    The reference is eager torch, or ONNX Runtime without optimisation where the checkpoint is ONNX.
    """
    gpu = gpu_of(bench)
    plan = _plan(bench, gpu)
    path = plan.folder / str(plan.record["plan"])
    reference, arguments = _comparison(bench, profile, point)
    where = {key: gpu[key] for key in ("gpu", "compute_capability", "driver")}
    with one_at_a_time(bench):
        made = bench.fetch(
            "gpu.run:run",
            {**arguments, "reference": str(reference.folder / "reference.npz"),
             "plan": str(path), "cache": cache_of(bench, path), **plugins_of(bench)},
            keyed=[plan.digest, reference.digest, where], keep=arguments,
        )  # fmt: skip
    record = cast("EngineRunRecord", made.record)
    bench.engine_runs[profile, point.name] = record
    return record


def run_without_tf32(bench: Workbench, profile: str, point: ShapePoint) -> EngineRunRecord:
    """The same with an engine that is built and run without TF32.

    The CUDA libraries read NVIDIA_TF32_OVERRIDE as they start. TensorRT-RTX 1.6.1 ignores a cleared
    builder flag TF32 (measured). One run a point: another would cost another build.
    """
    known = bench.precise_runs
    if (profile, point.name) not in known:
        known[profile, point.name] = _run_without_tf32(bench, profile, point)
    return known[profile, point.name]


def _run_without_tf32(bench: Workbench, profile: str, point: ShapePoint) -> EngineRunRecord:
    reference, arguments = _comparison(bench, profile, point)
    with one_at_a_time(bench):
        record = bench.steps.measure(
            "gpu.run:build_and_run",
            {**arguments, "reference": str(reference.folder / "reference.npz"),
             "path": str(bench.onnx_path()), **plugins_of(bench),
             "build": {**bench.build_arguments(list(bench.profiles)), **plugins_of(bench)}},
            NVIDIA_TF32_OVERRIDE="0",
        )  # fmt: skip
    return cast("EngineRunRecord", record)


def _comparison(
    bench: Workbench, profile: str, point: ShapePoint
) -> tuple[Artifact, dict[str, Any]]:
    """The reference, and what a run at this point is given."""
    reference = bench.reference(point) or bench.expected(point)
    return reference, {
        "profile": list(bench.profiles).index(profile), "inputs": bench.inputs,
        "sizes": dict(point.sizes), "outputs": [each["name"] for each in bench.onnx()["outputs"]],
        "tolerance": bench.spec.tolerance.model_dump() if bench.spec.tolerance else {},
    }  # fmt: skip


def cells_of(bench: Workbench) -> list[CellRequest]:
    """Every profile at every shape point."""
    return [
        {"name": f"{name}-{point}", "profile": index, "sizes": dict(profile.at(point).sizes)}
        for index, (name, profile) in enumerate(bench.profiles.items())
        for point in POINTS
    ]


def measured(
    bench: Workbench, plan: Path, cells: Sequence[CellRequest], *, seed: int
) -> RoundRecord:
    """One round of these cells of an engine, in a process of its own."""
    seconds = bench.shop.settings.latency.seconds
    step = "gpu.latency:measure"
    record = measured_by(bench, step, plan, cells=list(cells), seed=seed, seconds=seconds)
    return cast("RoundRecord", record)


def measured_by(bench: Workbench, step: str, plan: Path, **arguments: Any) -> dict[str, Any]:
    """What a step says of an engine, in a process of its own that holds the GPU."""
    given = {
        "plan": str(plan), "inputs": bench.inputs, "cache": cache_of(bench, plan), **plugins_of(bench),
        **arguments,
    }  # fmt: skip
    with one_at_a_time(bench):
        return bench.steps.measure(step, given)


def disturbed(record: CellRecord) -> str:
    """Why a round says nothing of the engine; empty where it does."""
    return trouble_of(record["watch"])


def trouble_of(watch: Mapping[str, Any]) -> str:
    """Why what was measured while NVML watched says nothing of the engine; empty where it does."""
    if watch["hard_slowdown"]:
        words = ", ".join(word for word in watch["slowed"] if word != "power cap")
        return f"the GPU was slowed down by {words}"
    return shared(watch["neighbours"])


def shared(neighbours: Sequence[int]) -> str:
    """Who else computed on the GPU; empty for nobody."""
    pids = ", ".join(map(str, neighbours))
    return f"other processes computed on the GPU (process {pids})" if pids else ""


def plan_path(bench: Workbench) -> Path:
    """The engine with all profiles; raises MissingDevice where it is not built for this GPU."""
    plan = _plan(bench, gpu_of(bench))
    return plan.folder / str(plan.record["plan"])


def _plan(bench: Workbench, gpu: dict[str, Any]) -> Artifact:
    """The engine with all profiles; raises MissingDevice where it is not built for this GPU."""
    follow_code(bench)
    targets = bench.shop.settings.target.compute_capabilities
    own = gpu["compute_capability"]
    plan = bench.plan(list(bench.profiles))
    if targets and own not in targets and plan.record["compute_capabilities"]:
        engine = str(plan.record["engine"])
        if runs_on(*flavour_of(engine), own) is False:
            raise MissingDevice(refusal(engine, gpu["gpu"], own))
        raise MissingDevice(
            f"the engine is built for compute capability {', '.join(targets)}, and this "
            f"{gpu['gpu']} has {own}: run it there, or add {own} to target.compute_capabilities"
        )
    return plan


def follow_code(bench: Workbench) -> None:
    """Load the user's functions that feed an engine: `Files.sources` tells what they import and read."""
    inputs = [each for each in bench.inputs if "make" in each]
    plugins = [file for file in bench.plugin_files if file.suffix == ".py"]
    if inputs or plugins:
        own = {
            "inputs": inputs,
            "points": [dict(at.sizes) for each in bench.profiles.values() for at in each.points()],
        }
        bench.steps.fetch(
            "gpu.code:load", {**own, "plugins": [str(file) for file in plugins]},
            keyed=[path_below(file, bench.shop.root) for file in plugins], keep=own, alone=True,
        )  # fmt: skip


def plugins_of(bench: Workbench) -> dict[str, list[str]]:
    """The plugins that an engine may hold, where there are any: they are loaded before it."""
    files = [str(file) for file in bench.plugin_files]
    return {"plugins": files} if files else {}


def cache_of(bench: Workbench, plan: Path) -> str:
    """File of the kernels that TensorRT-RTX compiled for this plan on this GPU."""
    gpu = gpu_of(bench)
    known = digest([plan], memo=bench.shop.store.memo)
    name = hashlib.sha256(f"{known} {gpu['gpu']} {gpu['driver']}".encode()).hexdigest()[:16]
    return str(bench.shop.store.root / "kernels" / f"{name}.cache")
