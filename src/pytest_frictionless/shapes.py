"""Symbols, profiles and shape points: a size is written once and read everywhere.

One symbol table drives torch's dynamic shapes, TensorRT's optimization profiles and the inputs
ONNX Runtime is fed with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

POINTS = ("min", "opt", "max")

DTYPES = (
    "float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8",
    "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128",
    "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "float8e8m0",
    "float4e2m1", "int4", "uint4", "int2", "uint2",
)  # fmt: skip
"""Element types a signature may name, in ONNX's spelling without the `TensorProto.` prefix."""

_DIMENSION = re.compile(
    r"^(?:(?P<scale>\d+)\s*\*\s*)?(?P<symbol>[A-Za-z_]\w*)(?:\s*(?P<offset>[+-]\s*\d+))?$"
)
_TENSOR = re.compile(r"^\s*(?P<dtype>[a-z]\w*)\s*\[(?P<dims>[^\[\]]*)\]\s*$")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of a tensor: a fixed size, or `scale * symbol + offset`."""

    symbol: str | None = None
    scale: int = 1
    offset: int = 0
    """Added to the scaled symbol; the whole size where there is no symbol."""

    @classmethod
    def parse(cls, text: str) -> Dimension:
        """Read `8`, `batch`, `2*height` or `seq+1`; raises ValueError naming the text."""
        text = text.strip()
        if text.isdigit():
            return cls(offset=int(text))
        match = _DIMENSION.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no dimension: write 8, batch, 8*height or seq+1")
        offset = (match["offset"] or "0").replace(" ", "")
        return cls(symbol=match["symbol"], scale=int(match["scale"] or 1), offset=int(offset))

    def size(self, sizes: Mapping[str, int]) -> int:
        """Size in elements where the symbols have these sizes."""
        return self.offset if self.symbol is None else self.scale * sizes[self.symbol] + self.offset

    def __str__(self) -> str:
        if self.symbol is None:
            return str(self.offset)
        scale = f"{self.scale}*" if self.scale != 1 else ""
        return f"{scale}{self.symbol}{self.offset:+d}" if self.offset else f"{scale}{self.symbol}"


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type and axes of one input, written `float32[batch, 3, height, width]`."""

    dtype: str
    dims: tuple[Dimension, ...]

    @classmethod
    def parse(cls, text: str) -> TensorType:
        """Read a signature string; raises ValueError saying what is wrong with it."""
        match = _TENSOR.match(text)
        if match is None:
            raise ValueError(
                f"{text!r} is no tensor type: write an element type and the axes in brackets, "
                "for example float32[batch, 3, 224, 224]"
            )
        if match["dtype"] not in DTYPES:
            raise ValueError(f"{match['dtype']!r} is no element type: one of {', '.join(DTYPES)}")
        dims = match["dims"].strip()
        return cls(match["dtype"], tuple(map(Dimension.parse, dims.split(","))) if dims else ())

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the dynamic axes, in order, each once."""
        return tuple(dict.fromkeys(d.symbol for d in self.dims if d.symbol is not None))

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Concrete shape where the symbols have these sizes."""
        return tuple(dim.size(sizes) for dim in self.dims)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.dims))}]"


def symbols_of(types: Iterable[TensorType]) -> tuple[str, ...]:
    """Names of all dynamic axes of these tensors, in order, each once."""
    return tuple(dict.fromkeys(symbol for each in types for symbol in each.symbols))


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest, tuned-for and largest size of a symbol, as TensorRT's kMIN, kOPT and kMAX."""

    min: int
    opt: int
    max: int

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.opt <= self.max:
            raise ValueError(
                f"[{self.min}, {self.opt}, {self.max}] is no range: it takes "
                "[min, opt, max] with 0 <= min <= opt <= max"
            )

    def __contains__(self, size: int) -> bool:
        return self.min <= size <= self.max


@dataclass(frozen=True, slots=True)
class ShapePoint:
    """Concrete sizes for every symbol: a profile at min, opt or max, or between."""

    name: str
    sizes: Mapping[str, int]

    def __str__(self) -> str:
        sizes = ", ".join(f"{symbol}={size}" for symbol, size in self.sizes.items())
        return f"{self.name} ({sizes})" if sizes else self.name


@dataclass(frozen=True, slots=True)
class Profile:
    """An optimization profile: a range for each symbol of the model's inputs."""

    name: str
    ranges: Mapping[str, Range] = field(default_factory=dict)
    assumed: bool = False
    """True where the user wrote no profile and this one was made up: messages say so."""

    def at(self, point: str) -> ShapePoint:
        """Sizes at `min`, `opt`, `max`, or `between` (off every end, where the range allows)."""
        if point == "between":
            sizes = {symbol: _between(span) for symbol, span in self.ranges.items()}
        else:
            sizes = {symbol: getattr(span, point) for symbol, span in self.ranges.items()}
        return ShapePoint(point, sizes)

    def points(self) -> Iterator[ShapePoint]:
        """Sizes at min, opt and max, in this order."""
        return (self.at(point) for point in POINTS)

    def __str__(self) -> str:
        spans = (
            f"{symbol}: {span.min}" if span.min == span.max
            else f"{symbol}: [{span.min}, {span.opt}, {span.max}]"
            for symbol, span in self.ranges.items()
        )  # fmt: skip
        return f"{self.name}: {{{', '.join(spans)}}}"


def _between(span: Range) -> int:
    """A size inside the range that is none of min, opt and max, where there is one."""
    middle = (span.min + span.max) // 2
    inner = (
        sorted(range(span.min + 1, span.max), key=lambda size: abs(size - middle))
        if (span.max - span.min < 64)
        else [middle, middle + 1]
    )
    return next((size for size in inner if size != span.opt), span.opt)


def hull(profiles: Iterable[Profile]) -> dict[str, Range]:
    """Smallest range of each symbol that holds every profile, opt taken from the first."""
    spans: dict[str, Range] = {}
    for profile in profiles:
        for symbol, span in profile.ranges.items():
            seen = spans.get(symbol, span)
            spans[symbol] = Range(min(seen.min, span.min), seen.opt, max(seen.max, span.max))
    return spans


def proof_covers(proved: Sequence[int | None], low: int, high: int) -> bool:
    """Whether the range torch proved for a symbol, [lower, upper], holds low to high.

    None is unbounded. A lower bound of 2 means that 0 and 1 were not looked at: torch.export takes
    them for constants, and running at them is what decides.
    """
    lower, upper = proved
    if lower is not None and lower == upper:
        return lower == low == high
    return (lower is None or lower <= max(low, 2)) and (upper is None or upper >= high)
