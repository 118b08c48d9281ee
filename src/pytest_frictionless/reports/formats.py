"""The formats of reports. A new one is a file here and a name in FORMATS."""

from __future__ import annotations

from pytest_frictionless.reports import record, summary

FORMATS = (summary.FORMAT, record.FORMAT)
"""Every format, in the order of `pytest-frictionless report --help`."""
