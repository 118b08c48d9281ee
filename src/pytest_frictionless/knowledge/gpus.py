"""Which GPUs each version of TensorRT runs on: as it was seen, or as NVIDIA's support matrix says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from packaging.version import InvalidVersion, Version

from pytest_frictionless.knowledge.reading import read_json

FILE = "gpus.json"
TITLES = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}
OTHER_GPU = re.compile(r"cannot run on this GPU|compute capability|not compatible|different device")
"""A runtime that refuses an engine for the GPU it is on, and not for the engine."""
_OWN_LIST = re.compile(r"Supported compute capabilities:\s*(?P<list>[>\d. ]*\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What is known of one release."""

    flavour: str
    """`tensorrt` or `tensorrt_rtx`."""
    version: str
    """Major and minor."""
    runs_on: tuple[str, ...]
    """Compute capabilities."""
    source: str
    seen: str = ""
    """The exact version, where it was tried and not read."""
    newer: bool = False
    """Whether it runs on whatever is above the newest of them, too."""
    oldest: str = ""
    """It runs from here to the newest of them, and on nothing below; empty where nobody says so."""
    refuses: tuple[str, ...] = ()
    """It was seen to refuse these, or its notes say that they are removed."""
    only: bool = False
    """Whether it refuses all others. Where NVIDIA's table leaves a GPU out, the release may run on it."""

    def takes(self, capability: str) -> bool | None:
        """Whether it runs there; None where nobody knows."""
        if capability in (*self.runs_on, *self.refuses):
            return capability in self.runs_on
        asked, newest = _number(capability), max(map(Version, self.runs_on), default=None)
        if asked is None or newest is None:
            return None
        if self.newer and asked > newest:
            return True
        if self.oldest and asked <= newest:
            return asked >= Version(self.oldest)
        return False if self.only else None

    def __str__(self) -> str:
        return f"{TITLES[self.flavour]} {self.seen or self.version}"


def _number(capability: str) -> Version | None:
    try:
        return Version(capability)
    except InvalidVersion:
        return None


@cache
def support() -> tuple[Support, ...]:
    """Every release of the table, oldest first."""
    made = (
        Support(**{**row, **{name: tuple(row.get(name, ())) for name in ("runs_on", "refuses")}})
        for row in read_json(FILE)["support"]
    )
    return tuple(sorted(made, key=lambda row: Version(row.version)))


def support_of(flavour: str, version: str) -> Support | None:
    """What is known of a release, with what an earlier one has removed; None where nothing is.

    Args:
        flavour: `tensorrt` or `tensorrt_rtx`.
        version: As "1.7" or "1.7.1.116".
    """
    try:
        series = Version(version).release[:2]
    except InvalidVersion:
        return None
    known = next(
        (s for s in support() if s.flavour == flavour and Version(s.version).release == series),
        None,
    )
    for gone in read_json(FILE)["removed"]:
        if gone["flavour"] == flavour and series >= Version(gone["since"]).release:
            known = known or Support(
                flavour=flavour,
                version=".".join(map(str, series)),
                runs_on=(),
                source=gone["source"],
            )
            known = replace(known, refuses=(*known.refuses, gone["capability"]))
    return known


def runs_on(flavour: str, version: str, capability: str) -> bool | None:
    """Whether a release runs on a compute capability, as "9.0"; None where nobody knows."""
    row = support_of(flavour, version)
    return row.takes(capability) if row else None


def what_runs_on(capability: str) -> str:
    """The newest release of each flavour that is known to run there; empty where none is."""
    newest = {row.flavour: row for row in support() if row.takes(capability)}
    return " or ".join(map(str, sorted(newest.values(), key=str, reverse=True)))


def refusal(engine: str, gpu: str, capability: str, words: str = "") -> str:
    """One sentence for an engine that does not run on a GPU: versions, capability and what works.

    Args:
        engine: Flavour and version, as "TensorRT-RTX 1.7.1.116".
        gpu: Product name.
        capability: Of the GPU.
        words: What the runtime said; nothing where it was not asked.
    """
    own = _OWN_LIST.search(words)
    listed = f", only on {own['list']}" if own else ""
    told = f" ({words})" if words and not own else ""
    better = what_runs_on(capability)
    hint = f"{better} runs there" if better else "nothing is known here that does"
    return (
        f"{engine} does not run on this {gpu}, which has compute capability {capability}{listed}: "
        f"{hint}{told}"
    )


def flavour_of(engine: str) -> tuple[str, str]:
    """Flavour and version of "TensorRT-RTX 1.7.1.116"."""
    title, _, version = engine.rpartition(" ")
    return next(name for name, known in TITLES.items() if known == title), version
