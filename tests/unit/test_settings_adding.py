"""Entries that are added to a frictionless.yaml: every other character stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.settings.adding import with_entries
from pytest_frictionless.settings.document import parse
from pytest_frictionless.settings.scaffold import HEAD, scaffold


def entry(name: str) -> str:
    text = scaffold(name=name, path=f"m/{name}x", factory="a:b", inputs=None, ranges={})
    return text.removeprefix(f"{HEAD}\n")


NEW = entry("new")


def read(text: str) -> dict[str, object]:
    document = parse(text)
    assert document is not None
    assert document.flaws == ()
    return dict(document.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("roots: [m]", f"roots: [m]\n\nmodels:\n{NEW}"),
        ("# why\nroots: [m]   # here\n", f"# why\nroots: [m]   # here\n\nmodels:\n{NEW}"),
        ("models:\nroots: [m]\n", f"models:\n{NEW}roots: [m]\n"),
        ("models: {}   # none\nroots: [m]\n", f"models:    # none\n{NEW}roots: [m]\n"),
        ("models: null\n", f"models: \n{NEW}"),
        ("models:\n  a: {path: a.pt}", f"models:\n  a: {{path: a.pt}}\n{NEW}"),
        (
            "models:\n  a:\n    path: a.pt   # mine\n    # precision: fp16\n  # b: none\n\n# where\nroots: [m]\n",
            f"models:\n  a:\n    path: a.pt   # mine\n    # precision: fp16\n  # b: none\n{NEW}\n# where\nroots: [m]\n",
        ),
        (
            "models:\n  a:\n    skip: |\n      long\n      word\n\nroots: [m]\n",
            f"models:\n  a:\n    skip: |\n      long\n      word\n\n{NEW}roots: [m]\n",
        ),
        (
            "models:\n  a: &a\n    path: a.pt\n  b:\n    <<: *a\nroots: [m]\n",
            f"models:\n  a: &a\n    path: a.pt\n  b:\n    <<: *a\n{NEW}roots: [m]\n",
        ),
    ],
)  # fmt: skip
def test_what_is_there_stays_as_it_is(before: str, after: str) -> None:
    assert with_entries(before, NEW) == after


def test_entries_stand_as_deep_as_those_that_are_there() -> None:
    text = "models:\n      a:\n            path: a.pt\n"
    added = with_entries(text, NEW)
    assert added.startswith(text)
    assert added.splitlines()[3:5] == ["      new:", "        path: m/newx"]


def test_line_ends_of_windows_stay() -> None:
    added = with_entries("models:\r\n  a: {path: a.pt}\r\nroots: [m]\r\n", NEW)
    assert added.count("\r\n") == added.count("\n") == 6


def test_models_in_braces_are_written_in_lines() -> None:
    before = "# top\nmodels: {a: {path: a.pt}}   # mine\n\n# where\nroots: [m]\n"
    after = f"# top\nmodels:\n  a: {{path: a.pt}}   # mine\n{NEW}\n# where\nroots: [m]\n"
    assert with_entries(before, NEW) == after


@pytest.mark.parametrize(
    "text",
    [
        "{roots: [m]}\n",
        "roots: [m]\n...\n",
        "models: [a]\n",
        "x: &m {a: 1}\nmodels: *m\n",
        "a: [\n",
        "exclude: [&a x]\nmodels: {b: {path: *a}}\n",
    ],
)
def test_what_has_no_place_for_them_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        with_entries(text, NEW)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\/\0"), min_size=1)


@given(names=st.lists(_TEXTS, min_size=2, max_size=4, unique=True))
def test_names_of_any_letters_are_read_as_they_were(names: list[str]) -> None:
    text = "roots: [m]\n"
    for name in names:
        text = with_entries(text, entry(name))
    assert list(read(text)["models"]) == names  # type: ignore[call-overload]
