"""A check is a question asked of a checkpoint; its answers are findings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.shapes import POINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_frictionless.shapes import Profile, ShapePoint
    from pytest_frictionless.workbench.workbench import Workbench


ABOUT_SIZES = ("FR206", "FR602", "FR605", "FR606", "FR801", "FR803")
"""Findings that a wrong guess of the profile causes."""


OF_THE_MACHINE = ("FR00", "FR017", "FR018", "FR019", "FR077")
"""Findings that tell of the run, or of its evidence, and nothing of the model."""


class Scope(StrEnum):
    """What a check is asked for: once a checkpoint, once a profile, or once a shape point."""

    CHECKPOINT = "checkpoint"
    PROFILE = "profile"
    POINT = "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a check is asked about."""

    workbench: Workbench
    profile_name: str = ""
    point_name: str = ""
    measurements: dict[str, Any] = field(default_factory=dict)
    """Numbers to keep with the item; a check writes them here."""
    notes: list[str] = field(default_factory=list)
    """Remarks shown with the item that are no findings."""

    @property
    def profile(self) -> Profile:
        """The profile asked about."""
        return self.workbench.profiles[self.profile_name]

    @property
    def point(self) -> ShapePoint:
        """The shape point asked about."""
        return self.profile.at(self.point_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question with a name; one item for each checkpoint, profile or point it is asked of."""

    name: str
    scope: Scope
    run: Callable[[Context], Iterator[Finding]]
    after: tuple[str, ...] = ()
    """Checks whose failure makes this question moot: one cause, one red line."""
    yields_to: tuple[str, ...] = ()
    """Checks that tell the cause where they failed too: this one is asked all the same."""
    one_fault: bool = False
    """Whether points that fail alike have one fault: the first that was asked tells it."""
    codes: tuple[str, ...] = ()
    """Beginnings of the codes it may answer with, as "FR9"; none where it may be any.

    A question that was skipped keeps a suppression of these from being called unused.
    """
    needs_gpu: bool = False
    """Whether it can be asked on a GPU alone; elsewhere signed evidence may answer it."""
    title: str = ""
    """The question itself, as one line for the documentation and `--markers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one question."""

    findings: tuple[Finding, ...] = ()
    ignored: tuple[tuple[Finding, str], ...] = ()
    """Findings that the user suppressed, with the reason."""
    skip: str = ""
    """Why the question could not be asked; empty where it was."""
    missing: bool = False
    """Whether it was skipped for what is not installed, or not plugged in, on this machine."""
    blocked_by: str = ""
    """Name of the check, with profile and point, whose failure made this one moot."""
    measurements: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return bool(self.errors)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail the item."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


def slug(check: Check, profile: str, point: str) -> str:
    """Name of an item: the check, with the profile and the point it is asked for."""
    if check.scope is Scope.CHECKPOINT:
        return check.name
    return f"{check.name}-{profile}" + (f"-{point}" if check.scope is Scope.POINT else "")


class Examiner:
    """Asks checks of one checkpoint and remembers the verdicts."""

    def __init__(
        self, workbench: Workbench, checks: Mapping[str, Check],
        stand_ins: Mapping[str, Check] | None = None,
    ) -> None:  # fmt: skip
        """`stand_ins` are asked instead of checks of their name that this machine cannot be asked."""
        self.workbench = workbench
        self.checks = checks
        self.stand_ins = stand_ins or {}
        self._verdicts: dict[str, Verdict] = {}
        self._endings: dict[str, str] = {}
        """Item that first met each step which the machine ended."""
        self._told: dict[str, dict[str, tuple[Finding, ...]]] = {}
        """Of each check, the items that failed for a fault of their own, with their findings."""

    def verdict(self, check: Check, profile: str = "", point: str = "") -> Verdict:
        """The verdict of one check, asked now or remembered."""
        name = slug(check, profile, point)
        if name not in self._verdicts:
            blocked = self._blocked(check, profile, point)
            verdict = blocked or self._ask(check, profile, point)
            if verdict.missing and check.name in self.stand_ins:
                verdict = self._stood_in(verdict, check.name, profile, point)
            if verdict.failed and verdict is not blocked:
                cause = self._cause(check.yields_to, profile, point)
                verdict = cause or self._told_before(check, name, verdict)
            self._verdicts[name] = verdict
        return self._verdicts[name]

    def _stood_in(self, missing: Verdict, check: str, profile: str, point: str) -> Verdict:
        """The answer of the stand-in; where it has none, both reasons for the skip."""
        answer = self._ask(self.stand_ins[check], profile, point)
        if not answer.skip:
            return answer
        known = answer.skip in missing.skip  # by the check that this one comes after
        skip = missing.skip if known else f"{missing.skip}; {answer.skip}"
        return replace(missing, skip=skip, ignored=answer.ignored)

    def _cause(self, names: Sequence[str], profile: str, point: str) -> Verdict | None:
        """The verdict of what failed before, if anything did."""
        for needed, at, verdict in self._before(names, profile, point):
            if verdict.failed:
                blocked_by = verdict.blocked_by or slug(needed, profile, at)
                return Verdict(findings=verdict.findings, blocked_by=blocked_by)
        return None

    def _told_before(self, check: Check, name: str, verdict: Verdict) -> Verdict:
        """The verdict, blocked by the first of the same check that failed alike, if one did.

        Only what was asked already counts: an item alone, or on a worker of its own, tells it itself.
        """
        if not check.one_fault or verdict.blocked_by:
            return verdict
        told = self._told.setdefault(check.name, {})
        for first, findings in told.items():
            if all(any(each.is_like(known) for known in findings) for each in verdict.findings):
                return replace(verdict, blocked_by=first)
        told[name] = verdict.findings
        return verdict

    def _before(
        self, names: Sequence[str], profile: str, point: str
    ) -> Iterator[tuple[Check, str, Verdict]]:
        """Verdicts of what is asked first: of every point, where this is asked of none."""
        for needed in (self.checks[name] for name in names if name in self.checks):
            for at in POINTS if needed.scope is Scope.POINT and not point else (point,):
                yield needed, at, self.verdict(needed, profile, at)

    def _blocked(self, check: Check, profile: str, point: str) -> Verdict | None:
        """The verdict where the question is moot: something before it failed or was skipped."""
        if (cause := self._cause(check.after, profile, point)) is not None:
            return cause
        before = (verdict for _, _, verdict in self._before(check.after, profile, point))
        skipped = next((verdict for verdict in before if verdict.skip), None)
        return skipped and Verdict(skip=skipped.skip, missing=skipped.missing)

    def _ask(self, check: Check, profile: str, point: str) -> Verdict:
        context = Context(workbench=self.workbench, profile_name=profile, point_name=point)
        findings: list[Finding] = []
        skip, missing = "", False
        try:
            findings.extend(check.run(context))
        except StepFailed as failed:
            findings.append(failed.finding)
            if failed.finding.code.startswith(OF_THE_MACHINE):
                # A broken library, or a crash, meets every check that wants the same step.
                name = slug(check, profile, point)
                first = self._endings.setdefault(failed.finding.headline, name)
                if first != name:
                    return Verdict(findings=(failed.finding,), blocked_by=first)
            reason = self.workbench.spec.ignore.get(failed.finding.code)
            skip = f"{failed.finding.headline} (ignored: {reason})" if reason else ""
        except MissingDependency as error:
            skip, missing = str(error), True
        findings = [self._told_assumption(finding, profile) for finding in findings]
        kept = [finding for finding in findings if finding.code not in self.workbench.spec.ignore]
        skips = [finding for finding in kept if finding.severity is Severity.SKIP]
        if skips and not any(finding.severity is Severity.ERROR for finding in kept):
            skip = skip or skips[0].headline  # warnings beside it make no verdict of it
        return Verdict(
            findings=tuple(finding for finding in kept if finding.severity is not Severity.SKIP),
            ignored=tuple(
                (finding, self.workbench.spec.ignore[finding.code])
                for finding in findings
                if finding.code in self.workbench.spec.ignore
            ),
            skip=skip,
            missing=missing,
            measurements=context.measurements,
            notes=tuple(context.notes),
        )

    def _told_assumption(self, finding: Finding, profile: str) -> Finding:
        """A finding about sizes that nobody wrote down says so, with the lines to write."""
        if finding.code not in ABOUT_SIZES or finding.remedy or self.workbench.spec.profiles:
            return finding
        try:
            profiles = self.workbench.profiles
        except (StepFailed, MissingDependency):
            return finding
        assumed = profiles.get(profile) or next(iter(profiles.values()))
        if not assumed.assumed or not assumed.ranges:
            return finding
        ranges = ", ".join(f"{s}: [{r.min}, {r.opt}, {r.max}]" for s, r in assumed.ranges.items())
        remedy = (
            "These sizes were assumed. Say the real ones in frictionless.yaml:\n"
            f"models:\n  {self.workbench.name}:\n    path: {self.workbench.relative_path}\n"
            f"    profiles:\n      default: {{{ranges}}}   # [min, opt, max]"
        )
        return replace(finding, remedy=remedy)
