"""The format `json`: the record itself, merged."""

from __future__ import annotations

from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.stored import to_json

FORMAT = Format(
    name="json", help="one results.json of them all", render=to_json, file="results.json"
)
