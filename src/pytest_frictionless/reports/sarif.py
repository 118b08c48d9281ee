"""The format `sarif`: alerts for code scanning.

SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub reads of
it, https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_frictionless.codes import CODES
from pytest_frictionless.reports.alert import Alert, alerts_of
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.printable import cut, lines, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_frictionless.reports.results import Results, Run

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5000
"""GitHub keeps so many results of a run."""
MESSAGE = 4000
"""Characters of a message."""


def render(results: Results) -> str:
    """One log with one run: its rules are the codes that came up."""
    alerts = alerts_of(results)
    codes = sorted({alert.finding.code for alert in alerts})
    version = max(run.written_by for run in results.runs).rpartition(" ")[2]
    driver = {"name": "pytest-frictionless", "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver | ({"version": version} if version else {})},
        "automationDetails": {"id": "pytest-frictionless/"},
        "invocations": _invocations(results.runs, left_out=len(alerts[MOST:])),
        "columnKind": "unicodeCodePoints",
        "results": [_result(alert, codes) for alert in alerts[:MOST]],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """A code as its record explains it; that of a check of others is told by its name alone."""
    if code not in CODES:
        return {"id": code, "shortDescription": {"text": code}}
    known = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.meaning},
        "help": {"text": f"{known.meaning}\n\nNext: {known.remedy}", "markdown": known.page},
    }


def _result(alert: Alert, codes: Sequence[str]) -> dict[str, Any]:
    code = alert.finding.code
    result: dict[str, Any] = {
        "ruleId": code,
        "ruleIndex": codes.index(code),
        "level": "error" if alert.fails else "warning",
        "message": {"text": _message(alert)},
        "locations": [_location(alert)],
        # GitHub goes by this name, and takes a text of its own form.
        "partialFingerprints": {"primaryLocationLineHash": f"{alert.fingerprint[:16]}:1"},
    }
    if alert.accepted:
        why = {"kind": "external", "status": "accepted", "justification": lines(alert.accepted)}
        result["suppressions"] = [why]
    return result


def _message(alert: Alert) -> str:
    """What, where, cause and next step. `[a](b)` would be a link: section 3.11.6 of the standard."""
    about = f"\n  item:   {one_line(alert.item)}" if alert.item else ""
    return cut(lines(alert.finding.render()) + about, MESSAGE).replace("](", "] (")


def _location(alert: Alert) -> dict[str, Any]:
    place = alert.finding.place
    names = [
        {"fullyQualifiedName": name, "kind": kind}
        for name, kind in (
            (alert.item, "item"),
            (place.module if place else "", "module"),
            (place.node if place else "", "node"),
        )
        if name
    ]
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(alert.path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": alert.line or 1},
        }
    }
    return location | ({"logicalLocations": names} if names else {})


def _invocations(runs: Sequence[Run], *, left_out: int) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [
        {
            "executionSuccessful": run.complete,
            "exitCode": run.exit,
            "startTimeUtc": f"{run.started:%Y-%m-%dT%H:%M:%SZ}",
        }
        for run in runs
    ]
    if left_out:
        notice = {"level": "warning", "message": {"text": f"{left_out} more results are left out"}}
        told[0]["toolExecutionNotifications"] = [notice]
    return told


FORMAT = Format(
    name="sarif", help="SARIF 2.1.0 for code scanning", render=render, file="sarif.json"
)
