"""Which TensorRT runs on which GPU, and how a refusal reads."""

from __future__ import annotations

import pytest

from pytest_frictionless.knowledge.gpus import (
    OTHER_GPU,
    flavour_of,
    refusal,
    runs_on,
    support,
    what_runs_on,
)

RECORDED = (
    "The engine cannot run on this GPU, which has compute capability 9.0. "
    "Supported compute capabilities: 8.0 8.6 8.9 12.0 12.1 >12.0"
)
"""TensorRT-RTX 1.7.1.116 on an H200."""


@pytest.mark.parametrize(
    ("flavour", "version", "capability", "said"),
    [
        ("tensorrt_rtx", "1.7", "9.0", False),
        ("tensorrt_rtx", "1.7.1.116", "10.0", False),
        ("tensorrt_rtx", "1.7", "8.9", True),
        ("tensorrt_rtx", "1.7", "13.0", True),
        ("tensorrt_rtx", "1.6.1.120", "9.0", True),
        ("tensorrt_rtx", "1.6", "8.9", None),
        ("tensorrt_rtx", "1.4", "9.0", None),
        ("tensorrt_rtx", "1.8", "9.0", None),
        ("tensorrt_rtx", "main", "9.0", None),
        ("tensorrt", "10.1", "9.0", True),
        ("tensorrt", "10.1", "8.6", True),
        ("tensorrt", "10.1", "6.1", False),
        ("tensorrt", "10.1", "10.0", None),
        ("tensorrt", "10.3", "7.0", True),
        ("tensorrt", "10.5", "7.0", False),
        ("tensorrt", "11.5.0.1", "7.0", False),
        ("tensorrt", "10.6", "7.5", None),
        ("tensorrt", "10.0.1", "6.1", False),
        ("tensorrt", "10.7.0.23", "12.0", False),
        ("tensorrt", "10.7", "9.0", None),
        ("tensorrt", "10.8", "12.0", True),
        ("tensorrt", "10.8", "10.0", None),
        ("tensorrt", "10.11.0.33", "10.0", True),
        ("tensorrt", "10.13.3.9", "10.3", True),
        ("tensorrt", "11.5", "10.3", True),
        ("tensorrt", "1.7", "9.0", None),
        ("tensorrt_rtx", "1.7", "N/A", None),
    ],
)
def test_what_is_not_known_is_no_refusal(
    flavour: str, version: str, capability: str, said: bool | None
) -> None:
    assert runs_on(flavour, version, capability) is said


def test_the_recorded_refusal_is_one_sentence_with_what_works() -> None:
    assert OTHER_GPU.search(RECORDED)
    assert refusal("TensorRT-RTX 1.7.1.116", "NVIDIA H200", "9.0", RECORDED) == (
        "TensorRT-RTX 1.7.1.116 does not run on this NVIDIA H200, which has compute capability 9.0, "
        "only on 8.0 8.6 8.9 12.0 12.1 >12.0: TensorRT-RTX 1.6.1.120 or TensorRT 10.11 runs there"
    )


def test_words_without_a_list_are_kept_and_nothing_is_made_up() -> None:
    said = refusal("TensorRT 10.3", "NVIDIA X", "6.1", "The engine is not compatible with this GPU")
    assert "nothing is known here that does" in said
    assert said.endswith("(The engine is not compatible with this GPU)")
    assert refusal("TensorRT-RTX 1.7.1.116", "NVIDIA Thor", "11.0").endswith("here that does")
    assert what_runs_on("11.0") == ""
    assert what_runs_on("10.0") == "TensorRT 10.11"


def test_an_engine_names_its_flavour() -> None:
    assert flavour_of("TensorRT-RTX 1.7.1.116") == ("tensorrt_rtx", "1.7.1.116")
    assert flavour_of("TensorRT 10.15.1") == ("tensorrt", "10.15.1")


def test_every_row_has_a_source() -> None:
    assert all(
        row.source.startswith(("https://docs.nvidia.com/", "https://github.com/", "measured: "))
        for row in support()
    )
    assert all(bool(row.seen) == row.source.startswith("measured: ") for row in support())
