"""The file of a manifest: a stable text, the line of each mistake, and no change without a cause."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.stack.manifest import COMPONENTS, Manifest, manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest, settled, to_text, write_manifest

if TYPE_CHECKING:
    from pathlib import Path

FULL: dict[str, Any] = {
    "checkpoint": "models/net.pt", "written": "2026-01-02", "written_by": "pytest-frictionless 0.1.0",
    "digests": {"checkpoint": "c" * 64, "onnx": "0" * 64, "plan": "b" * 64},
    "components": {"torch": "2.13.0", "python": "3.11", "glibc": "2.36", "os": "debian 12"},
    "graph": {"opset": 18, "ir_version": 9, "domains": {"com.acme": 1}, "producer": "pytorch 2.13.0"},
    "plan": {"tensorrt_rtx": "1.7.1.116", "compute_capabilities": ["8.9"],
             "profiles": {"online": {"batch": [1, 2, 4]}}, "flags": ["tf32"]},
    "opset_reason": "the runtime: validated to 18",
}  # fmt: skip


def manifest(**changes: Any) -> Manifest:
    return Manifest.model_validate(FULL | changes)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = manifest_path(tmp_path / "net.pt")
    assert path.name == "net.pt.manifest.yaml"
    for each in (manifest(), manifest(digests={}, components={}, graph=None, plan=None)):
        write_manifest(path, each)
        assert read_manifest(path) == each


def test_the_text_has_one_order_and_titles_for_people() -> None:
    text = to_text(manifest())
    turned = dict(reversed(FULL["components"].items()))
    assert to_text(manifest(components=turned)) == text
    places = [text.index(f"  {name}: ") for name in COMPONENTS if name in FULL["components"]]
    assert places == sorted(places)
    assert "  glibc: '2.36'\n" in text
    assert re.search(r"^  os: debian 12 +# operating system$", text, re.MULTILINE)
    assert "batch: [1, 2, 4]" in text
    assert "written: 2026-01-02\n" in text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("a: [", 1, "not YAML"),
        ("- 1\n", 1, "no mapping"),
        ("checkpoint: net.pt\nwritten: 2026-01-02\n", 1, "'written_by' is missing"),
        ("checkpoint: net.pt\nwritten: tomorrow\nwritten_by: x\n", 2, "tomorrow"),
        ("checkpoint: net.pt\nwritten: 2026-01-02\nwritten_by: x\ncomponents:\n  python: 3.11\n", 5, "3.11"),
        ("checkpoint: a\ncheckpoint: b\nwritten: 2026-01-02\nwritten_by: x\n", 1, "twice"),
        ("checkpoint: net.pt\nwritten: 2026-01-02\nwritten_by: x\ngraf: {}\n", 4, "did you mean 'graph'"),
        ("manifest: 2\ncheckpoint: net.pt\nwritten: 2026-01-02\nwritten_by: x\n", 1, "2 is none of 1"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    path = tmp_path / "net.pt.manifest.yaml"
    path.write_text(text)
    with pytest.raises(StepFailed, match="FR051") as failed:
        read_manifest(path)
    finding = failed.value.finding
    assert f"{path.name}:{line}: " in finding.message + finding.cause
    assert said in finding.message + finding.cause
    assert finding.place is not None
    assert finding.place.file == str(path)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.pt.manifest.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StepFailed, match="FR051"):
        read_manifest(path)


LATER = {"written": datetime.date(2026, 5, 6), "written_by": "pytest-frictionless 0.2.0"}


def test_nothing_is_written_anew_for_a_later_day_or_another_build_of_the_same() -> None:
    old = manifest(reason="once")
    assert settled(old, manifest(**LATER)) is old
    rebuilt = manifest(**LATER, digests=FULL["digests"] | {"plan": "d" * 64})
    assert settled(old, rebuilt) is old
    assert settled(None, rebuilt) is rebuilt


@pytest.mark.parametrize(
    "change",
    [
        {"components": FULL["components"] | {"torch": "2.14.0"}},
        {"digests": FULL["digests"] | {"checkpoint": "d" * 64}},
        {"digests": FULL["digests"] | {"onnx": "d" * 64}},
        {"graph": FULL["graph"] | {"opset": 20}},
        {"plan": FULL["plan"] | {"flags": []}},
        {"opset_reason": "another"},
    ],
)
def test_what_changed_is_written_with_the_new_day(change: dict[str, Any]) -> None:
    new = manifest(**LATER, **change)
    assert settled(manifest(), new) is new


def test_another_plan_that_is_kept_beside_the_checkpoint_is_a_change() -> None:
    kept = FULL["plan"] | {"file": "net.plan"}
    new = manifest(**LATER, plan=kept, digests=FULL["digests"] | {"plan": "d" * 64})
    assert settled(manifest(plan=kept), new) is new
