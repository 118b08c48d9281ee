"""`pytest-frictionless operators`: the tables, one operator, and a measurement made anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.knowledge.measuring import as_text, changes
from pytest_frictionless.knowledge.operators import operator_names
from pytest_frictionless.knowledge.reading import read_json

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(["operators", *arguments]) == status
    return capsys.readouterr().out


def test_the_list_names_every_operator_and_every_source(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys)
    names = operator_names()
    assert len(names) > 200
    lines = text.splitlines()
    assert all(any(line.startswith(name) for line in lines) for name in names)
    assert "onnx-tensorrt docs/operators.md at 96e7811" in text
    assert "single-node cases of onnx.backend.test" in text


def test_one_operator_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "nonmaxsuppression")
    for words in (
        "TensorRT 10.15", "0 of 10 cases build", "has no kernel for it", "EfficientNMS_TRT",
        "https://github.com/NVIDIA/TensorRT-RTX/issues/5", "a form that is taken",
    ):  # fmt: skip
        assert words in text


def test_a_part_of_a_name_filters(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "Bitwise").splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [
        "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor",
    ]  # fmt: skip
    assert "Relu  " not in said(capsys, "--refused")


def test_a_misspelt_operator_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operators", "Rezise"]) == 2
    assert "did you mean Resize" in capsys.readouterr().err
    assert main(["operators", "--write"]) == 2


@pytest.mark.parametrize("file", ["no/where.json", "."])
def test_a_file_that_cannot_be_written_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    assert main(["operators", "Det", "--rebuild", "--write", str(tmp_path / file)]) == 2
    assert "no file can be written there" in capsys.readouterr().err


@pytest.mark.real
def test_a_measurement_made_anew_is_the_table_that_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("tensorrt_rtx")
    kept = read_json("measured.json")
    text = said(
        capsys, "Det", "NonZero", "Mod", "Squeeze", "--rebuild", "--write", str(tmp_path / "m.json")
    )
    if (
        kept["engine"] in text.split("measured:")[1]
        and f"onnx {kept['onnx']}" in text.split("measured:")[1]
    ):
        assert "0 operators changed" in text
        assert json.loads((tmp_path / "m.json").read_text()) == kept


def test_a_change_between_two_tables_is_told_in_words() -> None:
    kept = read_json("measured.json")
    assert json.loads(as_text(kept)) == kept
    assert list(changes(kept, kept)) == []
    newer = json.loads(json.dumps(kept))
    newer["operators"]["Resize"]["built"] += 4
    del newer["operators"]["Resize"]["refusals"]["not with antialias"]
    newer["operators"]["Det"]["built"] = 2
    del newer["operators"]["Unique"]
    newer["operators"]["Brand"] = {"cases": 1, "built": 1, "types_built": "float32"}
    told = dict(changes(kept, newer))
    assert told["Resize"] == "built 10 → 14; no longer refused: not with antialias"
    assert told["Det"] == "built 0 → 2"
    assert told["Unique"] == "has no case any more"
    assert told["Brand"] == "is new in the table"
    assert set(changes(kept, newer, among=["Abs"])) == set()
