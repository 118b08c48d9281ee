"""`pytest-frictionless init` beside a file that is there: never overwritten, and added to."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.untold import HOSTILE, entries

from pytest_frictionless.cli import main
from pytest_frictionless.settings.read import read_settings

if TYPE_CHECKING:
    import pytest
    from tests.project import Project


def test_a_file_that_is_there_is_never_overwritten(
    repository: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository.write("frictionless.yaml", "roots: [models]   # mine\n")
    (repository.root / "sub").mkdir()
    monkeypatch.chdir(repository.root / "sub")  # the one above counts
    assert main(["init"]) == 2
    assert "frictionless.yaml is there already: --add" in capsys.readouterr().err
    assert path.read_text() == "roots: [models]   # mine\n"


def test_entries_are_added_and_nothing_else_changes(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (
        "roots: [models]   # mine\nexclude: ['*.pt']\nmodels:\n    dynamic:\n"
        "        precision: fp16   # wanted\n"
    )
    path = repository.write("frictionless.yaml", before)
    assert main(["init", "--add"]) == 0
    text = path.read_text()
    assert text.startswith(before)
    assert entries(repository.root) == {"dynamic": None, "net": "models/net.safetensors"}
    assert "models/dynamic.onnx     its entry is there" in capsys.readouterr().out

    assert main(["init", "--add"]) == 0
    assert path.read_text() == text
    assert "nothing to add" in capsys.readouterr().out

    path.write_text(text.replace("exclude: ['*.pt']\n", ""))
    assert main(["init", "--add"]) == 0
    assert entries(repository.root)[HOSTILE] == f"models/{HOSTILE}.pt"
    assert "1 entry written, for 5 checkpoints; 1 place to fill in" in capsys.readouterr().out


def test_two_files_of_one_name_have_entries_of_their_own(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("more", "most/deep"):
        (repository.root / folder).mkdir(parents=True)
        shutil.copy(repository.root / "models/net.safetensors", repository.root / folder)
    assert main(["init", "--add", "--output", "other.yaml"]) == 0  # there is none yet
    assert read_settings(repository.root / "other.yaml").roots == ("models", "more", "most/deep")
    paths = entries(repository.root, "other.yaml")
    assert {
        "models/net.safetensors",
        "more/net.safetensors",
        "most/deep/net.safetensors",
    } <= set(paths.values())
    assert "pytest --frictionless --frictionless-config other.yaml\n" in capsys.readouterr().out
    assert main(["init", "more", "--output", "other.yaml", "--add"]) == 0


def test_what_is_asked_wrongly_is_told(
    repository: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "nowhere"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main(["init", "--output", "no/frictionless.yaml"]) == 2
    assert "no is no folder" in capsys.readouterr().err
    (repository.root / "empty").mkdir()
    assert main(["init", "empty"]) == 1
    assert "no checkpoint was found in empty: nothing was written" in capsys.readouterr().out
    path = repository.write("frictionless.yaml", "{roots: [models]}\n")
    assert main(["init", "empty", "--add"]) == 2
    assert "empty is not below the roots" in capsys.readouterr().err
    assert main(["init", "--add"]) == 2
    error = capsys.readouterr().err
    assert "entries cannot be added to it" in error
    assert "paste them yourself:\nmodels:\n  # nets:Wide has all" in error
    assert path.read_text() == "{roots: [models]}\n"
