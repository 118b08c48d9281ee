"""An execution context: its profile is picked, its shapes and addresses are set, and it is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.log import forget_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from pytest_frictionless.backends.gpu.cuda import Gpu
    from pytest_frictionless.backends.tensorrt.engine import Engine

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a context is set to: a profile, the shapes of the inputs, and buffers that hold them."""

    profile: int
    shapes: Mapping[str, tuple[int, ...]]
    buffers: Mapping[str, Any]
    """By name of the input or output, on the device or, for shape tensors, on the host."""


class Bound:
    """An execution context, ready to run at one shape once it is bound."""

    def __init__(self, engine: Engine, context: Any) -> None:
        self.engine, self.context = engine, context
        self.profile = 0
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.buffers: dict[str, Any] = {}
        self.grown: Any = _grown(engine.gpu)

    def bind(self, profile: int, feeds: Mapping[str, Array]) -> None:
        """Pick the profile, and upload these inputs into buffers that are made for them."""
        np = require("numpy", purpose="running engines on a GPU")
        engine, gpu = self.engine, self.engine.gpu
        forget_log()
        self._pick(profile)
        gpu.stream.sync()
        self.buffers = {}
        for name in engine.inputs:
            values = np.ascontiguousarray(feeds[name].astype(engine.dtype(name)))
            self._shape(name, tuple(values.shape))
            self.buffers[name] = values if engine.is_on_host(name) else gpu.upload(values)
            self._address(name)
        self._infer()
        for name in engine.outputs:
            self._bind_output(name)

    def setting(self) -> Setting:
        """What it is bound to, for `set`."""
        return Setting(profile=self.profile, shapes=dict(self.shapes), buffers=dict(self.buffers))

    def set(self, setting: Setting) -> None:
        """Bind to what was bound before, as serving does to switch: nothing is made or copied."""
        self._pick(setting.profile)
        for name, shape in setting.shapes.items():
            self._shape(name, shape)
        self.buffers = dict(setting.buffers)
        for name in self.buffers:
            self._address(name)
        for name in self.engine.outputs:
            if name not in self.buffers:
                self.context.set_output_allocator(name, self.grown)
        self._infer()

    def _pick(self, profile: int) -> None:
        stream = int(self.engine.gpu.stream.handle)
        if not self.context.set_optimization_profile_async(profile, stream):
            raise self.engine.failed(f"does not take profile {profile}")
        self.profile, self.shapes = profile, {}

    def _shape(self, name: str, shape: tuple[int, ...]) -> None:
        if not self.context.set_input_shape(name, shape):
            raise self.engine.failed(f"does not take {name} as {list(shape)}")
        self.shapes[name] = shape

    def _address(self, name: str) -> None:
        buffer = self.buffers[name]
        on_host = self.engine.is_on_host(name)
        address = buffer.ctypes.data if on_host else int(buffer.handle)
        self.context.set_tensor_address(name, address)

    def _infer(self) -> None:
        if missing := self.context.infer_shapes():
            raise self.engine.failed(f"does not know the shapes of {', '.join(missing)}")

    @property
    def buffer_bytes(self) -> int:
        """Device memory of inputs and outputs, as far as their sizes are known before a run."""
        held = (name for name in self.buffers if not self.engine.is_on_host(name))
        return sum(int(self.buffers[name].size) for name in held)

    def _bind_output(self, name: str) -> None:
        np = require("numpy", purpose="running engines on a GPU")
        gpu = self.engine.gpu
        shape = tuple(self.context.get_tensor_shape(name))
        if self.engine.is_on_host(name):
            self.buffers[name] = np.zeros(shape, self.engine.dtype(name))
            self._address(name)
        elif any(size < 0 for size in shape):
            self.context.set_output_allocator(name, self.grown)
        else:
            size = int(np.prod(shape, dtype=np.int64)) * self.engine.dtype(name).itemsize
            self.buffers[name] = gpu.allocate(size)
            self._address(name)

    def enqueue(self) -> None:
        """Put one inference on the stream."""
        if not self.context.execute_async_v3(int(self.engine.gpu.stream.handle)):
            raise self.engine.failed("does not run")

    def poison(self, byte: int) -> None:
        """Fill every output, so that what is not written can be told."""
        for name in self.engine.outputs:
            if name in self.buffers and not self.engine.is_on_host(name):
                self.engine.gpu.fill(self.buffers[name], byte)
        self.grown.poison = byte

    def read(self) -> dict[str, Array]:
        """The outputs, once the stream is done."""
        self.engine.gpu.stream.sync()
        return {name: self._read(name) for name in self.engine.outputs}

    def _read(self, name: str) -> Array:
        if self.engine.is_on_host(name):
            array: Array = self.buffers[name].copy()
            return array
        shape = self.grown.shapes.get(name) or tuple(self.context.get_tensor_shape(name))
        buffer = self.buffers.get(name) or self.grown.buffers[name]
        return self.engine.gpu.download(buffer, shape, self.engine.dtype(name))


def _grown(gpu: Gpu) -> Any:
    """An allocator for outputs whose sizes are known only after the run."""
    allocator: Any = installed.load().IOutputAllocator

    class Grown(allocator):  # type: ignore[misc]
        def __init__(self) -> None:
            allocator.__init__(self)
            self.buffers: dict[str, Any] = {}
            self.shapes: dict[str, tuple[int, ...]] = {}
            self.poison = 0

        def reallocate_output_async(
            self, name: str, _memory: int, size: int, _alignment: int, _stream: int
        ) -> int:
            if name not in self.buffers or self.buffers[name].size < size:
                self.buffers[name] = gpu.allocate(size)
                gpu.fill(self.buffers[name], self.poison)
            return int(self.buffers[name].handle)

        def notify_shape(self, name: str, shape: Any) -> None:
            self.shapes[name] = tuple(shape)

    return Grown()
