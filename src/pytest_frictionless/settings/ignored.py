"""Which findings a model's `ignore` may name: a code that exists and can be reached, with a reason."""

from __future__ import annotations

import re
from typing import Any

from pytest_frictionless.codes import CODES
from pytest_frictionless.settings.section import nearest

_FOREIGN_CODE = re.compile(r"[A-Z]{2,}[0-9]+")
_FOREIGN_SCHEMA = "^(?!FR)[A-Z]{2,}[0-9]+$"
UNSUPPRESSIBLE = {
    "FR006": "the entry it would stand in is the one that cannot be used",
    "FR007": "remove the suppression that meets nothing",
    "FR008": "the entry it would stand in belongs to no checkpoint",
    **{
        f"FR{number:03}": "it tells of the repository, and of no model"
        for number in (*range(70, 77), 79)
    },
    "FR010": "an item without an answer proves nothing",
    "FR011": "it tells of a run, and of no model",
    "FR012": "it tells of a run, and of no model; say --frictionless-allow-empty",
    "FR013": "it tells of a job, and of no model",
    "FR014": "it tells of a job, and of no model",
    "FR015": "it tells of a job, and of no model",
    "FR016": "it tells of a report, and of no model",
    **{
        f"FR{number:03}": "it tells of a branch or an upgrade, and of no model"
        for number in range(80, 84)
    },
    "FR086": "it tells of a run, and of no model",
}
"""Codes that an `ignore` can never reach, and why."""


def ignore_problem(code: str, reason: Any) -> str:
    """What is wrong with one suppression; empty where nothing is."""
    if _is_misspelt(code):
        return f"{code!r} is no finding code{nearest(code, CODES)}"
    if code in UNSUPPRESSIBLE:
        return f"{code!r} cannot be suppressed: {UNSUPPRESSIBLE[code]}"
    if reason is None:
        return 'a reason is needed: say why, as "served by another model"'
    return ""


def _is_misspelt(code: str) -> bool:
    """Whether a code is none of ours; those of other plugins' checks start with letters of their own."""
    return code not in CODES and (code.startswith("FR") or not _FOREIGN_CODE.fullmatch(code))


def codes_schema() -> dict[str, Any]:
    """JSON Schema of the keys of `ignore`."""
    ours = sorted(set(CODES) - set(UNSUPPRESSIBLE))
    return {"propertyNames": {"anyOf": [{"enum": ours}, {"pattern": _FOREIGN_SCHEMA}]}}
