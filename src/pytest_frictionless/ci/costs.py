"""How long the checkpoints are expected to take: as recorded, else by their size."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.pointer import pointer_at
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.stored import read_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_frictionless.ci.tree import Model

DURATIONS_FILE = "frictionless-durations.json"
"""Seconds by checkpoint, beside frictionless.yaml: committed, so that every job reads the same."""
START_S = 7.5
"""About what a first run of a small model takes on two cores (benchmarks/README.md, cold)."""
BYTES_PER_S = 20e6
"""A guess: only the proportions matter, and records replace it."""


def durations_of(files: Iterable[Path]) -> dict[str, float]:
    """Seconds by place, from results.json files and durations files; of several the longest.

    The longest, as a run that found its artifacts in the cache tells nothing of one that does not.

    Raises:
        ConfigError: A file is neither.
    """
    longest: dict[str, float] = {}
    for file in files:
        for place, seconds in _recorded(file).items():
            longest[place] = max(seconds, longest.get(place, 0.0))
    return longest


def _recorded(file: Path) -> dict[str, float]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError([f"{file} holds no durations: {error}"]) from None
    if isinstance(content, dict) and "results" in content:
        return _of_results(file)
    if not isinstance(content, dict) or not all(map(_is_duration, content.values())):
        raise ConfigError(
            [f'{file} holds no durations: it takes a results.json, or {{"models/a.onnx": 12.5}}']
        )
    return {place: float(seconds) for place, seconds in content.items()}


def _of_results(file: Path) -> dict[str, float]:
    """Of each checkpoint the run that took the longest."""
    taken: dict[tuple[str, int], float] = defaultdict(float)
    for item in read_results(file).items:
        taken[item.checkpoint, item.run] += item.seconds
    longest: dict[str, float] = {}
    for (place, _), seconds in taken.items():
        longest[place] = max(seconds, longest.get(place, 0.0))
    return longest


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def expected_s(models: Sequence[Model], durations: Mapping[str, float]) -> dict[str, float]:
    """Seconds that each checkpoint is expected to take, by place.

    Those without a record are put in proportion to those that have one.
    """
    guessed = {model.place: START_S + size_of(model) / BYTES_PER_S for model in models}
    known = {model.place: taken for model in models if (taken := durations.get(model.printed))}
    rate = statistics.median(known[place] / guessed[place] for place in known) if known else 1.0
    return {place: known.get(place, guess * rate) for place, guess in guessed.items()}


def size_of(model: Model) -> int:
    """Bytes of its weights; a Git LFS pointer tells the real size."""
    return sum(map(_size, model.weights))


def _size(path: Path) -> int:
    pointer = pointer_at(path)
    if pointer is not None and pointer.size is not None:
        return pointer.size
    try:
        return path.stat().st_size
    except OSError:
        return 0
