"""results.json: all that a run found, measured and made; every report is made from it."""

from __future__ import annotations

import datetime  # noqa: TC003  pydantic reads the annotations
from collections.abc import Mapping  # noqa: TC003
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict

from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1


class Outcome(StrEnum):
    """What became of an item, worst first: an error ended without an answer (FR010)."""

    ERROR = "error"
    FAILED = "failed"
    XPASSED = "xpassed"
    XFAILED = "xfailed"
    PASSED = "passed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part that a run is of a suite which several jobs share."""

    index: int
    """Which part, counted from 1."""
    total: int
    """Number of parts."""

    def __str__(self) -> str:
        return f"{self.index} of {self.total}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From "2/4"; raises ValueError."""
        index, _, total = text.partition("/")
        if index.isdecimal() and total.isdecimal() and 1 <= int(index) <= int(total):
            return cls(index=int(index), total=int(total))
        raise ValueError(f"takes a part of a whole, as 2/4, not {text!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What was checked out."""

    sha: str
    """Id of the commit, in full."""
    branch: str = ""
    """As git or CI names it; empty where neither does."""
    dirty: bool = False
    """Whether tracked files differ from the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of pytest, without its items."""

    written_by: str
    """As pytest-frictionless 0.1.0."""
    started: datetime.datetime
    """When it began, in UTC."""
    seconds: float
    """How long it took."""
    exit: int
    """Exit status of pytest."""
    complete: bool
    """False where it ended before all was asked that it was sent to ask."""
    unreached: tuple[str, ...] = ()
    """Ids of the items that it was sent to ask and did not finish."""
    deselected: int = 0
    """Items of the checkpoints it found that it was not sent to ask, as by `-k`."""
    strict: bool = False
    """Whether warnings fail too."""
    root: str = "."
    """Folder that paths start from, as seen from the top of the git repository."""
    shard: Shard | None = None
    """Which part of a suite this is, where it is one."""
    commit: Commit | None = None
    """What was checked out, where git knows."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Version of each component of the stack, by the names of the version manifest."""
    findings: tuple[Finding, ...] = ()
    """About the run itself, as a suppression that met nothing."""

    def counts(self, finding: Finding) -> bool:
        """Whether a finding fails this run: an error does, and a warning where it is strict."""
        strict = self.strict and finding.severity is Severity.WARNING
        return strict or finding.severity is Severity.ERROR

    def __str__(self) -> str:
        shard = f" (shard {self.shard})" if self.shard else ""
        return f"the run of {self.started:%Y-%m-%d %H:%M:%S}{shard}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made of a checkpoint, or the checkpoint itself where it is ONNX already."""

    kind: Literal["onnx", "plan"]
    """The ONNX file, or the serialised engine with all profiles."""
    path: str
    """From the root; absolute where it lies elsewhere."""
    sha256: str
    """Of its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint that was found."""

    path: str
    """From the root."""
    name: str = ""
    """Its entry in frictionless.yaml, or the stem of its file."""
    format: str = ""
    """As onnx, safetensors or pt2; empty where the run ended before it was told."""
    items: tuple[str, ...] = ()
    """Names of all its items, asked or not."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each of its files, by path, where the run has read them."""
    made: tuple[Made, ...] = ()
    """What was made of it and is kept."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each setting that its verdicts on a GPU depend on, where it is set."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Digest of each file that feeds its engine: modules that `make` imports, and what they read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A finding that was suppressed."""

    finding: Finding
    """What came up."""
    reason: str
    """Why it does not count, from frictionless.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question that was asked of one checkpoint, and what became of it."""

    id: str
    """Node id: given to pytest, it asks this again."""
    run: int = 0
    """Which of the runs asked, counted from 0."""
    checkpoint: str
    """Path of the checkpoint."""
    check: str
    """Name of the check."""
    profile: str = ""
    """Profile it was asked for, where it is asked for each."""
    point: str = ""
    """Shape point it was asked for: min, opt or max."""
    outcome: Outcome
    """What became of it."""
    seconds: float = 0.0
    """How long the question took."""
    findings: tuple[Finding, ...] = ()
    """The answers, warnings among them; none where another item has them."""
    ignored: tuple[Ignored, ...] = ()
    """Findings that were suppressed."""
    skip: str = ""
    """Why it was not asked."""
    blocked_by: str = ""
    """Name of the checkpoint's item that failed first."""
    measurements: Mapping[str, Any] = field(default_factory=dict)
    """What was measured; what is no finite number is the text "NaN", "Infinity" or "-Infinity"."""
    notes: tuple[str, ...] = ()
    """Remarks that are no findings."""

    @property
    def fails(self) -> bool:
        """Whether it fails its run."""
        return self.outcome in (Outcome.ERROR, Outcome.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The record of a run, or of several that were merged."""

    __pydantic_config__: ClassVar = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    results: Literal[1] = 1
    """Version of this format."""
    runs: tuple[Run, ...]
    """The runs, in the order they began."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """Every checkpoint that was found, by path."""
    items: tuple[Item, ...] = ()
    """By checkpoint and in the order of its items; one for each run that asked it."""

    def __post_init__(self) -> None:
        """Raise ValueError where the parts do not fit together."""
        if not self.runs:
            raise ValueError("there is no run")
        paths = {each.path for each in self.checkpoints}
        asked = set()
        for item in self.items:
            if not 0 <= item.run < len(self.runs):
                raise ValueError(f"{item.id}: there is no run {item.run}")
            if item.checkpoint not in paths:
                raise ValueError(f"{item.id}: there is no checkpoint {item.checkpoint}")
            if (item.id, item.run) in asked:
                raise ValueError(f"{item.id} is there twice for one run")
            asked.add((item.id, item.run))

    @classmethod
    def of(
        cls, runs: Iterable[Run], checkpoints: Iterable[Checkpoint], items: Iterable[Item]
    ) -> Results:
        """The record with everything in its order."""
        found = tuple(sorted(checkpoints, key=lambda each: each.path))
        order = order_of(found)
        ordered = sorted(
            items, key=lambda item: (order.get(item.id, len(order)), item.id, item.run)
        )
        return cls(runs=tuple(runs), checkpoints=found, items=tuple(ordered))


def order_of(checkpoints: Iterable[Checkpoint]) -> dict[str, int]:
    """Place of every item by its id: by checkpoint, in the order in which items are asked."""
    ids = [f"{each.path}::{name}" for each in checkpoints for name in each.items]
    return {id: place for place, id in enumerate(ids)}
