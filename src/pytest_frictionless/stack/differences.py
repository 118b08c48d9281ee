"""What differs between a manifest and the running system, and what each difference means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.stack.comparison import ORDER, Comparison, Kind, Verdict
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.rules import recorded_value, verdicts_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_frictionless.settings.model import Opset, Target
    from pytest_frictionless.stack.manifest import Manifest

CODES = {Kind.BREAKING: "FR066", Kind.UNKNOWN: "FR069"}
"""Of a difference whose rule has no code of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One component, as it was recorded and as it runs. Most are `identical`."""

    component: str
    """A key of `COMPONENTS`."""
    recorded: str
    running: str
    """Empty where it is not installed, or cannot be asked here."""
    kind: Kind
    why: str = ""
    source: str = ""
    remedy: str = ""
    code: str = ""
    """Of the finding; empty where the difference makes none."""
    also: tuple[str, ...] = ()
    """What other rules say of the same component, where it matters too."""

    @property
    def title(self) -> str:
        """The component's name for people."""
        return COMPONENTS.get(self.component, self.component)

    @property
    def matters(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.kind in CODES


def differences(
    recorded: Manifest, running: Mapping[str, str], target: Target, *,
    precision: str | None = None, pin: Opset | None = None,
) -> tuple[Difference, ...]:  # fmt: skip
    """Every component that the manifest names, judged; in the order of `COMPONENTS`.

    Args:
        recorded: The manifest beside the checkpoint.
        running: Exact version of each component that runs here, by the keys of `COMPONENTS`.
        target: What is deployed to.
        precision: What frictionless.yaml asks the engine to compute in.
        pin: The opset that frictionless.yaml pins.
    """
    found = []
    for component in COMPONENTS:
        asked = Comparison(
            component=component, old=recorded_value(recorded, component),
            new=running.get(component, ""), recorded=recorded, running=running, target=target,
            precision=precision or "", pin=pin,
        )  # fmt: skip
        if (difference := _judge(asked)) is not None:
            found.append(difference)
    return tuple(found)


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
    if not verdicts and not asked.old:
        return None
    if not verdicts:
        verdicts = [Verdict(kind=Kind.UNKNOWN, why="it cannot be compared here")]
    # Of several that are as bad, the first: rules stand with what is silent before what is loud.
    first = max(verdicts, key=lambda each: ORDER.index(each.kind))
    others = (each for each in verdicts if each is not first and each.kind in CODES)
    comparable = first.kind in CODES and (asked.new or first.code)
    return Difference(
        component=asked.component, recorded=asked.old, running=asked.new,
        kind=first.kind, why=first.why, source=first.source, remedy=first.remedy,
        code=(first.code or CODES[first.kind]) if comparable else "",
        also=tuple(each.why for each in others),
    )  # fmt: skip


def _finding(each: Difference) -> Finding:
    told = f"{each.title} {each.recorded or 'nothing'} is recorded and {each.running or 'nothing'} runs"
    evidence = [("also", why) for why in each.also]
    if each.source:
        evidence.append(("source", each.source))
    return Finding(
        code=each.code, message=f"{told}: {each.why or 'no source says whether they fit'}",
        remedy=each.remedy, evidence=tuple(evidence),
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
