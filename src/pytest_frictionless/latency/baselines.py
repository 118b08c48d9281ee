"""Accepted baselines in git: a file an environment and model, a line a cell or profile's memory."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import ConfigDict

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.latency.anchor import AcceptedCell, Anchor, fit
from pytest_frictionless.latency.key import EnvironmentKey  # noqa: TC001
from pytest_frictionless.latency.memory import AcceptedMemory  # noqa: TC001
from pytest_frictionless.latency.run import parsed, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import TypeAdapter

    from pytest_frictionless.latency.cell import Cell

DIGITS = 5
"""Significant digits: finer than any latency is known, and short in a diff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The content of one file."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    schema: Literal[1] = 1
    key: EnvironmentKey
    model: str
    cells: tuple[AcceptedCell, ...]
    memory: tuple[AcceptedMemory, ...] = ()
    """One for each profile; a file that was written before memory was accepted has none."""

    def with_memory(self, accepted: Iterable[AcceptedMemory]) -> Baseline:
        """With this memory instead of what was accepted of the same profiles before."""
        by_cell = {line.cell: line for line in self.memory} | {new.cell: new for new in accepted}
        return dataclasses.replace(self, memory=tuple(by_cell[cell] for cell in sorted(by_cell)))

    def with_cells(self, accepted: Iterable[AcceptedCell]) -> Baseline:
        """With these cells instead of what was accepted of them before."""
        by_cell = {line.cell: line for line in self.cells} | {new.cell: new for new in accepted}
        return dataclasses.replace(self, cells=tuple(by_cell[cell] for cell in sorted(by_cell)))


@cache
def adapter() -> TypeAdapter[Baseline]:
    """What reads baselines and tells their schema; made only there, as it takes 10 to 30 ms."""
    from pydantic import TypeAdapter

    return TypeAdapter(Baseline)


def path_of(folder: Path, key: EnvironmentKey, model: str) -> Path:
    """The file of a model in an environment."""
    return folder / key.slug / f"{quote(model, safe='')}.json"


def read_baseline(path: Path) -> Baseline:
    """Read one file.

    Raises:
        StepFailed: It was damaged, as by a merge by hand, or belongs to another environment.
    """
    try:
        baseline: Baseline = parsed(adapter(), path.read_bytes())
    except ValueError as error:
        raise StepFailed(_unusable(path, f"is no baseline: {error}")) from None
    problem = _problem(path, baseline)
    if problem:
        raise StepFailed(_unusable(path, problem))
    return baseline


def read_baselines(folder: Path, key: EnvironmentKey | None = None) -> Iterator[Baseline]:
    """The baselines of an environment, or all of them."""
    where = folder / key.slug if key else folder
    for path in sorted(where.glob("*.json" if key else "*/*.json")):
        yield read_baseline(path)


def read_elsewhere(folder: Path, key: EnvironmentKey, model: str) -> list[Baseline]:
    """The baselines of a model in other environments: those that differ least first, then the newest."""
    own = path_of(folder, key, model)
    found = [read_baseline(path) for path in folder.glob(f"*/{own.name}") if path != own]

    def newest(baseline: Baseline) -> int:
        return max((line.accepted.date.toordinal() for line in baseline.cells), default=0)

    return sorted(
        found, key=lambda each: (len(key.differences(each.key)), -newest(each), each.key.slug)
    )


def read_anchor(folder: Path, key: EnvironmentKey) -> Anchor:
    """The anchor of an environment: empty where nothing was accepted for exactly this key."""
    return fit(line for baseline in read_baselines(folder, key) for line in baseline.cells)


def read_memory(folder: Path, key: EnvironmentKey) -> dict[Cell, AcceptedMemory]:
    """The accepted memory of an environment, by profile."""
    return {line.cell: line for baseline in read_baselines(folder, key) for line in baseline.memory}


def write_baseline(folder: Path, baseline: Baseline) -> Path:
    """Write the file of this environment and model; its path."""
    path = path_of(folder, baseline.key, baseline.model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_text(baseline), encoding="utf-8")
    return path


def to_text(baseline: Baseline) -> str:
    """As it is written: sorted, a line a cell, so that a diff tells which cells changed."""
    content = _rounded(adapter().dump_python(baseline, mode="json", exclude_defaults=True))
    head = {"schema": 1, "key": content["key"], "model": content["model"]}
    fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    for name in ("cells", "memory"):
        if name in content:
            fields.append(f'"{name}": [\n{_lines(content[name])}\n]')
    top = ",\n".join(fields)
    return f"{{{top}}}\n"


def _lines(content: list[Any]) -> str:
    return ",\n".join(json.dumps(line, ensure_ascii=False) for line in content)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return significant(value, DIGITS) if isinstance(value, float) else value


def _problem(path: Path, baseline: Baseline) -> str:
    """What contradicts itself; empty where nothing does."""
    if path.parent.name != baseline.key.slug:
        return f"is in the folder {path.parent.name} and its key makes {baseline.key.slug}"
    cells = [line.cell for line in baseline.cells] + [line.cell for line in baseline.memory]
    other = next((cell for cell in cells if cell.model != baseline.model), None)
    if other is not None:
        return f"is of {baseline.model} and has a line of {other}"
    twice = next((cell for cell in cells if cells.count(cell) > 1), None)
    return f"has two lines of {twice}" if twice else ""


def _unusable(path: Path, problem: str) -> Finding:
    return Finding(code="FR927", message=f"{path} {problem}")
