"""Every finding code, and every class of failure, has an example that raises it and one mended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.codes import CODES
from tests.gpu.conftest import has_gpu
from tests.models.explained import Bench, SharedZygote, prove, records, shared_zygote

if TYPE_CHECKING:
    from pytest_frictionless.codes.record import Code

ROOT = Path(__file__).parents[2]
FAILURES = records(Path(__file__).parent / "failures")


__all__ = ["shared_zygote"]


@pytest.fixture
def bench(
    pytester: pytest.Pytester, shared_zygote: SharedZygote, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    return Bench(pytester, shared_zygote, monkeypatch)


def _is_runnable(record: Code) -> bool:
    if (file := record.remarks.get("shown by")) is not None:
        assert record.id in (ROOT / file).read_text()
        return False
    required = record.remarks.get("requires", "")
    if required == "GPU" and not has_gpu():
        pytest.skip("needs an NVIDIA GPU and its driver")
    if required and required != "GPU":
        pytest.importorskip(required)
    return True


@pytest.mark.real
@pytest.mark.parametrize("name", CODES)
def test_a_code_is_raised_by_its_example_and_gone_when_mended(name: str, bench: Bench) -> None:
    record = CODES[name]
    assert record.id == name
    if _is_runnable(record):
        prove(bench, record)


@pytest.mark.real
@pytest.mark.parametrize("name", FAILURES)
def test_a_class_of_failure_is_diagnosed_and_its_remedy_mends_it(name: str, bench: Bench) -> None:
    if _is_runnable(FAILURES[name]):
        prove(bench, FAILURES[name])


@pytest.mark.parametrize("name", CODES)
def test_a_record_is_complete(name: str) -> None:
    record = CODES[name]
    assert record.meaning
    assert record.remedy
    assert record.how
    assert record.remarks.get("shown by") or (record.example and record.mended)
