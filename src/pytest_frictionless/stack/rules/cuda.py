"""CUDA within a major version, and the driver that each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from pytest_frictionless.knowledge.compatibility import oldest_driver
from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

MINOR = "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"
RUNTIMES = ("cuda_runtime", "cuda_toolkit")
INSTALL = (
    "Install driver {} or later. On a data-centre GPU an image may bring the package for forward "
    "compatibility instead."
)


def follows_toolkit(asked: Comparison) -> Verdict | None:
    """A runtime that comes with the toolkit is judged with it."""
    known = (asked.recorded.components, asked.running)
    toolkits = [release(each.get("cuda_toolkit", ""), 1) for each in known]
    runtimes = [release(text, 1) for text in (asked.old, asked.new)]
    if asked.old == asked.new or None in runtimes or toolkits != runtimes:
        return None
    return Verdict(kind=Kind.COMPATIBLE, why="judged with the toolkit", source=MINOR)


def same_family(asked: Comparison) -> Verdict | None:
    """Minor versions of a CUDA are compatible; another major version is another CUDA."""
    if follows_toolkit(asked) and asked.component == "cuda_runtime":
        return None
    old, new = release(asked.old, 3), release(asked.new, 3)
    if old is None or new is None or old == new:
        return None
    if old[0] == new[0]:
        kind = Kind.PATCH if old[:2] == new[:2] else Kind.COMPATIBLE
        return Verdict(
            kind=kind, source=MINOR, why=f"minor versions of CUDA {new[0]} are compatible"
        )
    return Verdict(
        kind=Kind.BREAKING, code="FR057", source=MINOR,
        why=f"what was built with CUDA {old[0]} does not run with the libraries of CUDA {new[0]}",
        remedy=f"Install the builds for CUDA {old[0]}, or make engine and manifest anew.",
    )  # fmt: skip


def driver_serves(asked: Comparison) -> Verdict | None:
    """Whether the driver is new enough for the CUDA that runs, else for the one recorded."""
    cuda = _cuda(asked)
    if not asked.new or not cuda or (needed := oldest_driver(cuda)) is None:
        return None
    try:
        driver = Version(asked.new)
    except InvalidVersion:
        return None
    if driver < Version(needed.value):
        return Verdict(
            kind=Kind.BREAKING, code="FR058", source=needed.source,
            why=f"CUDA {cuda} needs driver {needed.value} or later",
            remedy=INSTALL.format(needed.value),
        )  # fmt: skip
    if not asked.old or asked.old == asked.new:
        return None
    return Verdict(
        kind=Kind.COMPATIBLE, source=needed.source,
        why=f"CUDA {cuda} runs on driver {needed.value} and later",
    )  # fmt: skip


def follows_driver(asked: Comparison) -> Verdict | None:
    """The newest CUDA of the driver: judged with the driver, where that is known."""
    if not asked.both or asked.old == asked.new:
        return None
    if asked.running.get("nvidia_driver"):
        return Verdict(kind=Kind.COMPATIBLE, why="judged with the driver", source=MINOR)
    cuda, served = _cuda(asked), release(asked.new, 1)
    wanted = release(cuda, 1) if cuda else None
    if served is None or wanted is None:
        return None
    if served < wanted:
        return Verdict(
            kind=Kind.BREAKING, code="FR058", source=MINOR,
            why=f"CUDA {cuda} needs a driver that serves it",
            remedy="Install the driver that comes with this CUDA, or a later one.",
        )  # fmt: skip
    return Verdict(kind=Kind.COMPATIBLE, why=f"it serves CUDA {cuda}", source=MINOR)


def _cuda(asked: Comparison) -> str:
    known = (asked.running, asked.recorded.components)
    return next((each[name] for each in known for name in RUNTIMES if name in each), "")
