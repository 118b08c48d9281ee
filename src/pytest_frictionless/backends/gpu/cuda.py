"""The GPU through cuda-python: one device, its memory, streams, events and graphs; no torch."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.errors import MissingDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    Array = np.ndarray[Any, Any]

POISONS = (0xFF, 0xA5)
"""Bytes that output buffers are filled with before a run: what still holds them was not written."""
QUEUE = 64
"""Launches that are put on the stream before it is waited for."""


class Gpu:
    """The first visible GPU, current in this process, with a stream of its own."""

    def __init__(self) -> None:
        core = require("cuda.core", purpose="running engines on a GPU")
        try:
            self.device = core.Device()
            self.device.set_current()
        except Exception as error:  # cuda-core raises one class for "no driver" and "no GPU"
            raise MissingDevice(
                f"no GPU that CUDA can use: {error}; run this item on a machine that has one"
            ) from error
        self.stream = self.device.create_stream()
        self._pinned = core.LegacyPinnedMemoryResource()
        self._timed = core.EventOptions(timing_enabled=True)

    @property
    def name(self) -> str:
        """Product name, as "NVIDIA H200"."""
        return str(self.device.name)

    @property
    def uuid(self) -> str:
        """As NVML spells it: the same GPU whatever the index says."""
        return f"GPU-{self.device.uuid}"

    @property
    def compute_capability(self) -> str:
        """As "9.0"."""
        capability = self.device.compute_capability
        return f"{capability.major}.{capability.minor}"

    def allocate(self, size: int) -> Any:
        """Device memory of `size` bytes, at least one."""
        return self.device.allocate(max(size, 1), stream=self.stream)

    def upload(self, values: Array) -> Any:
        """A device buffer that holds a copy of the array."""
        buffer = self.allocate(values.nbytes)
        if values.nbytes:
            staged, view = self._staging(values.nbytes)
            view[:] = values.reshape(-1).view("uint8")
            staged.copy_to(buffer, stream=self.stream)
            self.stream.sync()
        return buffer

    def download(self, buffer: Any, shape: Sequence[int], dtype: Any) -> Array:
        """The first bytes of a device buffer as an array on the host."""
        np = require("numpy", purpose="reading outputs")
        array: Array = np.empty(tuple(shape), dtype)
        if array.nbytes:
            staged, view = self._staging(buffer.size)
            buffer.copy_to(staged, stream=self.stream)
            self.stream.sync()
            array.reshape(-1).view("uint8")[:] = view[: array.nbytes]
        return array

    def fill(self, buffer: Any, byte: int) -> None:
        """Fill a device buffer with one byte."""
        buffer.fill(byte, stream=self.stream)

    def _staging(self, size: int) -> tuple[Any, Array]:
        np = require("numpy", purpose="reading outputs")
        staged = self._pinned.allocate(size)
        memory = (ctypes.c_uint8 * size).from_address(int(staged.handle))
        return staged, np.frombuffer(memory, np.uint8)

    def capture(self, work: Callable[[], None]) -> Any:
        """The work that a function puts on the stream, as a graph that can be launched."""
        builder = self.stream.create_graph_builder()
        builder.begin_building("relaxed")
        try:
            work()
        finally:
            builder.end_building()
        graph = builder.complete()
        graph.upload(self.stream)
        self.stream.sync()
        return graph

    def event(self) -> Any:
        """An event that keeps the time."""
        return self.device.create_event(self._timed)

    def time_ms(self, work: Callable[[], None], repeats: int, events: list[Any]) -> list[float]:
        """GPU milliseconds of each of `repeats` pieces of work, queued one behind the other.

        `events` are reused from call to call; more are made where needed.
        """
        events += [self.event() for _ in range(repeats + 1 - len(events))]
        self.stream.record(events[0])
        for index in range(repeats):
            work()
            self.stream.record(events[index + 1])
        events[repeats].sync()
        return [float(events[i + 1] - events[i]) for i in range(repeats)]
