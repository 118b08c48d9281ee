"""The JSON Schema of results.json, for other tools; run this module to write it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_frictionless.reports.stored import adapter

SCHEMA_FILE = Path(__file__).with_name("results.schema.json")
"""The schema as it is shipped."""


def json_schema() -> dict[str, Any]:
    """Make the schema from the record's types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pytest-frictionless:results",
        **adapter().json_schema(mode="serialization"),
        "title": "results.json",
        "description": "All that runs of pytest --frictionless found, measured and made.",
    }


def write_schema() -> None:
    """Write the schema to its place in the package."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    SCHEMA_FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema()
