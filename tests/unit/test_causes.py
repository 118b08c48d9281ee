"""Every refusal that was ever measured has a cause in words."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_frictionless.backends.tensorrt.words import clean, parse_kind, reason
from pytest_frictionless.codes import CODES
from pytest_frictionless.knowledge.causes import UNNAMED, cause_ids, cause_of
from pytest_frictionless.knowledge.equivalents import equivalents

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.engine import RejectionRecord

ENGINE = "TensorRT-RTX 1.7.1.116"
REFUSALS = Path(__file__).parent.parent / "models" / "refusals.csv"
"""First error of each of 4,264 backend models that were refused; like ones are counted."""
VAGUE = re.compile(r"\bfalse\b|[Pp]lugin not found|another type|no reason|\{|Assertion|\.cpp|::")


def refusals() -> list[dict[str, str]]:
    with REFUSALS.open() as stream:
        return list(csv.DictReader(stream))


def rejection(**given: Any) -> RejectionRecord:
    record: Any = {
        "stage": "parse", "kind": "unsupported", "operator": "", "node": "n", "stack": [],
        "reason": "", "error_code": "", "metadata": {}, "domain": "",
    }  # fmt: skip
    record |= given
    return cast("RejectionRecord", record)


def as_recorded(row: dict[str, str]) -> RejectionRecord:
    """The record that the steps make of the engine's words."""
    words, domain = row["words"], row["domain"].rpartition("|")[2]
    parsing = row["stage"] == "parse"
    told = reason(words, engine=ENGINE) if parsing else clean(words)
    if row["type"]:
        told = f"{told.rstrip('.')}: {row['type']}"
    return rejection(
        stage=row["stage"], kind=parse_kind(words, row["code"]) if parsing else "builder",
        operator=row["operator"], reason=told, domain="" if domain == "ai.onnx" else domain,
    )  # fmt: skip


def test_every_measured_refusal_has_a_named_cause_and_none_is_vague() -> None:
    counts: Counter[str] = Counter()
    for row in refusals():
        cause = cause_of(as_recorded(row), engine=ENGINE)
        counts[cause.code] += int(row["count"])
        assert cause.id != UNNAMED, row
        assert not VAGUE.search(cause.words), (cause.words, row)
        assert cause.code in CODES
        assert cause.remedy or CODES[cause.code].remedy
    assert counts.total() == 2401
    assert counts == {
        "FR501": 428, "FR502": 239, "FR503": 149, "FR504": 732, "FR505": 12, "FR506": 364,
        "FR507": 351, "FR508": 83, "FR509": 37, "FR512": 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"operator": "MyNms", "domain": "acme", "kind": "unknown", "reason": "Plugin not found"},
         "FR503", "needs a plugin creator of the name MyNms"),
        ({"operator": "EfficientNMS_TRT", "domain": "TRT", "kind": "unknown", "reason": "Plugin not found"},
         "FR503", "which NVIDIA's plugin library has"),
        ({"operator": "BiasGelu", "domain": "com.microsoft", "kind": "unknown", "reason": "Plugin not found"},
         "FR503", "operator of ONNX Runtime alone"),
        ({"operator": "NonZero", "stage": "build", "kind": "builder", "reason": "NonZero has no runners that implement it"},
         "FR509", "which TensorRT-RTX does not ship"),
        ({"kind": "type", "reason": "unsupported data type of an initializer: UINT16"}, "FR504", "a weight of type UINT16"),
        ({"kind": "type", "operator": "Constant", "reason": "unsupported data type UINT16"}, "FR504", "UINT16 is no element type"),
        ({"operator": "X", "kind": "unknown", "reason": "cannot be judged on a machine without a GPU: x"}, "FR505", "asks CUDA"),
        ({"stage": "build", "kind": "builder", "reason": "Internal Error (Assertion tScope.getType() != kUNDEFINED failed."},
         "FR502", "nest of If"),
        ({"stage": "build", "kind": "builder", "operator": "Foo", "reason": "Internal Error (Assertion a == b failed."},
         "FR502", "one of its own assertions fails"),
        ({"reason": "TensorRT-RTX 1.7.1.116 read a network without outputs: nothing would be computed"},
         "FR512", "the graph has no outputs"),
    ],
)  # fmt: skip
def test_what_the_backend_suite_does_not_raise_is_named_too(
    given: dict[str, Any], code: str, words: str
) -> None:
    cause = cause_of(rejection(**given), engine=ENGINE)
    assert (cause.code, words in cause.words) == (code, True), cause


def test_unheard_words_keep_the_code_of_their_kind() -> None:
    cause = cause_of(rejection(reason="quite new words"), engine=ENGINE)
    assert (cause.id, cause.code, cause.words) == (UNNAMED, "FR501", "quite new words")


def test_causes_have_names_of_their_own_and_equivalents_name_causes_that_exist() -> None:
    ids = cause_ids()
    assert len(set(ids)) == len(ids)
    assert {cause for each in equivalents() for cause in each.causes} <= set(ids)
