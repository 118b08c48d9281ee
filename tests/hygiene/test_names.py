"""Codes, markers, words and the published schema agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pytest_frictionless
from pytest_frictionless.checks import CHECKS
from pytest_frictionless.codes import CODES
from pytest_frictionless.plugin import OPTIONS
from pytest_frictionless.schemas import SCHEMAS, Schema

ROOT = Path(pytest_frictionless.__file__).parent
SOURCES = {path: path.read_text() for path in ROOT.rglob("*.py")}
CODE = re.compile(r"\bFR\d{3}\b")
BANNED = re.compile(
    r"\b(manager|helper|utils|handler)\b|\bclass (Base(?!line)\w+|\w+Impl)\b", re.IGNORECASE
)


def test_every_code_that_is_named_exists() -> None:
    named = {code: path.name for path, text in SOURCES.items() for code in CODE.findall(text)}
    assert {code: where for code, where in named.items() if code not in CODES} == {}


def test_every_code_that_exists_is_used() -> None:
    tables = [path.read_text() for path in (ROOT / "knowledge").glob("*.json")]
    used = {code for text in [*SOURCES.values(), *tables] for code in CODE.findall(text)}
    assert sorted(set(CODES) - used) == []


def test_every_check_has_a_file_of_its_own_and_a_marker(pytester: pytest.Pytester) -> None:
    files = {path.stem for path in (ROOT / "checks").glob("*.py")} - {"__init__"}
    assert files == {check.name for check in CHECKS}
    listed = pytester.runpytest_inprocess("--frictionless", "--markers").stdout.str()
    for check in CHECKS:
        assert f"@pytest.mark.frictionless_{check.name}: {check.title}" in listed


def test_every_option_is_in_help_in_both_forms(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_inprocess("--help").stdout.str()
    assert "--frictionless " in text
    for option in OPTIONS:
        assert f"--frictionless-{option.name}" in text
        assert f"frictionless_{option.name.replace('-', '_')}" in text


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.file.name)
def test_a_published_schema_is_current(schema: Schema) -> None:
    published = schema.file.read_text(encoding="utf-8")
    assert published == schema.text(), "run: python -m pytest_frictionless.schemas"


def test_no_banned_word_names_anything() -> None:
    found = {
        path.name: match.group()
        for path, text in SOURCES.items()
        if (
            match := BANNED.search(path.stem)
            or re.search(r"(?m)^ *class (Base(?!line)\w+|\w+Impl)\b", text)
        )
    }
    assert found == {}


def test_the_package_is_marked_as_typed() -> None:
    assert (ROOT / "py.typed").is_file()
