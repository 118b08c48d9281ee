"""Hugging Face folders: one checkpoint, anchored on config.json."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.checkpoint.discovery import (
    Checkpoint,
    Format,
    dangling,
    find_checkpoints,
    identify,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.finding import Finding

CONFIG = b'{"model_type": "bert", "architectures": ["BertModel"]}'
LEGACY_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def safetensors_bytes() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(16)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def only(folder: Path) -> Checkpoint:
    (checkpoint,) = find_checkpoints(folder)
    assert checkpoint.path == folder / "config.json"
    assert checkpoint.format is Format.HUGGINGFACE
    return checkpoint


def problem(folder: Path) -> Finding:
    finding = only(folder).problem
    assert finding is not None
    return finding


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "config.json", CONFIG)
    return tmp_path


@pytest.fixture
def sharded(folder: Path) -> Path:
    for part in PARTS:
        put(folder / part, safetensors_bytes())
    weight_map = {"a": PARTS[0], "b": PARTS[0], "c": PARTS[1]}
    index = json.dumps({"metadata": {}, "weight_map": weight_map})
    put(folder / "model.safetensors.index.json", index.encode())
    return folder


def test_folder_of_a_trainer_is_one_checkpoint(folder: Path) -> None:
    put(folder / "model.safetensors", safetensors_bytes())
    put(folder / "pytorch_model.bin", LEGACY_MAGIC)
    for companion in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
        put(folder / companion, LEGACY_MAGIC)
    for other in ("tokenizer.json", "generation_config.json", "modeling_own.py"):
        put(folder / other, b"{}")
    checkpoint = only(folder)
    assert checkpoint.problem is None
    assert checkpoint.shards == ()
    assert names(checkpoint.weights) == ["config.json", "model.safetensors"]


def test_model_of_its_own_code_counts_its_sources(folder: Path) -> None:
    put(folder / "config.json", b'{"model_type": "own", "auto_map": {"AutoModel": "m.M"}}')
    put(folder / "pytorch_model.bin", LEGACY_MAGIC)
    put(folder / "m.py", b"")
    assert names(only(folder).weights) == ["config.json", "pytorch_model.bin", "m.py"]


def test_variant_is_taken_where_nothing_else_is(folder: Path) -> None:
    put(folder / "model.fp16.safetensors", safetensors_bytes())
    assert names(only(folder).weights) == ["config.json", "model.fp16.safetensors"]


def test_weights_of_another_name_are_a_checkpoint_of_their_own(folder: Path) -> None:
    put(folder / "model.safetensors", safetensors_bytes())
    put(folder / "model_v2.safetensors", safetensors_bytes())
    put(folder / "onnx/model.onnx", b"")
    found = [c.path.relative_to(folder).as_posix() for c in find_checkpoints(folder)]
    assert found == ["config.json", "model_v2.safetensors", "onnx/model.onnx"]


def test_other_configs_are_no_models(tmp_path: Path) -> None:
    put(tmp_path / "unet/config.json", b'{"_class_name": "UNet2DConditionModel"}')
    put(tmp_path / "unet/model.safetensors", safetensors_bytes())
    put(tmp_path / "list/config.json", b"[1]")
    put(tmp_path / "list/model.safetensors", safetensors_bytes())
    put(tmp_path / "bare/config.json", CONFIG)
    put(tmp_path / "bare/resnet.safetensors", safetensors_bytes())
    found = [c.path.relative_to(tmp_path).as_posix() for c in find_checkpoints(tmp_path)]
    assert found == ["bare/resnet.safetensors", "list/model.safetensors", "unet/model.safetensors"]


def test_modules_of_sentence_transformers_belong_to_their_model(folder: Path) -> None:
    put(folder / "model.safetensors", safetensors_bytes())
    put(folder / "modules.json", b'[{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}]')
    put(folder / "1_Pooling/config.json", b'{"pooling_mode_mean_tokens": true}')
    put(folder / "2_Dense/config.json", b'{"in_features": 4}')
    put(folder / "2_Dense/model.safetensors", safetensors_bytes())
    only(folder)
    put(folder / "modules.json", b'{"damaged": ')
    assert len(find_checkpoints(folder)) == 2


def test_shards_belong_to_the_folder(sharded: Path) -> None:
    checkpoint = only(sharded)
    assert checkpoint.problem is None
    assert names(checkpoint.shards) == list(PARTS)
    index = "model.safetensors.index.json"
    assert names(checkpoint.weights) == ["config.json", index, *PARTS]


def test_missing_shard_is_named(sharded: Path) -> None:
    (sharded / PARTS[0]).unlink()
    finding = problem(sharded)
    assert finding.code == "FR101"
    assert finding.message.endswith(f"names 2 shards and 1 is missing: {PARTS[0]}")
    assert finding.cause == "2 of 3 tensors are in the missing files."


def test_shards_without_an_index(sharded: Path) -> None:
    (sharded / "model.safetensors.index.json").unlink()
    assert "has 2 shards beside it and no model.safetensors.index.json" in problem(sharded).message
    assert names(only(sharded).shards) == list(PARTS)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (b"", "index.json is empty"),
        (b"{", "is no JSON"),
        (b"[]", "is no JSON object"),
        (b"{}", "has no `weight_map`"),
        (b'{"weight_map": {"a": 1}}', "not all file names"),
        (b'{"weight_map": {"a": "../other/model.safetensors"}}', "outside of its folder: ../other"),
        (b'{"weight_map": {"a": "/etc/passwd"}}', "outside of its folder: /etc/passwd"),
    ],
)
def test_unusable_index(sharded: Path, index: bytes, words: str) -> None:
    put(sharded / "model.safetensors.index.json", index)
    finding = problem(sharded)
    assert finding.code == "FR101"
    assert words in finding.message


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "FR101", "model.safetensors is empty (0 bytes)"),
        (safetensors_bytes()[:-4], "FR101", "(4 are missing"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "FR102", "the file itself has 9"),
        (LEGACY_MAGIC, "FR110", "model.safetensors holds a file of torch.save"),
    ],
)
def test_problem_of_the_weights_is_the_models(
    folder: Path, content: bytes, code: str, words: str
) -> None:
    put(folder / "model.safetensors", content)
    finding = problem(folder)
    assert finding.code == code
    assert words in finding.message


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "FR101", "config.json is empty"),
        (b"<html>", "FR101", "config.json is no JSON"),
        (b"[" * 200_000, "FR101", "config.json is no JSON"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "FR102", "config.json is a Git"),
    ],
)
def test_damaged_config_beside_weights(folder: Path, content: bytes, code: str, words: str) -> None:
    put(folder / "model.safetensors", safetensors_bytes())
    put(folder / "config.json", content)
    finding = problem(folder)
    assert finding.code == code
    assert words in finding.message


def test_snapshot_whose_blobs_are_gone(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to("../../blobs/1")
    (tmp_path / "model.safetensors").symlink_to("../../blobs/2")
    finding = problem(tmp_path)
    assert finding.code == "FR103"
    assert "config.json is a dangling symbolic link: its target ../../blobs/1" in finding.message
    assert dangling(tmp_path) == [tmp_path / "config.json"]
    (tmp_path / "config.json").unlink()
    put(tmp_path / "config.json", CONFIG)
    assert "model.safetensors is a dangling" in problem(tmp_path).message
    assert identify(tmp_path / "model.safetensors") is None
