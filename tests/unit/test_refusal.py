"""What the exporter's refusals are told as, where no small model raises them."""

from __future__ import annotations

import re

import pytest

from pytest_frictionless.backends.torch.refusal.eager import finding_in_eager
from pytest_frictionless.backends.torch.refusal.export import finding_of
from pytest_frictionless.backends.torch.refusal.words import chain_of, plain


def exporter(code: str) -> BaseException:
    """The exception that this code raises, as if it were a file of the exporter."""
    try:
        exec(compile(code, "/env/site-packages/torch/onnx/_internal/exporter/_core.py", "exec"), {})
    except Exception as error:
        trace = error.__traceback__
        assert trace is not None
        return error.with_traceback(trace.tb_next)
    raise AssertionError("nothing was raised")


def test_a_failure_inside_the_exporter_names_the_versions_and_no_line() -> None:
    finding = finding_of(
        exporter("raise AttributeError(\"module 'onnx_ir' has no attribute 'passes'\")")
    )
    assert finding.code == "FR225"
    assert re.search(r"\(torch \d.+\): AttributeError: module 'onnx_ir'", finding.message)
    assert finding.place is None


def test_a_failure_of_another_kind_stays_unclassified() -> None:
    finding = finding_of(exporter("raise MemoryError('no')"))
    assert finding.code == "FR201"


def test_the_last_cause_is_the_one_that_is_told() -> None:
    error = exporter(
        "try:\n    raise ValueError('the cause')\nexcept ValueError as e:\n    raise RuntimeError('step 1/3') from e"
    )
    assert [str(each) for each in chain_of(error)] == ["step 1/3", "the cause"]
    assert "the cause" in finding_of(error).message


def test_words_lose_colours_and_torchs_advice() -> None:
    text = "\x1b[96mno\x1b[0m way\n\nFor more information, run with TORCH_LOGS\nThe error above occurred when calling x"
    assert plain(text) == "no way"


@pytest.mark.real
@pytest.mark.parametrize(("values", "told"), [([1, 42], "42"), ([-1, 9], "-1")])
def test_a_table_that_is_too_short_is_told_with_its_rows(values: list[int], told: str) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(IndexError) as raised:
        torch.nn.Embedding(10, 2)(torch.tensor(values))
    finding = finding_in_eager(raised.value, "ids [2]")
    assert finding.code == "FR206"
    assert finding.message.endswith(f": {told} is looked up in a table of 10 rows")
    assert "low: 0, high: 10" in finding.remedy
