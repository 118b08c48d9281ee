"""Which opset to pin, from what each one gave."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_frictionless.checks import opset
from pytest_frictionless.cli.opset import versions_of
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.opset_trial import Row, advice, breaks, limits, spelled

REFUSED = Finding(
    code="FR502", message="Attention is rejected by the builder: no kernel",
    place=Place(node="attend", operator="Attention", file="nets.py", line=3),
)  # fmt: skip
UNDOCUMENTED = Finding(
    code="FR302", message="is not documented", severity=Severity.WARNING
)  # fmt: skip


def row(asked: int, **fields: Any) -> Row:
    made: dict[str, Any] = {"delivered": asked, "engine": "TensorRT-RTX 1.7", "reference": "torch"}
    return Row(asked=asked, **(made | fields))


def test_the_newest_that_works_is_pinned_with_what_breaks_after_it() -> None:
    rows = [row(17), row(22), row(23, problems=[REFUSED]), row(24, problems=[REFUSED])]
    chosen = advice(rows, None)
    assert chosen is not None
    assert chosen.version == 22
    assert chosen.pin == (
        'opset: {version: 22, reason: "newest of 17, 22 to 24 that TensorRT-RTX 1.7 builds with the '
        'numbers of torch; 23 breaks: FR502 Attention"}'
    )
    [finding] = breaks(rows)
    assert finding.headline == (
        "FR306 works at 22, breaks at 23: FR502 attend (Attention) at nets.py:3: Attention is "
        "rejected by the builder: no kernel"
    )
    assert finding.place == REFUSED.place


def test_what_the_target_documents_goes_before_what_is_newer() -> None:
    rows = [row(20), row(22, remarks=[UNDOCUMENTED])]
    chosen = advice(rows, "10.1")
    assert chosen is not None
    assert chosen.version == 20
    assert "and TensorRT 10.1 documents" in chosen.reason
    only = advice(rows[1:], "10.5")
    assert only is not None
    assert (only.version, "documents" in only.reason) == (22, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"problems": [REFUSED]},
        {"unasked": ["tensorrt-rtx-cu13 is not installed"]},
        {"delivered": 18},
        {"delivered": None},
    ],
)
def test_what_is_not_proved_is_not_pinned(fields: dict[str, Any]) -> None:
    assert not row(13, **fields).works
    assert advice([row(13, **fields)], None) is None


def test_a_break_needs_one_that_works_before_it() -> None:
    assert breaks([row(17, problems=[REFUSED]), row(18)]) == []
    assert breaks([row(17), row(18, unasked=["no TensorRT"])]) == []


def test_versions_are_read_and_spelled() -> None:
    assert versions_of("20, 17..18,17") == [17, 18, 20]
    assert spelled([17, 18, 20, 22, 23, 24]) == "17 to 18, 20, 22 to 24"
    with pytest.raises(ConfigError):
        versions_of("17-20")


def test_limits_tell_both_sides_of_an_undocumented_release() -> None:
    assert limits("10.15") == "target TensorRT 10.15: TensorRT 10.15 documents opsets up to 24"
    assert limits("10.5") == (
        "target TensorRT 10.5: TensorRT 10.1 documents opsets up to 20; TensorRT 10.15 documents opsets "
        "up to 24"
    )
    assert "publishes no limit" in limits(None)


@pytest.mark.parametrize(
    ("delivered", "is_onnx", "remedy"),
    [
        (17, True, "Export the model again at opset 18, or pin 17. Which of them works, with the line to pin:\n"
                   "  pytest-frictionless opset 'a b.onnx' --try 17,18"),
        (20, False, "Pin 20, or export with a version that delivers 18. Which of them works, with the line to pin:\n"
                    "  pytest-frictionless opset 'a b.onnx' --try 18,20"),
        (6, True, "Export the model again at opset 18, or pin 6."),  # older than what the command tries
    ],
)  # fmt: skip
def test_the_command_is_named_where_it_takes_both_opsets(
    delivered: int, is_onnx: bool, remedy: str
) -> None:
    bench: Any = SimpleNamespace(is_onnx=is_onnx, relative_path="a b.onnx")
    assert opset._remedy(bench, 18, delivered) == remedy
