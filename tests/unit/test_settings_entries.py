"""Entries of models in frictionless.yaml: those that cannot be used, and which is of which checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_frictionless.settings.model import BrokenModel, ModelSpec
from pytest_frictionless.settings.read import (
    SpecMatch,
    default_settings,
    read_settings,
    spec_for,
    unmatched,
)
from pytest_frictionless.settings.settings import Settings

Write = Callable[[str], Path]


BROKEN = """\
roots: [models]
models:
  good: {path: models/good.pt}
  bad:
    path: models/bad.pt
    precison: fp16
    opset: {version: 99}
  "a.b": {path: 5}
  twice:
    path: models/x.pt
    path: models/y.pt
"""


def test_a_mistake_in_one_model_leaves_the_others(write: Write) -> None:
    read = read_settings(write(BROKEN))
    assert list(read.models) == ["good"]
    assert read.roots == ("models",)
    assert read.broken_models == {
        "bad": BrokenModel(
            path="models/bad.pt",
            problems=(
                "frictionless.yaml:6: models.bad.precison: unknown key, did you mean 'precision'?",
                "frictionless.yaml:7: models.bad.opset.version: 99 is out of range: "
                "it takes at most 30",
                "frictionless.yaml:7: models.bad.opset: the key 'reason' is missing: "
                "why this version: what in production asks for it",
            ),
        ),
        "a.b": BrokenModel(
            path=None,
            problems=('frictionless.yaml:8: models."a.b".path: 5 is no text: write it in quotes',),
        ),
        "twice": BrokenModel(
            path="models/x.pt",
            problems=(
                "frictionless.yaml:10: models.twice.path: "
                "the key is written twice, on lines 10 and 11",
            ),
        ),
    }


def test_two_entries_for_one_path_are_both_broken(write: Write) -> None:
    text = """\
        models:
          a: {path: ./models/x.pt}
          b: {path: models//x.pt}
          folder: {path: models/bert/}
          config: {path: models/bert/config.json}
        """
    read = read_settings(write(text))
    assert read.models == {}
    assert read.broken_models["a"].problems == (
        "frictionless.yaml:2: models.a.path: 'models/x.pt' is the path of b too",
    )
    assert read.broken_models["config"].problems == (
        "frictionless.yaml:5: models.config.path: 'models/bert' is the path of folder too",
    )
    assert spec_for(read, "models/x.pt").broken is read.broken_models["a"]


@pytest.mark.parametrize(
    "entry", ["", "null", "5", "[a]", "text"],
)  # fmt: skip
def test_an_entry_that_is_no_mapping_is_broken(write: Write, entry: str) -> None:
    read = read_settings(write(f"models:\n  a: {entry}\n"))
    (problem,) = read.broken_models["a"].problems
    assert problem.startswith("frictionless.yaml:2: models.a: ")
    assert " is no mapping: it takes the keys path, factory, inputs, " in problem


# Matching


MATCHES = Settings(
    models={
        "by_path": ModelSpec(path="models/x.pt"),
        "stem": ModelSpec(),
        "x": ModelSpec(),
        "bert": ModelSpec(),
        "gpt": ModelSpec(path="hub/gpt"),
        "t5": ModelSpec(path="hub/t5/config.json"),
        "root": ModelSpec(path="."),
    }
)


@pytest.mark.parametrize(
    ("path", "name", "by_path"),
    [
        ("models/x.pt", "by_path", True),
        ("other/x.pt", "x", False),
        ("a/b/stem.onnx", "stem", False),
        ("/mnt/stem.onnx", "stem", False),
        ("stem.v2.onnx", None, False),
        ("hub/bert/config.json", "bert", False),
        ("hub/gpt/config.json", "gpt", True),
        ("hub/t5/config.json", "t5", True),
        ("hub/gpt", "gpt", True),
        ("config.json", "root", True),
        ("by_path.pt", None, False),
        ("hub/bert/model.safetensors", None, False),
    ],
)
def test_which_entry_belongs_to_a_path(path: str, name: str | None, by_path: bool) -> None:
    spec = MATCHES.models[name] if name else None
    assert spec_for(MATCHES, path) == SpecMatch(name=name, spec=spec, by_path=by_path)


def test_a_broken_entry_is_matched_by_its_path_or_its_name(write: Write) -> None:
    read = read_settings(write(BROKEN))
    assert spec_for(read, "models/bad.pt") == SpecMatch(
        name="bad", broken=read.broken_models["bad"], by_path=True
    )
    assert spec_for(read, "models/a.b.pt").broken is read.broken_models["a.b"]
    assert spec_for(read, "models/good.pt").spec is read.models["good"]


def test_entries_that_belong_to_no_checkpoint(write: Write) -> None:
    assert unmatched(MATCHES, ["models/x.pt", "stem.pt", "hub/gpt/config.json"]) == (
        "x", "bert", "t5", "root",
    )  # fmt: skip
    assert unmatched(read_settings(write(BROKEN)), ["models/good.pt"]) == ("bad", "a.b", "twice")
    assert unmatched(default_settings(), ["models/x.pt"]) == ()
