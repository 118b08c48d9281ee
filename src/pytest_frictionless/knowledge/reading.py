"""The tables beside this file, read once."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any


def path_of(name: str) -> Path:
    """Where a table is kept."""
    return Path(__file__).with_name(name)


def _text(name: str) -> str:
    return path_of(name).read_text(encoding="utf-8")


@cache
def read_json(name: str) -> Any:
    """A table in JSON."""
    return json.loads(_text(name))


@cache
def read_csv(name: str) -> tuple[dict[str, str], ...]:
    """A table in CSV, a mapping for each row."""
    return tuple(csv.DictReader(_text(name).splitlines()))
