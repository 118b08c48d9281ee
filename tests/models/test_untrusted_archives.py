"""A torch.export archive is a zip of pickles: what would run code is refused before it is loaded."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch

from pytest_frictionless.backends.torch.load import load
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.checkpoint import SourceRecord

pytestmark = pytest.mark.real


class _Payload:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.witness}",)


class _PlusOne(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


def _archive(path: Path) -> Path:
    torch.export.save(torch.export.export(_PlusOne(), (torch.ones(2, 3),)), path)
    return path


def _source(path: Path) -> SourceRecord:
    return {
        "path": str(path), "format": "pt2", "factory": None, "trusted": False,
        "root": str(path.parent),
    }  # fmt: skip


def _poisoned(path: Path, witness: Path) -> Path:
    """The archive with its sample inputs exchanged for a pickle that runs a command."""
    payload = io.BytesIO()
    torch.save(_Payload(witness), payload)
    evil = path.with_name("evil.pt2")
    exchanged = 0
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(evil, "w") as bad:
        for entry in good.infolist():
            poison = "sample_inputs" in entry.filename
            exchanged += poison
            bad.writestr(entry.filename, payload.getvalue() if poison else good.read(entry))
    assert exchanged, "torch no longer stores sample inputs as it did"
    return evil


def test_a_poisoned_archive_is_refused_and_its_payload_does_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "payload-ran"
    evil = _poisoned(_archive(tmp_path / "good.pt2"), witness)
    with pytest.raises(StepFailed) as failed:
        load({}, str(tmp_path), source=_source(evil))
    assert failed.value.finding.code == "FR104"
    assert "system" in failed.value.finding.message
    assert not witness.exists()


def test_a_good_archive_is_loaded(tmp_path: Path) -> None:
    record = load({}, str(tmp_path), source=_source(_archive(tmp_path / "good.pt2")))
    assert record["runnable"]
    assert [each["type"] for each in record["inputs"]] == ["float32[2, 3]"]
