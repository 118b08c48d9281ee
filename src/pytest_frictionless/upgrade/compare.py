"""What two runs of one suite answered differently."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.verdict import answers_of, told_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.reports.results import Item, Results


class Kind(StrEnum):
    """What a change means, worst first."""

    BROKE = "broke"
    UNASKED = "unasked"
    """It was answered, and cannot be asked any more: unknown is never a pass."""
    SLOWER = "slower"
    WARNED = "warned"
    WORSE = "worse"
    """Numbers are further off, and within the tolerance still."""
    DIFFERS = "differs"
    """Neither good nor bad by itself: nodes, opset, size of the plan."""
    FASTER = "faster"
    MENDED = "mended"


ORDER = tuple(Kind)
BLAMED = (Kind.BROKE, Kind.UNASKED, Kind.SLOWER)
"""What an upgrade is blamed for."""


OF_ENVIRONMENT = ("manifest",)
"""Checks that ask whether this is the recorded environment: an upgrade is meant to be another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item that is not as it was."""

    kind: Kind
    item: str
    """Id of the item: given to pytest, it asks this again."""
    checkpoint: str
    text: str
    """What changed, behind the id: "now fails: FR501 ..."."""
    measure: str = ""
    """Name of the measurement, where it is one that changed."""
    finding: Finding | None = None
    """The first answer that fails it, where it fails now."""

    def __str__(self) -> str:
        return f"{self.item} {self.text}"

    @property
    def is_blamed(self) -> bool:
        """Whether the upgrade is blamed for it."""
        return self.kind in BLAMED

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        found = self.finding.to_json() if self.finding else None
        return {
            "kind": self.kind, "item": self.item, "checkpoint": self.checkpoint,
            "text": self.text, "measure": self.measure, "finding": found,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measurement that is compared, and what counts as a change of it.

    It has to grow, or shrink, by the factor and by the amount.
    """

    name: str
    title: str
    factor: float = 1.0
    amount: float = 0.0
    unit: str = ""
    up: Kind = Kind.DIFFERS
    down: Kind = Kind.DIFFERS
    checks: tuple[str, ...] = ()
    """Checks it is taken from; all that have it where none is named."""


MEASURES = (
    Measure(name="opset", title="delivered opset", checks=("opset",)),
    Measure(name="ir_version", title="IR version", checks=("opset",)),
    Measure(name="nodes", title="nodes", checks=("export",)),
    # Each build gives other bytes: two of one network differ by less than this.
    Measure(name="plan_bytes", title="plan", unit="B", factor=1.02, amount=4096),
    Measure(name="max_abs", title="largest error", factor=10, amount=1e-6, up=Kind.WORSE),
    Measure(name="workspace_mib", title="workspace", unit="MiB", factor=1.05, amount=1, checks=("memory",)),
    Measure(name="memory_mib", title="memory", unit="MiB", factor=1.05, amount=1),
    # A loaded machine doubles a time easily; latency on the GPU has its own, calmer clock.
    Measure(name="export_s", title="export", unit="s", factor=2, amount=2, up=Kind.SLOWER, down=Kind.FASTER),
    Measure(name="build_s", title="build", unit="s", factor=2, amount=1, up=Kind.SLOWER, down=Kind.FASTER),
    Measure(name="latency_ms", title="latency", unit="ms", factor=1.05, amount=0.01, up=Kind.SLOWER, down=Kind.FASTER),
)  # fmt: skip


def compare(before: Results, after: Results) -> tuple[Change, ...]:
    """Every change from one run to the other, worst first, each told once.

    What failed before as well, and what is skipped because something else failed, is no change. An
    item that one of the runs did not have is told where it was answered.
    """
    old, new = _asked(before), _asked(after)
    found = [
        change
        for name in old.keys() & new.keys()
        for change in _changes(told_by(old[name], old.values()), new[name])
    ]
    found += [
        _change(Kind.UNASKED, old[name], "is gone")
        for name in old.keys() - new.keys()
        if _answered(old[name])
    ]
    found += [
        _change(Kind.BROKE, new[name], f"is new and fails{_why(new[name])}")
        for name in new.keys() - old.keys()
        if new[name].fails
    ]
    return worst_first(found)


