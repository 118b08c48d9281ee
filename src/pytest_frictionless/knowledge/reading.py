"""The tables beside this file, read once."""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib import resources
from typing import Any


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def read_json(name: str) -> Any:
    """A table in JSON."""
    return json.loads(_text(name))


@cache
def read_csv(name: str) -> tuple[dict[str, str], ...]:
    """A table in CSV, a mapping for each row."""
    return tuple(csv.DictReader(_text(name).splitlines()))
