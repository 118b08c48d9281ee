"""Symbols, ranges, profiles and points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.shapes import (
    DTYPES,
    POINTS,
    Dimension,
    Profile,
    Range,
    ShapePoint,
    TensorType,
    hull,
    proof_covers,
    symbols_of,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
dimensions = st.builds(Dimension, symbol=st.none(), offset=st.integers(0, 10**6)) | st.builds(
    Dimension, symbol=names, scale=st.integers(1, 64), offset=st.integers(-9, 9)
)
tensors = st.builds(
    TensorType, st.sampled_from(DTYPES), st.lists(dimensions, max_size=6).map(tuple)
)
ranges = st.tuples(*[st.integers(0, 300)] * 3).map(sorted).map(lambda sizes: Range(*sizes))
profiles = st.builds(Profile, names, st.dictionaries(names, ranges, max_size=4))


@given(tensors)
def test_a_tensor_type_reads_back_what_it_writes(tensor: TensorType) -> None:
    assert TensorType.parse(str(tensor)) == tensor


@given(tensors, st.integers(10, 100))
def test_a_shape_has_one_size_for_each_axis(tensor: TensorType, size: int) -> None:
    sizes = dict.fromkeys(tensor.symbols, size)
    shape = tensor.shape(sizes)
    assert len(shape) == len(tensor.dims)
    for dim, length in zip(tensor.dims, shape, strict=True):
        wanted = dim.offset if dim.symbol is None else dim.scale * size + dim.offset
        assert length == wanted


@given(st.lists(tensors, max_size=4))
def test_symbols_come_once_and_in_order(many: list[TensorType]) -> None:
    symbols = symbols_of(many)
    seen = [dim.symbol for tensor in many for dim in tensor.dims if dim.symbol]
    assert len(set(symbols)) == len(symbols)
    assert set(symbols) == set(seen)
    assert [seen.index(symbol) for symbol in symbols] == sorted(seen.index(s) for s in symbols)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8", Dimension(offset=8)),
        (" batch ", Dimension(symbol="batch")),
        ("2*seq", Dimension(symbol="seq", scale=2)),
        ("2 * seq + 1", Dimension(symbol="seq", scale=2, offset=1)),
        ("seq-1", Dimension(symbol="seq", offset=-1)),
    ],
)
def test_a_dimension_is_read(text: str, wanted: Dimension) -> None:
    assert Dimension.parse(text) == wanted


@pytest.mark.parametrize("text", ["", "-1", "3.5", "a b", "2*", "*seq", "seq*2", "a+b", "?", "8x"])
def test_a_dimension_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no dimension: write 8, batch") as caught:
        Dimension.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("float32", "is no tensor type"),
        ("float32[1, 2", "is no tensor type"),
        ("[1, 2]", "is no tensor type"),
        ("float[1]", "'float' is no element type: one of float32"),
        ("float32[1, , 2]", "'' is no dimension"),
        ("", "is no tensor type"),
    ],
)
def test_a_tensor_type_that_cannot_be_read_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="is no") as caught:
        TensorType.parse(text)
    assert words in str(caught.value)


def test_a_scalar_has_no_axes() -> None:
    scalar = TensorType.parse("int64[]")
    assert scalar.dims == ()
    assert scalar.shape({}) == ()
    assert str(scalar) == "int64[]"


@given(st.tuples(*[st.integers(-3, 20)] * 3))
def test_a_range_is_ordered_and_not_negative(sizes: tuple[int, int, int]) -> None:
    low, opt, high = sizes
    if 0 <= low <= opt <= high:
        span = Range(*sizes)
        assert low in span
        assert high in span
        assert low - 1 not in span
        assert high + 1 not in span
    else:
        with pytest.raises(ValueError, match=rf"\[{low}, {opt}, {high}\] is no range"):
            Range(*sizes)


@given(profiles)
def test_points_lie_inside_the_profile(profile: Profile) -> None:
    points = [*profile.points(), profile.at("between")]
    assert [point.name for point in points] == [*POINTS, "between"]
    for point in points:
        assert point.sizes.keys() == profile.ranges.keys()
        assert all(size in profile.ranges[symbol] for symbol, size in point.sizes.items())


@given(ranges)
def test_between_is_off_every_end_where_there_is_room(span: Range) -> None:
    size = Profile("p", {"n": span}).at("between").sizes["n"]
    room = set(range(span.min + 1, span.max)) - {span.opt}
    if room:
        assert size in room
    else:
        assert size in span


@given(st.lists(profiles, min_size=1, max_size=4))
def test_the_hull_holds_every_profile(many: list[Profile]) -> None:
    spans = hull(many)
    for profile in many:
        for symbol, span in profile.ranges.items():
            assert spans[symbol].min <= span.min
            assert spans[symbol].max >= span.max
    for symbol, span in spans.items():
        own = [profile.ranges[symbol] for profile in many if symbol in profile.ranges]
        assert span.min == min(each.min for each in own)
        assert span.max == max(each.max for each in own)
        assert span.opt == own[0].opt


@pytest.mark.parametrize(
    ("proved", "low", "high", "covers"),
    [
        ([None, None], 0, 10**9, True),
        ([2, None], 1, 8, True),  # torch looks at 0 and 1 apart: running there decides
        ([2, 8], 1, 8, True),
        ([2, 7], 1, 8, False),
        ([3, None], 1, 8, False),
        ([3, 8], 4, 8, True),
        ([4, 4], 4, 4, True),
        ([4, 4], 1, 4, False),
        ([1, 4], 1, 8, False),
    ],
)
def test_a_proof_covers_a_profile_or_not(
    proved: list[int | None], low: int, high: int, covers: bool
) -> None:
    assert proof_covers(proved, low, high) is covers


def test_points_and_profiles_read_well() -> None:
    profile = Profile("online", {"batch": Range(1, 2, 4), "width": Range(224, 224, 224)})
    assert str(profile) == "online: {batch: [1, 2, 4], width: 224}"
    assert str(profile.at("max")) == "max (batch=4, width=224)"
    assert str(ShapePoint("opt", {})) == "opt"
