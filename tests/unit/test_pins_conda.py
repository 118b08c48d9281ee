"""What a specification of conda pins: https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.pinned import found, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        ("numpy", ""), ("numpy *", ""), ("numpy=*=*openblas*", ""), ("numpy[build=py311*]", ""),
        ("numpy=1.26", "==1.26.*"), ("numpy = 1.26", "==1.26.*"), ("numpy=1.26.*", "==1.26.*"),
        ("numpy 1.26*", "==1.26.*"), ("numpy 1.26.4", "==1.26.4"), ("numpy==1.26.4", "==1.26.4"),
        ("numpy=1.26.4=py311_0", "==1.26.4"), ("numpy 1.26.4 py311_0", "==1.26.4"),
        ("numpy=1.26.*=*openblas*", "==1.26.*"), ("numpy=1.26[build=py311*]", "==1.26.*"),
        ("numpy>=1.26,<2", "<2,>=1.26"), ("numpy >= 1.26 , < 2", "<2,>=1.26"), ("numpy~=1.26.0", "~=1.26.0"),
        ("numpy[version='>=1.26,<2']", "<2,>=1.26"), ('numpy[version="=1.26"]', "==1.26.*"),
        ("numpy[build=py311_0, version=1.26.4]", "==1.26.4"),
        ("conda-forge::numpy=1.26", "==1.26.*"), ("conda-forge/linux-64::numpy==1.26.4", "==1.26.4"),
        ("https://conda.anaconda.org/conda-forge::numpy[version='1.26.4']", "==1.26.4"),
        ("numpy=1.26  # as production", "==1.26.*"),
    ],
)  # fmt: skip
def test_a_specification_is_read_in_each_of_its_forms(
    tmp_path: Path, specification: str, expected: str
) -> None:
    pins = read(
        tmp_path,
        {
            "environment.yml": f"dependencies:\n  - '{specification.replace(chr(39), chr(39) * 2)}'\n"
        },
    )
    assert found(pins) == ([f"numpy {expected} 2"] if expected else [])
