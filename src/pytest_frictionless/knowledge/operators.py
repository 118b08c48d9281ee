"""What TensorRT's published tables, and measurements of TensorRT-RTX, say of an operator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from packaging.version import Version

from pytest_frictionless.knowledge.reading import read_csv, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One published table."""

    tensorrt: str
    kind: str
    """"table", or "changes" where only what is new since the table before is published."""
    opset: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one published table says of one operator."""

    operator: str
    tensorrt: str
    supported: bool
    types: tuple[str, ...]
    condition: str

    def __str__(self) -> str:
        if not self.supported:
            return "not supported"
        types = f" in {', '.join(self.types)}" if self.types else ""
        return f"supported{types}" + (f": {self.condition}" if self.condition else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An operator that TensorRT has and TensorRT-RTX lacks."""

    operator: str
    tensorrt: str
    tensorrt_rtx: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What became of the ONNX backend cases of one operator."""

    operator: str
    domain: str
    cases: int
    built: int
    built_as_constants: int
    """Refused as they are, and built once every input but the first is a constant."""
    types_built: tuple[str, ...]
    types_refused: tuple[str, ...]
    """Types of the first input of which no case is built."""
    refusals: tuple[tuple[str, int], ...]
    """Words of each cause, and how many cases it refuses."""

    def __str__(self) -> str:
        told = f"{self.built} of {self.cases} backend cases build"
        if self.built_as_constants:
            told += f", {self.built_as_constants} more with constant inputs"
        causes = "; ".join(f"{words} ({count})" for words, count in self.refusals)
        return told + (f". Refused: {causes}" if causes else "")


@cache
def tables() -> tuple[Table, ...]:
    """The published tables, oldest first."""
    rows = (Table(**row) for row in read_json("published.json"))
    return tuple(sorted(rows, key=lambda table: Version(table.tensorrt)))


@cache
def _rows() -> Mapping[tuple[str, str], Row]:
    return {
        (row["operator"], row["tensorrt"]): Row(
            operator=row["operator"], tensorrt=row["tensorrt"], supported=row["supported"] == "yes",
            types=tuple(row["types"].split()), condition=row["condition"],
        )
        for row in read_csv("published.csv")
    }  # fmt: skip


def operator_names() -> tuple[str, ...]:
    """Every operator that a table or a measurement names."""
    return tuple(sorted({name for name, _ in _rows()} | set(measured())))


def published(operator: str, version: str | None = None) -> Row | None:
    """What the table of this version says; None where it does not name the operator.

    Without a version the newest table answers. A table that lists changes holds for what it names,
    and the table before it for everything else.
    """
    below = [
        each for each in tables() if version is None or Version(each.tensorrt) <= Version(version)
    ]
    for table in reversed(below):
        row = _rows().get((operator, table.tensorrt))
        if row is not None or table.kind == "table":
            return row
    return None


def table_for(version: str | None = None) -> Table | None:
    """The newest table at or below this version; None where the version is older than all."""
    below = [
        each for each in tables() if version is None or Version(each.tensorrt) <= Version(version)
    ]
    return below[-1] if below else None


def next_table(version: str) -> Table | None:
    """The oldest table at or above this version."""
    return next((each for each in tables() if Version(each.tensorrt) >= Version(version)), None)


def history(operator: str) -> tuple[Row, ...]:
    """What every table says of an operator, oldest first."""
    rows = (_rows().get((operator, table.tensorrt)) for table in tables())
    return tuple(row for row in rows if row is not None)


@cache
def differences() -> Mapping[str, Difference]:
    """What TensorRT has and TensorRT-RTX lacks, by operator."""
    rows = read_json("differences.json")["differences"]
    return {row["operator"]: Difference(**row) for row in rows}


@cache
def measured() -> Mapping[str, Measured]:
    """What was measured with TensorRT-RTX, by operator."""
    return {
        name: Measured(
            operator=name, domain=row.get("domain", ""), cases=row["cases"], built=row["built"],
            built_as_constants=row.get("built_as_constants", 0),
            types_built=tuple(row.get("types_built", "").split()),
            types_refused=tuple(row.get("types_refused", "").split()),
            refusals=tuple(row.get("refusals", {}).items()),
        )
        for name, row in read_json("measured.json")["operators"].items()
    }  # fmt: skip


def measured_with() -> str:
    """Engine of the measurement, as "TensorRT-RTX 1.7.1.116"."""
    return str(read_json("measured.json")["engine"])
