"""The JSON Schemas that are shipped, for editors and other tools; run this module to write them anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.latency import baselines, run
from pytest_frictionless.reports import stored
from pytest_frictionless.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The form of one file, made from the types that read it."""

    file: Path
    """Where it is shipped."""
    of: str
    """What its identifier ends in."""
    title: str
    make: Callable[[], dict[str, Any]]
    description: str = ""

    def content(self) -> dict[str, Any]:
        """The schema as the types are now."""
        described = {"description": self.description} if self.description else {}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:pytest-frictionless:{self.of}",
            **self.make(), "title": self.title, **described,
        }  # fmt: skip

    def text(self) -> str:
        """As it is shipped."""
        return json.dumps(self.content(), indent=2, ensure_ascii=False) + "\n"


SETTINGS = Schema(
    file=PACKAGE / "settings" / "frictionless.schema.json", of="frictionless.yaml",
    title="frictionless.yaml", make=Settings.model_json_schema,
    description="What pytest-frictionless is told of the models in a repository.",
)  # fmt: skip
"""Each form that `read_settings` takes is valid in it."""
RESULTS = Schema(
    file=PACKAGE / "reports" / "results.schema.json", of="results", title="results.json",
    make=lambda: stored.adapter().json_schema(mode="serialization"),
    description="All that runs of pytest --frictionless found, measured and made.",
)  # fmt: skip
BASELINE = Schema(
    file=PACKAGE / "latency" / "baseline.schema.json", of="baseline",
    title="An accepted latency baseline", make=lambda: baselines.adapter().json_schema(),
)  # fmt: skip
RUN = Schema(
    file=PACKAGE / "latency" / "run.schema.json", of="run",
    title="Latencies that one job measured", make=lambda: run.adapter().json_schema(),
)  # fmt: skip
SCHEMAS = (SETTINGS, RESULTS, BASELINE, RUN)


if __name__ == "__main__":
    for each in SCHEMAS:
        each.file.write_text(each.text(), encoding="utf-8")
