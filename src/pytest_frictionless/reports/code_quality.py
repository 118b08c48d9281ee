"""The format `code-quality`: what GitLab shows in the merge request and beside the lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_frictionless.reports.alert import Alert, alerts_of
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.printable import one_line

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Results


def render(results: Results) -> str:
    """A list of issues; what was suppressed is none."""
    issues = [_issue(alert) for alert in alerts_of(results) if not alert.accepted]
    return json.dumps(issues, indent=1) + "\n"


def _issue(alert: Alert) -> dict[str, Any]:
    subject = f"{alert.item}: " if alert.item else ""
    return {
        "description": one_line(f"{subject}{alert.finding.headline}"),
        "check_name": alert.finding.code,
        "fingerprint": alert.fingerprint,
        "severity": "critical" if alert.fails else "minor",
        "location": {"path": alert.path, "lines": {"begin": alert.line or 1}},
    }


FORMAT = Format(
    name="code-quality", help="Code Quality of GitLab", render=render, file="gl-code-quality.json"
)
