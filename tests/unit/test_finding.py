"""Findings: one line that tells the story, then where, cause, evidence and next step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.codes import CODES
from pytest_frictionless.finding import Finding, Place, Severity

texts = st.text(max_size=40)
places = st.builds(
    Place,
    node=texts,
    operator=texts,
    module=texts,
    file=texts,
    line=st.integers(0, 9999),
    text=texts,
)
findings = st.builds(
    Finding, code=st.sampled_from(sorted(CODES)), message=texts, place=st.none() | places,
    cause=texts, remedy=texts, log=texts, severity=st.sampled_from(Severity),
    evidence=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)  # fmt: skip


@given(findings)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


@given(findings)
def test_a_finding_renders_with_code_first_and_a_next_step(finding: Finding) -> None:
    text = finding.render()
    assert text.startswith(finding.code)
    assert "  next:   " in text
    assert finding.headline == text.splitlines()[0] or not finding.message.splitlines()
    assert "\n" not in finding.headline


FULL = Finding(
    code="FR501",
    message="Det is rejected by TensorRT-RTX 1.7.1\nand by nobody else",
    place=Place(
        node="/head/Det", operator="Det", module="head", file="/repo/shop/nets.py", line=3,
        text="    z = torch.linalg.det(y)",
    ),
    cause="first\nsecond",
    evidence=(("asked", "1"), ("delivered", "20")),
)  # fmt: skip


def test_a_full_finding_renders_in_order() -> None:
    assert FULL.render(root=Path("/repo")).splitlines() == [
        "FR501 Det is rejected by TensorRT-RTX 1.7.1",
        "and by nobody else",
        "  where:  /head/Det (Det) in head at shop/nets.py:3",
        "              z = torch.linalg.det(y)",
        "  cause:  first",
        "          second",
        "    asked      1",
        "    delivered  20",
        f"  next:   {CODES['FR501'].remedy}",
    ]


def test_a_cause_that_the_headline_tells_is_not_told_twice() -> None:
    finding = Finding(code="FR501", message="Det is refused: no importer", cause="no importer")
    assert "cause:" not in finding.render()


def test_a_remedy_of_the_case_replaces_that_of_the_code() -> None:
    assert Finding(code="FR101", message="x").next_step == CODES["FR101"].remedy
    assert Finding(code="FR101", message="x", remedy="Do this.").next_step == "Do this."


def test_a_log_is_kept_once_it_is_there() -> None:
    first = Finding(code="FR003", message="x").with_log("grumble")
    assert first.log == "grumble"
    assert first.with_log("others").log == "grumble"
    assert "grumble" not in first.render()  # shown apart


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(), ""),
        (Place(node="n"), "n"),
        (Place(operator="Add"), "Add"),
        (Place(node="n", operator="Add"), "n (Add)"),
        (Place(file="a.py", line=2), "at a.py:2"),
        (Place(node="n", module="head.0"), "n in head.0"),
    ],
)
def test_a_place_reads_well(place: Place, text: str) -> None:
    assert str(place) == text


def test_an_empty_place_is_left_out() -> None:
    assert "where:" not in Finding(code="FR101", message="x", place=Place()).render()


def test_codes_are_well_formed_and_say_something() -> None:
    for name, code in CODES.items():
        assert name == code.id
        assert len(name) == 5
        assert name.startswith("FR")
        assert name[2:].isdigit()
        assert code.title
        assert code.meaning.endswith(".")
        assert code.remedy
        assert not code.title.endswith(".")
    titles = [code.title for code in CODES.values()]
    assert len(set(titles)) == len(titles)
