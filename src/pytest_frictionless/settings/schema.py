"""The JSON Schema of frictionless.yaml, for editors; run this module to write it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_frictionless.settings.settings import Settings

SCHEMA_FILE = Path(__file__).with_name("frictionless.schema.json")
"""The schema as it is shipped."""


def json_schema() -> dict[str, Any]:
    """Make the schema from the settings: each form that `read_settings` takes is valid in it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pytest-frictionless:frictionless.yaml",
        **Settings.model_json_schema(),
        "title": "frictionless.yaml",
        "description": "What pytest-frictionless is told of the models in a repository.",
    }


def write_schema() -> None:
    """Write the schema to its place in the package."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    SCHEMA_FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema()
