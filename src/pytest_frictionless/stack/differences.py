"""What differs between a manifest and the running system, and what each difference means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.stack.comparison import ORDER, Comparison, Kind, Verdict, same_release
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.rules import recorded_value, verdicts_on
from pytest_frictionless.stack.rules.plan import BOUND_RTX, REBUILD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_frictionless.settings.target import Opset, Target
    from pytest_frictionless.stack.manifest import Graph, Manifest, Plan

TITLES = {**COMPONENTS, "opset": "ONNX opset"}
"""Everything that is judged, with its title: beside the components the opset of the file."""
CODES = {Kind.BREAKING: "FR066", Kind.UNKNOWN: "FR069"}
"""Of a difference whose rule has no code of its own."""
TARGET = "FR068"
"""Of a plan that fits what runs here, and not what it is deployed to."""
ENGINES = ("tensorrt", "tensorrt_rtx")
NOT_HERE = Verdict(kind=Kind.UNKNOWN, why="it cannot be compared here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One component, as it was recorded and as it runs. Most are `identical`."""

    component: str
    """A key of `COMPONENTS`, or "opset"."""
    recorded: str
    running: str
    """Empty where it is not installed, or cannot be asked here."""
    kind: Kind
    why: str = ""
    source: str = ""
    remedy: str = ""
    code: str = ""
    """Of the finding; empty where the difference makes none of its own."""
    also: tuple[str, ...] = ()
    """What other rules say of the same component, where it breaks something too."""
    against: str = "runs"
    """What it is compared with: "runs", or "is the target"."""

    @property
    def title(self) -> str:
        """The component's name for people."""
        return TITLES.get(self.component, self.component)

    @property
    def matters(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.kind in CODES

    @property
    def told(self) -> str:
        """As "TensorRT 10.13.3.9 is recorded and 10.14.1.48 runs"."""
        if self.component == "opset":
            return f"{self.title} {self.recorded} is recorded"
        return (
            f"{self.title} {self.recorded or 'unset'} is recorded and {self.running or 'none'} "
            f"{self.against}"
        )


def differences(
    recorded: Manifest, running: Mapping[str, str], target: Target, *,
    precision: str | None = None, pin: Opset | None = None, delivered: Graph | None = None,
) -> tuple[Difference, ...]:  # fmt: skip
    """Every component that the manifest names, judged; in the order of `COMPONENTS`.

    Args:
        recorded: The manifest beside the checkpoint.
        running: Exact version of each component that runs here, by the keys of `COMPONENTS`.
        target: What is deployed to. A plan that the target does not load is one more difference,
            unless what runs here is the target.
        precision: What frictionless.yaml asks the engine to compute in.
        pin: The opset that frictionless.yaml pins.
        delivered: The ONNX file as it is exported now, where it was.
    """
    asked = Comparison(
        component="", old="", new="", recorded=recorded, running=running,
        precision=precision or "", pin=pin, delivered=delivered,
    )  # fmt: skip
    here = [
        replace(
            asked, component=name, old=recorded_value(recorded, name), new=running.get(name, "")
        )
        for name in dict.fromkeys([*TITLES, *recorded.components])
    ]
    found = [difference for each in here if (difference := _judge(each)) is not None]
    return (*found, *_of_target(asked, target))


def findings_of(found: Iterable[Difference]) -> Iterator[Finding]:
    """One finding for each difference that matters; one for all that cannot be compared here."""
    missing = []
    for each in found:
        if each.matters and not each.code:
            missing.append(each)
        elif each.matters:
            yield _finding(each)
    if missing:
        yield _missing(missing)


def _judge(asked: Comparison) -> Difference | None:
    verdicts = verdicts_on(asked)
    if not verdicts and asked.component not in asked.recorded.components:
        return None  # a plan for GPUs, written on a machine that has none
    # Of several that are as bad, the first: rules stand with what is silent before what is loud.
    first = max(verdicts or [NOT_HERE], key=lambda each: ORDER.index(each.kind))
    others = (each for each in verdicts if each is not first and each.kind is Kind.BREAKING)
    return Difference(
        component=asked.component, recorded=asked.old, running=asked.new,
        kind=first.kind, why=first.why, source=first.source, remedy=first.remedy,
        code="" if first is NOT_HERE else (first.code or CODES.get(first.kind, "")),
        also=tuple(each.why for each in others),
    )  # fmt: skip


def _of_target(asked: Comparison, target: Target) -> Iterator[Difference]:
    """What the plan is not, of what it is deployed to; nothing where that runs here."""
    plan = asked.recorded.plan
    if plan is None:
        return
    yield from _of_flavour(plan, target)
    for name in ENGINES:
        wanted, old = getattr(target, name), recorded_value(asked.recorded, name)
        if (
            not wanted
            or not getattr(plan, name)
            or same_release(asked.running.get(name, ""), wanted)
        ):
            continue
        difference = _judge(replace(asked, component=name, old=old, new=wanted))
        if difference is not None and difference.kind is Kind.BREAKING:
            yield replace(difference, code=TARGET, against="is the target")
    for wanted in target.compute_capabilities:
        if asked.running.get("compute_capability") == wanted:
            continue
        name = "compute_capability"
        old = recorded_value(asked.recorded, name)
        difference = _judge(replace(asked, component=name, old=old, new=wanted))
        if difference is not None and difference.kind is Kind.BREAKING:
            yield replace(difference, code=TARGET, against="is of the target")


def _of_flavour(plan: Plan, target: Target) -> Iterator[Difference]:
    """A plan of TensorRT where the target is TensorRT-RTX alone, or the other way around."""
    has = [name for name in ENGINES if getattr(plan, name)]
    wanted = [name for name in ENGINES if getattr(target, name)]
    if has and wanted and not {*has} & {*wanted}:
        yield Difference(
            component=has[0], recorded=getattr(plan, has[0]),
            running=f"{TITLES[wanted[0]]} {getattr(target, wanted[0])}", against="is the target",
            kind=Kind.BREAKING if plan.file else Kind.UNKNOWN,  # else it is not what is deployed
            code=TARGET, remedy=REBUILD, source=BOUND_RTX,
            why="neither loads a plan of the other",
        )  # fmt: skip


def _finding(each: Difference) -> Finding:
    evidence = [("also", why) for why in each.also]
    if each.source:
        evidence.append(("source", each.source))
    return Finding(
        code=each.code, message=f"{each.told}: {each.why}", remedy=each.remedy,
        evidence=tuple(evidence),
        severity=Severity.ERROR if each.kind is Kind.BREAKING else Severity.WARNING,
    )  # fmt: skip


def _missing(differences: list[Difference]) -> Finding:
    names = ", ".join(each.title for each in differences)
    return Finding(
        code="FR069",
        message=f"what the manifest records of {names} cannot be compared here: none is found",
        evidence=tuple((each.title, each.recorded) for each in differences),
        remedy="Run it where these are, as in the container and on the GPU of production.",
        severity=Severity.WARNING,
    )
