"""Optimization profiles as frictionless.yaml writes them, against the inputs they are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pytest_frictionless.settings.section import nearest, shown
from pytest_frictionless.shapes import Profile, Range, TensorType, symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROFILE_NAME = r"[a-z0-9][a-z0-9_]*"

Size = Annotated[int, Field(ge=0)]
Span = Size | tuple[Size, Size, Size]
"""A fixed size, or smallest, tuned-for and largest size."""

Problem = tuple[tuple[str, ...], str]
"""A place below `profiles`, and what is wrong there."""


def profile_from(name: str, spans: Mapping[str, Span]) -> Profile:
    """A profile of checked spans."""
    return Profile(name, {symbol: _range(span) for symbol, span in spans.items()})


def _range(span: Span) -> Range:
    return Range(span, span, span) if isinstance(span, int) else Range(*span)


def span_from(value: Any) -> Span:
    """Read one range; raises ValueError saying what it takes."""
    sizes = list(value) if isinstance(value, list | tuple) else [value] * 3
    if len(sizes) != 3 or any(type(size) is not int for size in sizes):
        raise ValueError(
            f"{shown(value)} is no range: it takes [min, opt, max], or one whole number for a fixed size"
        )
    if sizes[0] < 0 and not isinstance(value, list | tuple):
        raise ValueError(f"{value} is no size: it takes 0 or more")
    span = Range(*sizes)
    return span.min if not isinstance(value, list | tuple) else (span.min, span.opt, span.max)


def problems_in(
    profiles: Mapping[str, Any], inputs: Mapping[str, TensorType], *, closed: bool
) -> Iterator[Problem]:
    """Tell everything that is wrong with these profiles.

    Args:
        profiles: As written.
        inputs: What the profiles are for; empty where only the file knows.
        closed: True where these are all the inputs, and a symbol of none of them is a mistake.
    """
    for name, spans in profiles.items():
        if not re.fullmatch(PROFILE_NAME, name):
            yield (
                (name,),
                (
                    f"{name!r} is no profile name: it takes a-z, 0-9 and _ and no dash, "
                    "as item ids read <check>-<profile>-<point>"
                ),
            )
        if isinstance(spans, dict):
            yield from _problems_of(name, spans, inputs, closed=closed)
        else:
            yield (name,), f"{shown(spans)} is no profile: it takes a range for each symbol"


def _problems_of(
    name: str, spans: Mapping[str, Any], inputs: Mapping[str, TensorType], *, closed: bool
) -> Iterator[Problem]:
    known: dict[str, Range] = {}
    for symbol, value in spans.items():
        try:
            known[symbol] = _range(span_from(value))
        except ValueError as error:
            yield (name, symbol), str(error)
    if not inputs:
        return
    symbols = symbols_of(inputs.values())
    missing = [symbol for symbol in symbols if symbol not in spans]
    for symbol in spans:
        # A file may declare inputs beside those written here, with symbols of their own.
        if symbol not in symbols and (closed or missing):
            hint = nearest(symbol, symbols)
            listed = f": the symbols are {', '.join(symbols)}" if symbols else ": no size is open"
            yield (name, symbol), f"symbol {symbol!r} is in no input{hint or listed}"
    for symbol in missing:
        owner = next(each for each, tensor in inputs.items() if symbol in tensor.symbols)
        yield (name,), f"symbol {symbol!r} of input {owner} has no range in profile {name}"
    profile = Profile(name, known)
    for owner, tensor in inputs.items():
        yield from (
            (
                (name,),
                f"axis {dim} of input {owner} is {size} at the {point.name} of profile {name}",
            )
            for point in profile.points()
            for dim in tensor.dims
            if dim.symbol in known and (size := dim.size(point.sizes)) < 0
        )
