"""Values of masks: a row that hides everything would make NaN of a sound model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.backends.feeds import feeds_at

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.checkpoint import InputRecord

np = pytest.importorskip("numpy")


@pytest.mark.parametrize("length", [1, 2, 3, 12])
@pytest.mark.parametrize(
    ("name", "dtype", "hidden"),
    [
        ("mask", "bool", 0), ("attention_mask", "int64", 0), ("tokenMask", "int32", 0),
        ("key_padding_mask", "bool", 1), ("src_mask", "bool", 1),
    ],
)  # fmt: skip
def test_no_row_hides_all_and_each_hides_something(
    name: str, dtype: str, hidden: int, length: int
) -> None:
    record: InputRecord = {"name": name, "type": f"{dtype}[batch, length]"}
    rows = feeds_at([record], {"batch": 100, "length": length})[name]
    assert rows.dtype == dtype
    assert set(np.unique(rows)) <= {0, 1}
    assert (rows != hidden).any(1).all()
    assert length == 1 or (rows == hidden).any(1).all()


def test_what_is_said_of_a_mask_holds() -> None:
    record: InputRecord = {"name": "mask", "type": "int64[batch, length]", "low": 0, "high": 1}
    assert not feeds_at([record], {"batch": 4, "length": 3})["mask"].any()


def test_an_empty_mask_and_a_mask_without_axes_are_possible() -> None:
    records: list[InputRecord] = [
        {"name": "mask", "type": "bool[length, 4]"}, {"name": "is_mask", "type": "bool[]"},
    ]  # fmt: skip
    feeds = feeds_at(records, {"length": 0})
    assert feeds["mask"].shape == (0, 4)
    assert feeds["is_mask"].shape == ()
