"""`pytest-frictionless init`: a repository of every kind of file, to a green run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.project import is_healthy
from tests.untold import HOSTILE, entries

from pytest_frictionless.cli import main
from pytest_frictionless.settings.read import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project


def test_a_repository_comes_to_a_green_run(
    bad: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    told = capsys.readouterr().out
    path = bad.root / "frictionless.yaml"
    settings = read_settings(path)
    assert settings.roots == ("models",)
    assert settings.models["net"].factory == "nets:Net"
    assert entries(bad.root) == {
        "net": "models/net.safetensors",
        HOSTILE: f"models/{HOSTILE}.pt",
    }
    (problem,) = settings.broken_models[HOSTILE].problems
    assert problem.endswith("is still the placeholder: name your own function")

    rows = dict(re.findall(r"(?m)^(models/.+?)  +(\S.*)$", told))
    assert rows["models/dynamic.onnx"] == "needs no entry; sizes are assumed"
    assert rows["models/fixed.onnx"] == rows["models/program.pt2"] == "needs no entry"
    assert rows["models/net.safetensors"].startswith("entry: nets:Net has all the layers")
    assert rows["models/broken.onnx"].startswith(
        "no entry: FR101 models/broken.onnx is a truncated"
    )
    assert rows["models/evil.pt"].startswith("no entry: FR104")
    hostile = next(remark for place, remark in rows.items() if place.startswith("models/net '"))
    assert hostile.startswith("entry: fill in factory; nets:Wide has all the layers of the file, and needs width")  # fmt: skip
    assert told.splitlines()[-2:] == [
        "frictionless.yaml: 2 entries written, for 7 checkpoints; 1 place to fill in, and the rest to be looked over",
        "next: edit frictionless.yaml, then: pytest --frictionless",
    ]
    assert not (bad.root / "was-run").exists()

    path.write_text(path.read_text().replace("package.module:callable", "nets:wide"))
    for name in ("broken.onnx", "evil.pt"):
        (bad.root / "models" / name).unlink()
    outcome = bad.run_isolated()
    assert outcome.code == 0, outcome.stdout
    assert is_healthy(outcome.items)
    assert len({nodeid.rpartition("::")[0] for nodeid in outcome.ids}) == 5


def test_what_stands_in_comments_is_read_when_the_marks_are_taken_away(
    repository: Project,
) -> None:
    assert main(["init", "models"]) == 0
    path = repository.root / "frictionless.yaml"
    text = path.read_text()
    for block in ("target:", "opset:", "  dynamic:"):
        indent = " " * (len(block) - len(block.lstrip()))
        head = f"{indent}# {block.strip()}"
        assert head in text
        before, _, after = text.partition(head)
        lines = f"{head}{after}".splitlines(keepends=True)
        end = next((n for n, line in enumerate(lines) if n and not line.startswith(f"{indent}#  ")), len(lines))  # fmt: skip
        bare = [line.replace("# ", "", 1) for line in lines[:end]]
        text = before + "".join(bare + lines[end:])
    path.write_text(text.replace("package.module:callable", "nets:wide"))
    settings = read_settings(path)
    assert settings.broken_models == {}
    assert settings.target.tensorrt_rtx is not None
    assert settings.opset is not None
    assert settings.opset.version == 19
    (profile,) = settings.models["dynamic"].shape_profiles
    assert str(profile) == "default: {batch: [1, 4, 8]}"


def test_a_hugging_face_folder_gets_its_sizes(repository: Project) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        vocab_size=50,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(repository.root / "bert/small")
    assert main(["init", "bert"]) == 0
    settings = read_settings(repository.root / "frictionless.yaml")
    assert settings.models["small"].path == "bert/small"
    assert [*settings.models["small"].shape_profiles[0].ranges] == ["batch", "seq"]
    assert main(["init", "--add"]) == 0
    assert entries(repository.root) == {"small": "bert/small"}


def test_without_torch_it_says_what_it_could_not_guess(repository: Project) -> None:
    environment = {**os.environ, **repository.without("torch")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest_frictionless", "init"], cwd=repository.root, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing was guessed: torch is not installed" in done.stdout
    assert "models/program.pt2" in done.stdout
    assert "not looked into: torch is not installed" in done.stdout
    assert "2 entries written, for 5 checkpoints; 4 places to fill in" in done.stdout
    assert entries(repository.root) == {
        "net": "models/net.safetensors",
        HOSTILE: f"models/{HOSTILE}.pt",
    }


def test_paths_that_the_file_cannot_name_are_told_of(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("we\\ird", os.fsdecode(b"b\xffd")):
        (tmp_path / folder).mkdir()
        shutil.copy(made / "models/net.safetensors", tmp_path / folder / "a.safetensors")
    assert main(["init"]) == 0
    told = capsys.readouterr().out
    assert "we\\ird/a.safetensors  no entry: no path of frictionless.yaml has \\ in it" in told
    assert "b\\xffd/a.safetensors  no entry: FR111" in told
    assert read_settings(tmp_path / "frictionless.yaml").roots == (".",)
