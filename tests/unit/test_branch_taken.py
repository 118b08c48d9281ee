"""Which side of a branch a run takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.backends.torch.refusal.taken import branch_taken

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
def answer(number):
    kept = [number]
    if number == 0:
        kept = []
    return kept
"""


@pytest.mark.parametrize(
    ("numbers", "taken"), [((0,), True), ((1, 2), False), ((0, 1), None), ((), None)]
)
def test_the_side_is_told_where_it_is_always_the_same(
    tmp_path: Path, numbers: tuple[int, ...], taken: bool | None
) -> None:
    path = tmp_path / "nets.py"
    path.write_text(CODE)
    names: dict[str, object] = {}
    exec(compile(CODE, str(path), "exec"), names)
    answer = names["answer"]
    assert callable(answer)
    assert branch_taken(lambda: [answer(each) for each in numbers], str(path), 4) is taken
