"""What is inside of NVIDIA's images on NGC, by tag."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.reading import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "containers.csv"
REQUIRES = "nvidia_driver"
"""The oldest driver that an image asks for: the driver itself is the machine's."""


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["image"]: row for row in read_csv(FILE)}


def _row(image: str) -> Mapping[str, str] | None:
    """The row of an image's name with its tag; the end of NVIDIA's tags may be left out."""
    return _rows().get(image) or _rows().get(f"{image}-py3")


def contents_of(image: str) -> Mapping[str, str] | None:
    """Versions inside of one image, by the keys of `COMPONENTS`; None where the table has no such tag.

    A component that no source names is left out. Images of one month hold different versions:
    tensorrt:23.05-py3 builds plans that tritonserver:23.05-py3 refuses.
    """
    row = _row(image)
    if row is None:
        return None
    return {k: v for k, v in row.items() if v and k not in ("image", "source", REQUIRES)}


def driver_of(image: str) -> str:
    """The oldest driver that an image is documented for; empty where nobody wrote it down."""
    row = _row(image)
    return row[REQUIRES] if row else ""


def source_of(image: str) -> str:
    """Where a row was read."""
    row = _row(image)
    return row["source"] if row else ""
