"""What is imported ahead of the fork: tools of the steps are no sources, packages of a model are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Limits

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

STEPS = """
import os, sys

def imported(memory, folder):
    return {"names": [n for n in ("tool", "net") if n in sys.modules], "pid": os.getpid(),
            "importers": [sys.modules[n].PID for n in ("tool", "net") if n in sys.modules]}
"""


def test_what_is_told_is_imported_once_and_is_a_source_of_every_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "steps_of_test.py").write_text(STEPS)
    for name in ("tool", "net"):
        (tmp_path / f"{name}.py").write_text("import os\nPID = os.getpid()\n")
    monkeypatch.syspath_prepend(tmp_path)  # the zygote looks where its parent does
    zygote = Zygote(cwd=tmp_path)
    limits, importers = Limits(timeout_s=60, memory_mib=4096), set()
    try:
        for number in range(2):
            log = tmp_path / f"{number}.log"
            child = zygote.fork(preload=["tool"], told=["net"], log=log)
            record, sources = child.run(
                "steps_of_test:imported", {}, folder=tmp_path, limits=limits
            )
            assert record["names"] == ["tool", "net"]
            assert set(sources) == {"steps_of_test.py", "net.py"}
            importers |= {*record["importers"]}
            assert record["pid"] not in importers
        assert len(importers) == 1
    finally:
        zygote.close()
