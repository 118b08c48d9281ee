"""`pytest-frictionless ci`: what the jobs of GitHub and GitLab call, so that their YAML stays thin."""

from __future__ import annotations

from pytest_frictionless.cli import (
    ci_cache_key,
    ci_discover,
    ci_durations,
    ci_evidence,
    ci_report,
    ci_run,
)
from pytest_frictionless.cli.command import group

ACTIONS = (
    ci_discover.COMMAND, ci_run.COMMAND, ci_report.COMMAND, ci_evidence.COMMAND, ci_durations.COMMAND,
    ci_cache_key.COMMAND,
)  # fmt: skip
"""Every action, in the order of a pipeline."""


COMMAND = group(
    "ci",
    "what CI jobs call: find, split and run checkpoints, report, sign, tell cache keys",
    ACTIONS,
)
