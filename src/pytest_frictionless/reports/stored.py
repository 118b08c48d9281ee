"""results.json as a file: written whole or not at all, and read with a word on what is wrong."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.results import VERSION, Results

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import TypeAdapter

RESULTS_FILE = ".frictionless/results.json"
"""Where every run leaves its record, from the rootdir."""
SHOWN = 3
"""How many mistakes of a file are told."""


def to_json(results: Results) -> str:
    """The record as it is stored."""
    parts = (results.runs, results.checkpoints, results.items)
    runs, checkpoints, items = (list(map(line_of, part)) for part in parts)
    return record_of(runs=runs, checkpoints=checkpoints, items=items)


def record_of(**parts: Iterable[str]) -> str:
    """The record of its parts: every run, checkpoint and item is a line."""
    lists = (f'"{name}": [\n' + ",\n".join(lines) + "\n]" for name, lines in parts.items())
    return "{\n" + ",\n".join([f'"results": {VERSION}', *lists]) + "\n}\n"


def write_text(text: str, path: Path) -> None:
    """Write a file whose readers see the old text or the new; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_results(path: Path) -> Results:
    """Read one record; raises ConfigError, which names the file and what is wrong with it."""
    from pydantic import ValidationError

    try:
        text = path.read_bytes()
        record = json.loads(text)
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror or error}"]) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{path} is no results.json, or a damaged one: {error}"]) from None
    version = record.get("results") if isinstance(record, dict) else None
    if not isinstance(version, int):
        raise ConfigError([f"{path} is no results.json: it does not say its version"])
    if version > VERSION:
        raise ConfigError(
            [f"{path} is of version {version}, and this pytest-frictionless reads up to {VERSION}: "
             "upgrade it, pip install -U pytest-frictionless"]
        )  # fmt: skip
    try:
        results: Results = adapter().validate_json(text)
    except ValidationError as error:
        wrong = error.errors()
        told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong[:SHOWN]]
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ConfigError([f"{path} is damaged: {'; '.join(told)}{more}"]) from None
    return results


def read_all(paths: Iterable[Path]) -> list[Results]:
    """Read several records; raises ConfigError with what is wrong with each that cannot be read."""
    records: list[Results] = []
    problems: list[str] = []
    for path in paths:
        try:
            records.append(read_results(path))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return records


@cache
def adapter() -> TypeAdapter[Results]:
    """What reads a record and tells its schema; made only there, as it takes 50 ms."""
    from pydantic import TypeAdapter

    return TypeAdapter(Results)