def _asked(results: Results) -> dict[str, Item]:
    return {item.id: item for item in answers_of(results) if item.check not in OF_ENVIRONMENT}


def worst_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes in the order in which they are told."""
    return tuple(
        sorted(changes, key=lambda each: (ORDER.index(each.kind), each.item, each.measure))
    )


def told(changes: Iterable[Change]) -> list[str]:
    """Changes as lines: where one thing is said of several items of a checkpoint, it is said once."""
    lines = []
    ordered = sorted(changes, key=_said)
    for _, same in groupby(ordered, key=_said):
        first, *others = same
        lines.append((first, f"{first}" + (f" (and {len(others)} more)" if others else "")))
    return [line for _, line in sorted(lines, key=lambda pair: ORDER.index(pair[0].kind))]


def _said(change: Change) -> tuple[str, str, str]:
    return change.kind, change.checkpoint, change.text


def _answered(item: Item) -> bool:
    return item.outcome == "passed" or item.fails


def _change(kind: Kind, item: Item, text: str, *, measure: str = "") -> Change:
    finding = next(iter(_failing(item)), None) if item.fails and not measure else None
    return Change(
        kind=kind, item=item.id, checkpoint=item.checkpoint, text=text, measure=measure,
        finding=finding,
    )  # fmt: skip


def _failing(item: Item) -> list[Finding]:
    """What fails an item: errors, and under --frictionless-strict warnings too."""
    errors = [each for each in item.findings if each.severity is Severity.ERROR]
    return errors or list(item.findings)


def _why(item: Item) -> str:
    finding = next(iter(_failing(item)), None)
    return f": {finding.headline}" if finding else ""


def _changes(old: Item, new: Item) -> Iterator[Change]:
    if new.fails and not old.fails:
        verb = "now fails" if _answered(old) else "is asked now and fails"
        yield _change(Kind.BROKE, new, f"{verb}{_why(new)}")
    elif new.fails and _codes(new) - _codes(old):
        yield _change(Kind.BROKE, new, f"fails in another way{_why(new)}")
    elif old.fails and new.outcome == "passed":
        yield _change(Kind.MENDED, new, f"passes now; before: {_why(old).removeprefix(': ')}")
    elif new.outcome == "passed" and not _answered(old) and not old.blocked_by:
        yield _change(Kind.MENDED, new, f"is asked now and passes; before: {old.skip}")
    elif _answered(old) and not _answered(new) and not new.blocked_by:
        yield _change(Kind.UNASKED, new, f"is not asked any more: {new.skip or 'no word why'}")
    if not new.fails:
        yield from _warnings(old, new)
    for measure in MEASURES:
        yield from _measured(measure, old, new)


def _codes(item: Item) -> set[str]:
    """Codes that fail an item: the words name versions and lines of the tool that wrote them."""
    return {finding.code for finding in _failing(item)}


def _warnings(old: Item, new: Item) -> Iterator[Change]:
    """A warning whose code was not there before."""
    known = Counter(finding.code for finding in old.findings)
    for finding in new.findings:
        if not known[finding.code]:
            yield _change(Kind.WARNED, new, f"now warns: {finding.headline}")


def _measured(measure: Measure, old: Item, new: Item) -> Iterator[Change]:
    if measure.checks and new.check not in measure.checks:
        return
    before, after = old.measurements.get(measure.name), new.measurements.get(measure.name)
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return
    small, large = sorted((before, after))
    if large == small or large < small * measure.factor or large - small < measure.amount:
        return
    kind = measure.up if after > before else measure.down
    text = f"{measure.title} {_spelled(before)} -> {_spelled(after)} {measure.unit}".rstrip()
    yield _change(kind, new, text, measure=measure.name)


def _spelled(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3g}"
