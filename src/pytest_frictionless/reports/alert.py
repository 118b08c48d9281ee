"""Findings as alerts: each with a file and a line of the repository, and a name that stays."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports.results import Outcome
from pytest_frictionless.reports.verdict import answers_of, findings_of
from pytest_frictionless.settings import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.reports.results import Item, Results, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One finding, as code scanning and code quality name it."""

    finding: Finding
    """What came up."""
    item: str = ""
    """Id of the item that found it; empty where it is about a run."""
    path: str
    """The user's source where it is known, else the checkpoint; from the top of the repository."""
    line: int = 0
    """Line in it, counted from 1; 0 where none is known."""
    fails: bool
    """Whether it fails its item."""
    accepted: str = ""
    """Why it does not count, where it was suppressed or is expected."""
    fingerprint: str
    """Of item and code, without line and message: it stays when lines move."""


def alerts_of(results: Results) -> list[Alert]:
    """All that was found, worst first: what fails, then warnings, then what does not count."""
    counts: Counter[str] = Counter()
    found = [*_of_the_runs(results, counts)]
    for item in answers_of(results):
        found += _of_item(item, results.runs[item.run], counts)
    return sorted(found, key=lambda alert: (bool(alert.accepted), not alert.fails))


def _of_the_runs(results: Results, counts: Counter[str]) -> Iterator[Alert]:
    strict = any(run.strict for run in results.runs)
    root = results.runs[0].root
    for finding in findings_of(results):
        if finding.severity is Severity.SKIP:
            continue
        path, line = _source(finding, root)
        yield Alert(
            finding=finding, path=path or in_repository(CONFIG_FILE, root) or CONFIG_FILE, line=line,
            fails=finding.severity is Severity.ERROR or strict,
            fingerprint=_fingerprint(root, finding.code, counts),
        )  # fmt: skip


def _of_item(item: Item, run: Run, counts: Counter[str]) -> Iterator[Alert]:
    expected = ""
    if item.outcome is Outcome.XFAILED:
        expected = item.skip or "expected to fail"
    pairs = [(finding, expected) for finding in item.findings]
    pairs += [(each.finding, each.reason) for each in item.ignored]
    for finding, accepted in pairs:
        fails = run.counts(finding)
        # Those of what failed first are told by the item that gave them.
        if finding.severity is Severity.SKIP or (item.blocked_by and not fails):
            continue
        path, line = _source(finding, run.root)
        yield Alert(
            finding=finding, item=item.id, path=path or in_repository(item.checkpoint, run.root) or CONFIG_FILE,
            line=line, fails=fails, accepted=accepted,
            fingerprint=_fingerprint(item.id, finding.code, counts),
        )  # fmt: skip


def _source(finding: Finding, root: str) -> tuple[str, int]:
    """The user's line; nothing for a line of a package, which is not in the repository."""
    place = finding.place
    if place is None or not place.file or "site-packages" in place.file.split("/"):
        return "", 0
    path = in_repository(place.file, root)
    return (path, max(place.line, 0)) if path else ("", 0)


def in_repository(path: str, root: str) -> str:
    """A path as seen from the top of the git repository; empty where it lies outside.

    Args:
        path: From the rootdir of a run, or absolute where it lies elsewhere.
        root: The rootdir as seen from the top.
    """
    joined = posixpath.normpath(posixpath.join(root, path))
    return "" if joined.startswith(("/", "../")) or joined in ("..", ".") else joined


def _fingerprint(subject: str, code: str, counts: Counter[str]) -> str:
    name = f"{subject}\n{code}"
    counts[name] += 1
    text = f"{name}\n{counts[name]}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
