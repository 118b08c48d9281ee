"""NVIDIA's plugin library: which plugins it has, and for which operators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.reading import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "plugins.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin of NVIDIA's repository."""

    name: str
    """Name of its creator, which an ONNX node must carry as its operator."""
    versions: str
    folder: str
    provides: tuple[str, ...] = ()
    """Operators of ONNX and of other frameworks that it computes."""
    instead: str = ""
    """What replaces it, where NVIDIA calls it deprecated."""
    note: str = ""

    def __str__(self) -> str:
        deprecated = f", deprecated: {self.instead} in its place" if self.instead else ""
        note = f"; {self.note}" if self.note else ""
        return f"{self.name} (NVIDIA/TensorRT plugin/{self.folder}{deprecated}{note})"


@cache
def plugins_of_nvidia() -> Mapping[str, Plugin]:
    """Every plugin by the name of its creator."""
    rows = read_json(FILE)["plugins"]
    return {
        row["name"]: Plugin(**{**row, "provides": tuple(row.get("provides", ()))}) for row in rows
    }


def plugin_for(operator: str) -> Plugin | None:
    """The plugin of this name, else one that computes this operator and is not deprecated."""
    known = plugins_of_nvidia()
    if operator in known:
        return known[operator]
    fitting = [plugin for plugin in known.values() if operator in plugin.provides]
    return next(iter(sorted(fitting, key=lambda plugin: bool(plugin.instead))), None)
