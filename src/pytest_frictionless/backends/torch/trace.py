"""What eager torch computes on its way: outputs of modules and of single operators."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.torch.call import call
from pytest_frictionless.backends.torch.load import subject_of
from pytest_frictionless.backends.torch.reference import array_of

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord
    from pytest_frictionless.reproduce.records import TraceRecord

TRACE = "trace.npz"
MOST_BYTES = 1 << 30
"""Values beyond this are left out; the steps they belong to cannot be compared then."""


def trace(
    memory: dict[str, Any], folder: str, *, source: SourceRecord, inputs: list[InputRecord],
    sizes: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Run the model once, and keep what every module called once and every operator gives.

    An operator is known by the path of the innermost module around it, its name, and how many of
    the name came before it in that module: the exporter keeps the same in the nodes' metadata.
    """
    np = require("numpy", purpose="keeping what torch computes")
    subject = subject_of(memory, source)
    watch = _Watch()
    with watch.on(subject.module):
        outputs = call(subject, inputs, feeds_at(inputs, sizes))
    arrays = {f"value_{i}": array for i, array in enumerate(watch.arrays)}
    arrays.update({f"output_{i}": array_of(tensor) for i, tensor in enumerate(outputs)})
    np.savez(Path(folder) / TRACE, **arrays)
    record: TraceRecord = {
        "modules": {path: i for path, i in watch.modules.items() if watch.calls[path] == 1},
        "operators": [[path, name, number] for path, name, number in watch.operators],
        "calls": dict(watch.calls),
        "outputs": len(outputs),
    }
    return {**record}


class _Watch:
    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.modules: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.operators: list[tuple[str, str, int]] = []
        self._stack: list[str] = [""]
        self._silent = False
        """While a value is copied: that calls operators too."""
        self._bytes = 0

    def keep(self, value: Any) -> int:
        """Number of the array that holds a tensor; -1 where it is none, or there is no room."""
        torch = require("torch", purpose="keeping what torch computes")
        if not isinstance(value, torch.Tensor) or value.is_sparse or value.is_quantized:
            return -1
        size = value.numel() * value.element_size()
        if self._bytes + size > MOST_BYTES:
            return -1
        self._bytes += size
        self._silent = True
        self.arrays.append(array_of(value).copy())
        self._silent = False
        return len(self.arrays) - 1

    @contextlib.contextmanager
    def on(self, module: Any) -> Any:
        """Watch every module below this one, and every operator."""
        handles = []
        for path, each in module.named_modules():
            if isinstance(each, require("torch", purpose="watching modules").jit.ScriptModule):
                continue
            handles.append(each.register_forward_pre_hook(self._enter(path)))
            handles.append(each.register_forward_hook(self._leave(path)))
        try:
            with _dispatch(self):
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, path: str) -> Any:
        def enter(_module: Any, _args: Any) -> None:
            self._stack.append(path)

        return enter

    def _leave(self, path: str) -> Any:
        def leave(_module: Any, _args: Any, result: Any) -> None:
            self._stack.pop()
            self.calls[path] += 1
            if self.calls[path] == 1 and (number := self.keep(result)) >= 0:
                self.modules[path] = number

        return leave

    def note(self, name: str, result: Any) -> None:
        """Keep what one operator gives."""
        if self._silent:
            return
        self.operators.append((self._stack[-1], name, self.keep(result)))


def _dispatch(watch: _Watch) -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode

    mode: Any = TorchDispatchMode

    class Dispatch(mode):  # type: ignore[misc]
        def __torch_dispatch__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            result = function(*args, **(kwargs or {}))
            watch.note(str(function), result)
            return result

    return Dispatch()
