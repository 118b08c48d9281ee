"""The JSON Schemas of baselines and of recorded runs, for editors and other tools; run to write anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_frictionless.latency.baselines import baseline_schema
from pytest_frictionless.latency.run import run_schema

HERE = Path(__file__).parent
SCHEMAS = {"baseline.schema.json": baseline_schema, "run.schema.json": run_schema}
"""By the name of the file that is shipped."""


def text_of(name: str) -> str:
    """What the file holds."""
    schema: dict[str, Any] = SCHEMAS[name]()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in SCHEMAS:
        HERE.joinpath(each).write_text(text_of(each), encoding="utf-8")
