"""What a rule is asked, and what it answers: one component of the stack, recorded and running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from pytest_frictionless.settings.target import Opset
    from pytest_frictionless.stack.manifest import Graph, Manifest


class Kind(StrEnum):
    """What a difference means for the model that is deployed, least first."""

    IDENTICAL = "identical"
    PATCH = "patch"
    COMPATIBLE = "compatible"
    UNKNOWN = "unknown"
    """No source says whether it fits: shown as a warning, and never a pass."""
    BREAKING = "breaking"


ORDER = tuple(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says of one component."""

    kind: Kind
    why: str = ""
    """What follows "TensorRT 10.13.3 is recorded and 11.0.0 runs: "."""
    source: str = ""
    """Where it is written, as a URL; or "measured" and with which version."""
    remedy: str = ""
    code: str = ""
    """The finding's code; empty takes the one for the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One component of a manifest beside the same component of the running system."""

    component: str
    old: str
    """Recorded; empty where the manifest does not name it."""
    new: str
    """Running; empty where it is not installed, or cannot be asked here."""
    recorded: Manifest
    running: Mapping[str, str]
    precision: str = ""
    """Asked for in frictionless.yaml; empty where nothing is."""
    pin: Opset | None = None
    delivered: Graph | None = None
    """The ONNX file as it is delivered now, where it was made."""

    @property
    def both(self) -> bool:
        """Whether there is something to compare."""
        return bool(self.old and self.new)


Rule = Callable[[Comparison], Verdict | None]
"""Judges one concern; None where the concern does not arise."""


def version_in(text: str) -> Version | None:
    """The version in a component's text, its last word where there are several; None without one."""
    try:
        return Version(text.split()[-1])
    except (IndexError, InvalidVersion):
        return None


def release(text: str, parts: int) -> tuple[int, ...] | None:
    """The first numbers of a version, filled with zeros; None where there is no version."""
    version = version_in(text)
    return None if version is None else (*version.release, *([0] * parts))[:parts]


def same_release(old: str, new: str) -> bool | None:
    """Whether two versions are one, as far as both are written out; None where one is no version."""
    one, two = version_in(old), version_in(new)
    if one is None or two is None:
        return None
    return all(a == b for a, b in zip(one.release, two.release, strict=False))
