"""The JSON Schema of frictionless.yaml, so that editors complete it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_frictionless.settings.model import Settings

PUBLISHED = Path(__file__).with_name("frictionless.schema.json")


def json_schema() -> dict[str, Any]:
    """The schema, made from the classes that validate."""
    schema = Settings.model_json_schema(by_alias=True, mode="validation")
    _accept_short_inputs(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "frictionless.yaml",
        "description": "Configuration of pytest-frictionless.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def _accept_short_inputs(schema: dict[str, Any]) -> None:
    """An input may be its type alone."""
    definitions = schema["$defs"]
    definitions["InputSpec"] = {"anyOf": [{"type": "string"}, definitions["InputSpec"]]}


def published_text() -> str:
    """The schema as it is published in the package."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(published_text())
