"""Which suppressions of a run met nothing: told only where every question was really asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_frictionless.check import Check, Verdict


@dataclass(slots=True)
class _Account:
    """What is known of the suppressions of one checkpoint."""

    entry: str = ""
    reasons: dict[str, str] = field(default_factory=dict)
    items: set[str] = field(default_factory=set)
    """Names of all its items, asked or not."""
    asked: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    """Codes that came up."""
    unasked: set[str] = field(default_factory=set)
    """Beginnings of the codes that questions without an answer might have given."""


class Ledger:
    """The suppressions of a run; those of several processes are added up."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def expect(
        self, checkpoint: str, *, entry: str, reasons: Mapping[str, str], items: Iterable[str]
    ) -> None:
        """Note what an entry suppresses, and every item that its checkpoint has."""
        if reasons:
            self._accounts[checkpoint] = _Account(entry, dict(reasons), set(items))

    def note(self, checkpoint: str, item: str, check: Check, verdict: Verdict) -> None:
        """Note the answer of one item."""
        account = self._accounts.get(checkpoint)
        if account is None:
            return
        account.asked.add(item)
        account.met.update(finding.code for finding, _ in verdict.ignored)
        if verdict.skip or verdict.blocked_by:
            account.unasked.update(check.codes or ("",))

    def unused(self) -> Iterator[Finding]:
        """FR007 for each suppression that met nothing although every item was asked."""
        for checkpoint, account in sorted(self._accounts.items()):
            if account.items - account.asked:
                continue
            for code, reason in account.reasons.items():
                if code in account.met or code.startswith(tuple(account.unasked)):
                    continue
                yield Finding(
                    code="FR007",
                    message=f"models.{account.entry}.ignore.{code} suppresses nothing: no item of "
                    f"{checkpoint} gives it",
                    evidence=(("suppressed because", reason),),
                    severity=Severity.WARNING,
                )

    def to_json(self) -> dict[str, Any]:
        """As plain values: workers of xdist hand it to the controller."""
        return {
            checkpoint: [
                account.entry, account.reasons,
                *map(sorted, (account.items, account.asked, account.met, account.unasked)),
            ]
            for checkpoint, account in self._accounts.items()
        }  # fmt: skip

    def add(self, record: Mapping[str, Any]) -> None:
        """Add what another process noted."""
        for checkpoint, (entry, reasons, items, asked, met, unasked) in record.items():
            account = self._accounts.setdefault(checkpoint, _Account(entry, reasons, set(items)))
            account.asked.update(asked)
            account.met.update(met)
            account.unasked.update(unasked)


def unmatched_entry(name: str, path: str | None, near: str) -> Finding:
    """FR008 for an entry that no checkpoint was matched with."""
    hint = f"; did you mean {near!r}?" if near else ""
    what = f"models.{name}.path {path}" if path else f"models.{name}"
    return Finding(
        code="FR008",
        message=f"{what} in frictionless.yaml belongs to no checkpoint that was found{hint}",
        severity=Severity.WARNING,
    )
