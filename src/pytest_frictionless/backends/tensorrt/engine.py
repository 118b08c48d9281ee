"""A plan that is loaded: what it takes and gives, its memory, and contexts that run it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import numpy_dtype
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.context import Bound
from pytest_frictionless.backends.tensorrt.log import log, logged
from pytest_frictionless.backends.tensorrt.network import dtype_name
from pytest_frictionless.errors import MissingDevice, StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.knowledge.gpus import OTHER_GPU, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from pytest_frictionless.backends.gpu.cuda import Gpu

    Array = np.ndarray[Any, Any]


class Engine:
    """One plan on one GPU; contexts are made for a profile and concrete shapes."""

    def __init__(self, gpu: Gpu, plan: Path, *, cache: Path | None = None) -> None:
        """Deserialise; raises MissingDevice where this GPU cannot run it, StepFailed otherwise.

        Args:
            gpu: Where it runs.
            plan: The serialised engine.
            cache: File of TensorRT-RTX's runtime cache, which keeps kernels compiled for this GPU.
        """
        trt = installed.load()
        self.gpu = gpu
        self._cache_path = cache
        logged()  # the log is made before the runtime takes it
        self._runtime = trt.Runtime(log())
        self._engine = self._runtime.deserialize_cuda_engine(plan.read_bytes())
        if self._engine is None:
            self._refuse()
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        mode = trt.TensorIOMode.INPUT
        self.inputs = [name for name in names if self._engine.get_tensor_mode(name) == mode]
        self.outputs = [name for name in names if name not in self.inputs]
        self._runtime_config = self._configured()

    def _refuse(self) -> None:
        errors = logged("ERROR", "INTERNAL_ERROR")
        text = "; ".join(errors) or "no word why"
        name = installed.engine_name()
        if OTHER_GPU.search(text):
            raise MissingDevice(refusal(name, self.gpu.name, self.gpu.compute_capability, text))
        message, cause = quoted(f"{name} cannot load the engine", text)
        raise StepFailed(Finding(code="FR905", message=message, cause=cause))

    def _configured(self) -> Any:
        """TensorRT-RTX compiles kernels for this GPU at run time: at once, and kept in a cache."""
        if not hasattr(self._engine, "create_runtime_config"):
            return None
        config = self._engine.create_runtime_config()
        strategy = getattr(installed.load(), "DynamicShapesKernelSpecializationStrategy", None)
        if strategy is not None:
            config.dynamic_shapes_kernel_specialization_strategy = strategy.EAGER
        if hasattr(config, "create_runtime_cache"):
            self._cache = config.create_runtime_cache()
            if self._cache_path is not None and self._cache_path.is_file():
                self._cache.deserialize(self._cache_path.read_bytes())
            config.set_runtime_cache(self._cache)
        return config

    def keep_cache(self) -> None:
        """Write the compiled kernels for the next process."""
        if self._cache_path is not None and hasattr(self, "_cache"):
            self._cache_path.parent.mkdir(parents=True, exist_ok=True)
            self._cache_path.write_bytes(memoryview(self._cache.serialize()))

    @property
    def profiles(self) -> int:
        """Number of optimization profiles in the plan."""
        return int(self._engine.num_optimization_profiles)

    def dtype(self, name: str) -> Any:
        """Numpy's dtype of an input or output."""
        return numpy_dtype(dtype_name(self._engine.get_tensor_dtype(name)))

    def is_on_host(self, name: str) -> bool:
        """Whether TensorRT reads the tensor on the CPU: the values of a shape tensor."""
        location = self._engine.get_tensor_location(name)
        return bool(location == installed.load().TensorLocation.HOST)

    def workspace_bytes(self, profile: int) -> int:
        """Device memory that a context of this profile needs for activations and scratch."""
        for ask in ("get_device_memory_size_for_profile_v2", "get_device_memory_size_for_profile"):
            if hasattr(self._engine, ask):
                return int(getattr(self._engine, ask)(profile))
        return self.context_bytes

    @property
    def context_bytes(self) -> int:
        """Workspace that TensorRT puts aside for any context: of the profile that needs most.

        That is its default, `ExecutionContextAllocationStrategy.STATIC`.
        """
        return int(self._engine.device_memory_size_v2)

    def weights_bytes(self) -> int | None:
        """Size of the weights on the device; None where TensorRT does not tell."""
        stat = getattr(installed.load(), "EngineStat", None)
        if stat is None or not hasattr(self._engine, "get_engine_stat"):
            return None
        size = int(self._engine.get_engine_stat(stat.TOTAL_WEIGHTS_SIZE))
        return size if size >= 0 else None

    def layers(self) -> list[str]:
        """Each layer with its kernel, as far as the plan keeps them."""
        return [
            f"{each['Name']}: {each.get('TacticName') or each.get('LayerType', '')}".rstrip(": ")
            for each in self.inspected()
        ]

    def inspected(self, context: Any = None) -> list[dict[str, Any]]:
        """What the inspector tells of each layer, at the shapes of a context where one is given."""
        inspector = self._engine.create_engine_inspector()
        if context is not None:
            inspector.execution_context = context
        form = installed.load().LayerInformationFormat.JSON
        told = json.loads(inspector.get_engine_information(form))
        return [
            {"Name": each} if isinstance(each, str) else {"Name": "", **each}
            for each in told.get("Layers", [])
        ]

    def profile_for(self, feeds: Mapping[str, Array]) -> int:
        """The first profile that takes inputs of these shapes; 0 where none does."""
        for profile in range(self.profiles):
            spans = {
                name: self._engine.get_tensor_profile_shape(name, profile)
                for name in self.inputs
                if not self.is_on_host(name)
            }
            if all(
                len(low) == feeds[name].ndim
                and all(a <= n <= b for a, n, b in zip(low, feeds[name].shape, high, strict=True))
                for name, (low, _, high) in spans.items()
            ):
                return profile
        return 0

    def context(self, profile: int, feeds: Mapping[str, Array]) -> Bound:
        """An execution context with the profile, shapes and addresses of these inputs.

        A negative profile is the first that takes them.
        """
        bound = self.unbound()
        bound.bind(self.profile_for(feeds) if profile < 0 else profile, feeds)
        return bound

    def unbound(self) -> Bound:
        """An execution context without profile and shapes yet."""
        made = (
            self._engine.create_execution_context(self._runtime_config)
            if self._runtime_config is not None
            else self._engine.create_execution_context()
        )
        if made is None:
            raise self.failed("gives no execution context")
        return Bound(self, made)

    def failed(self, what: str) -> StepFailed | MemoryError:
        """What to raise where TensorRT refuses; `what` is the end of a sentence about it."""
        errors = logged("ERROR", "INTERNAL_ERROR")
        text = "; ".join(errors) or "no word why"
        if re.search(r"out of memory|cudaErrorMemoryAllocation|OutOfMemory", text):
            return MemoryError(f"GPU: {text}")
        message, cause = quoted(f"{installed.engine_name()} {what}", text)
        return StepFailed(Finding(code="FR905", message=message, cause=cause))
