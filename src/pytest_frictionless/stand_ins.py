"""Who answers a question that cannot be asked on this machine: signed evidence of a GPU run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_frictionless.check import slug
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.check import Check, Context
    from pytest_frictionless.workbench.signed import Evidence
    from pytest_frictionless.workbench.workbench import Workbench


def stand_ins(bench: Workbench, checks: Mapping[str, Check]) -> dict[str, Check]:
    """For each check that needs a GPU one that evidence answers; none where nobody uses evidence."""
    settings = bench.shop.settings.evidence
    if not settings.require and not (bench.shop.root / settings.folder).is_dir():
        return {}
    witness = Witness(bench)
    return {
        name: replace(check, run=partial(witness.answer, check))
        for name, check in checks.items()
        if check.needs_gpu
    }


class Witness:
    """The evidence of one checkpoint, verified once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._known: Evidence | StepFailed | None = None

    def answer(self, check: Check, ctx: Context) -> Iterator[Finding]:
        """What was signed of this item; where nothing holds, an error if it is required, else a skip."""
        try:
            yield from _signed(self._evidence(), slug(check, ctx.profile_name, ctx.point_name), ctx)
        except StepFailed as failed:
            if self._bench.shop.settings.evidence.require:
                raise
            yield replace(failed.finding, severity=Severity.SKIP)

    def _evidence(self) -> Evidence:
        if self._known is None:
            from pytest_frictionless.workbench.signed import evidence_of

            try:
                self._known = evidence_of(self._bench)
            except StepFailed as failed:
                self._known = failed
        if isinstance(self._known, StepFailed):
            raise self._known
        return self._known


def _signed(evidence: Evidence, item: str, ctx: Context) -> Iterator[Finding]:
    verdicts = {each.item: each for each in evidence.statement.predicate.verdicts}
    verdict = verdicts.get(item)
    if verdict is None or verdict.outcome == "skipped":
        why = verdict.skip if verdict else "it was not asked"
        message = f"the evidence has no answer to {item}: {why}"
        raise StepFailed(Finding(code="FR017", message=message))
    ctx.measurements.update(verdict.measurements, evidence=str(evidence))
    ctx.notes.append(str(evidence))
    for each in verdict.findings:
        yield Finding(
            code=each.code, message=each.message, cause=each.cause, severity=each.severity,
            evidence=(("told by", str(evidence)),),
        )  # fmt: skip
