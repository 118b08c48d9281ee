"""Names of weights under a wrapper's prefix, or in one part of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.backends.torch.key_names import Chosen, under_names_of
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = {"fc.weight": 0, "fc.bias": 0}


def named(*keys: str, own: Mapping[str, int] = OWN) -> Chosen[int]:
    def covers(candidate: Mapping[str, int]) -> bool:
        return own.keys() <= candidate.keys()

    return under_names_of(own, dict.fromkeys(keys, 1), covers=covers)


@pytest.mark.parametrize(
    ("keys", "note"),
    [
        (("fc.weight", "fc.bias"), ""),
        (("module.fc.weight", "module.fc.bias"), "every key started with 'module.': stripped"),
        (("_orig_mod.module.fc.weight", "_orig_mod.module.fc.bias"),
         "every key started with '_orig_mod.module.': stripped"),
        (("fc._orig_mod.weight", "fc.bias"), "'_orig_mod.' of a wrapper was left out of 1 of 2 keys"),
        (("net.fc.weight", "net.fc.bias"), "every key started with 'net.': stripped"),
        (("model._orig_mod.fc.weight", "model._orig_mod.fc.bias", "loss.weight"),
         "weights taken from below 'model.'; beside them: loss.weight"),
        (("a.b.c.fc.weight", "a.b.c.fc.bias"), "every key started with 'a.b.c.': stripped"),
    ],
)  # fmt: skip
def test_weights_get_the_names_of_the_network(keys: tuple[str, ...], note: str) -> None:
    chosen = named(*keys)
    assert chosen.state.keys() == OWN.keys()
    assert chosen.notes == ([note] if note else [])


def test_the_network_can_have_the_prefix() -> None:
    chosen = named("weight", "bias", own=OWN)
    assert chosen.state.keys() == OWN.keys()
    assert "under 'fc.'" in chosen.notes[0]


def test_two_parts_that_fit_are_refused() -> None:
    keys = [f"{part}.{name}" for part in ("student", "teacher") for name in OWN]
    with pytest.raises(StepFailed) as failed:
        named(*keys)
    finding = failed.value.finding
    assert finding.code == "FR107"
    assert "'student.' and those below 'teacher.'" in finding.message
    assert "removeprefix('student.')" in finding.remedy


def test_missing_weights_are_named_without_the_prefix() -> None:
    chosen = named("module.fc.weight", "module.old.bias")
    assert list(chosen.state) == ["fc.weight", "old.bias"]


def test_keys_that_would_collide_are_left_alone() -> None:
    assert list(named("fc.weight", "module.fc.weight").state) == ["fc.weight", "module.fc.weight"]
