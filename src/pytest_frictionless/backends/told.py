"""Files that safetensors reads are told to Python's audit hooks, as those that Python opens are."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from typing import Any


@cache
def tell_safetensors() -> None:
    """Raise the event `open` for each file that `safe_open` opens; what is read goes into a cache's key.

    It opens files in Rust, and is a class that nobody can derive from: where a module names it, stands
    one that makes it, and that is the same for `isinstance`.
    """
    if find_spec("safetensors") is None:
        return
    import safetensors

    opens: Any = safetensors.safe_open

    class _Same(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, opens)

    class safe_open(metaclass=_Same):
        def __new__(cls, filename: str | os.PathLike[str], *more: Any, **named: Any) -> Any:
            sys.audit("open", filename, "r", os.O_RDONLY)
            return opens(filename, *more, **named)

    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get("safe_open") is opens:
            module.safe_open = safe_open  # type: ignore[attr-defined]
