"""Artifacts: made once, reused while nothing they depend on changed, and made again when it did."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.project import MLP, Project, is_healthy

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = "models: {{a: {{path: models/a.onnx, profiles: {{online: {{batch: [1, 2, {0}]}}}}}}}}\n"


def entry_of(project: Project, step: str) -> Path:
    """Folder of the only artifact of this step."""
    (entry,) = (project.root / ".frictionless/cache" / step).glob("*/entry.json")
    return entry.parent


def test_a_second_run_reuses_every_artifact(shop_floor: Project) -> None:
    first = shop_floor.run("models")
    second = shop_floor.run("models")
    made, reused = first.artifacts()
    assert made > 10
    assert reused == 0
    assert second.artifacts() == (0, made)
    assert second.ids == first.ids
    assert is_healthy(second.items)
    assert "artifacts: 0 made" in second.stdout


def test_a_folder_that_moved_keeps_its_artifacts(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.run("models")
    (project.root / "models").rename(project.root / "moved")
    assert project.run("moved").artifacts()[0] == 0


@pytest.mark.parametrize(
    ("step", "name", "content"),
    [
        ("tensorrt.steps-build", "model.plan", b"damaged"),
        ("tensorrt.steps-build", "entry.json", b"{"),
        ("tensorrt.steps-parse", "entry.json", b"null"),
        ("onnx.file-describe", "entry.json", b""),
    ],
)
def test_a_damaged_entry_is_made_again(
    project: Project, step: str, name: str, content: bytes
) -> None:
    project.onnx("models/a.onnx")
    project.run("models")
    path = entry_of(project, step) / name
    whole = path.read_bytes()
    path.write_bytes(content)
    outcome = project.run("models")
    assert outcome.failed() == []
    assert outcome.artifacts()[0] >= 1
    assert path.read_bytes() != content
    if name == "entry.json":
        kept, made = json.loads(whole), json.loads(path.read_bytes())
        assert made["record"].keys() == kept["record"].keys()
    assert project.run("models").artifacts()[0] == 0


def test_a_lost_file_of_an_entry_is_made_again(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.run("models")
    plan = entry_of(project, "tensorrt.steps-build") / "model.plan"
    plan.unlink()
    assert project.run("models").artifacts()[0] == 1
    assert plan.stat().st_size > 1000


def test_a_changed_checkpoint_rebuilds_its_own_artifacts_only(shop_floor: Project) -> None:
    made, _ = shop_floor.run("models").artifacts()
    shop_floor.onnx("models/a.onnx", MLP.replace("Neg", "Exp"))
    second = shop_floor.run("models")
    assert second.artifacts() == (made // 2, made // 2)
    assert second.failed() == []


def test_a_checkpoint_changed_with_its_old_time_and_size_is_noticed(project: Project) -> None:
    path = project.onnx("models/a.onnx")
    before = path.stat()
    project.run("models")
    project.onnx("models/a.onnx", MLP.replace("Neg", "Det"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert project.run("models").failed() != []


def test_a_changed_profile_rebuilds_what_depends_on_it_only(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("frictionless.yaml", PROFILE.format(4))
    project.run("models")
    before = project.entries()
    project.write("frictionless.yaml", PROFILE.format(16))
    outcome = project.run("models")
    after = project.entries()
    grown = {step for step in after if len(after[step]) > len(before.get(step, ()))}
    assert grown == {"onnxruntime.run-execute", "tensorrt.steps-build"}
    assert outcome["models/a.onnx::parity-online-max"].values("sizes") == [{"batch": 16}]
    # min and opt are the same sizes as before: only max and the point between are new.
    assert len(after["onnxruntime.run-execute"]) - len(before["onnxruntime.run-execute"]) == 2


def test_another_target_rebuilds_engines_only(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.run("models")
    before = project.entries()
    project.write("frictionless.yaml", "target: {compute_capabilities: [8.9]}\n")
    project.run("models")
    after = project.entries()
    assert {step for step in after if after[step] != before[step]} == {"tensorrt.steps-build"}


def test_a_comment_in_the_configuration_rebuilds_nothing(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.write("frictionless.yaml", PROFILE.format(4))
    project.run("models")
    project.write("frictionless.yaml", "# a remark\n" + PROFILE.format(4))
    assert project.run("models").artifacts()[0] == 0


def test_external_data_that_changes_rebuilds(project: Project) -> None:
    import onnx
    import onnx.parser

    numbers = ", ".join(["0.5"] * 64)
    model = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 19]>\n'
        "g (float[batch, 8] x) => (float[batch, 8] y)"
        f" <float[8, 8] w = {{{numbers}}}> {{ y = MatMul(x, w) }}"
    )
    raw = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(model.graph.initializer[0]), "w")
    model.graph.initializer[0].CopyFrom(raw)
    (project.root / "models").mkdir()
    path = project.root / "models/a.onnx"
    onnx.save(model, path, save_as_external_data=True, location="a.data", size_threshold=0)
    first = project.run("models")
    assert first.failed() == []
    assert project.run("models").artifacts()[0] == 0
    data = project.root / "models/a.data"
    content = bytearray(data.read_bytes())
    content[3] ^= 0x80
    data.write_bytes(bytes(content))
    third = project.run("models")
    assert third.failed() == []
    assert third.artifacts()[0] > 0


def test_a_verdict_is_asked_anew_though_its_artifacts_are_kept(project: Project) -> None:
    project.onnx("models/a.onnx")
    assert project.run("models").failed() == []
    project.write("frictionless.yaml", "opset: {version: 18, reason: 'production'}\n")
    outcome = project.run("models")
    assert outcome.failed() == ["models/a.onnx::opset"]
    assert outcome.artifacts()[0] == 0


def test_the_cache_tells_git_and_backups_to_pass_it_over(shop_floor: Project) -> None:
    shop_floor.run("models", "-k", "load")
    cache = shop_floor.root / ".frictionless/cache"
    assert (cache / ".gitignore").read_text() == "*\n"
    assert (
        (cache / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_no_log_and_no_temporary_folder_is_left(shop_floor: Project) -> None:
    shop_floor.run("models")
    cache = shop_floor.root / ".frictionless/cache"
    assert [p.name for p in cache.glob("logs/*") if p.suffix == ".log"] == []
    assert list(cache.glob("*/.new-*")) == []


FACTORY = """
import torch
from shop.layers import scale
def net():
    torch.manual_seed(0)
    return torch.nn.Linear(8, {0})
"""


@pytest.mark.real
def test_a_changed_factory_source_rebuilds_its_model_only(torch: Any, project: Project) -> None:
    project.onnx("models/other.onnx")
    project.write("shop/__init__.py", "")
    project.write("shop/layers.py", "scale = 1.0\n")
    project.write("shop/nets.py", FACTORY.format(4))
    torch.save(torch.nn.Linear(8, 4).state_dict(), project.root / "models/net.pt")
    project.write(
        "frictionless.yaml",
        "models:\n  net:\n    path: models/net.pt\n    factory: shop.nets:net\n"
        '    inputs: {input: "float32[batch, 8]"}\n    profiles: {one: {batch: [1, 2, 4]}}\n',
    )
    first = project.run("models")
    assert first.failed() == []
    assert project.run("models").artifacts()[0] == 0
    # A module that the factory imports counts as well.
    project.write("shop/layers.py", "scale = 1.0  # the same, and yet another text\n")
    third = project.run("models")
    assert 0 < third.artifacts()[0] < first.artifacts()[0]
    assert third.failed() == []
    project.write("shop/unrelated.py", "x = 1\n")
    assert project.run("models").artifacts()[0] == 0
    project.write("shop/nets.py", FACTORY.format("5 + 0"))
    last = project.run("models")
    assert last.failed() == ["models/net.pt::load"]
    assert last["models/net.pt::load"].code == "FR107"


READER = """
import json
import pathlib
import torch
def net():
    settings = json.loads((pathlib.Path(__file__).parent / "net.json").read_text())
    pathlib.Path("built.txt").write_text("written, and read by nobody")
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Softmax(settings["axis"]))
"""


@pytest.mark.real
def test_a_changed_file_that_the_factory_reads_rebuilds(torch: Any, project: Project) -> None:
    project.write("shop/__init__.py", "")
    project.write("shop/nets.py", READER)
    project.write("shop/net.json", '{"axis": -1}')
    torch.save(torch.nn.Sequential(torch.nn.Linear(8, 4)).state_dict(), project.root / "net.pt")
    project.write(
        "frictionless.yaml",
        "models:\n  net:\n    path: net.pt\n    factory: shop.nets:net\n"
        '    inputs: {input: "float32[batch, 8]"}\n    profiles: {one: {batch: [1, 2, 4]}}\n',
    )
    only = ("net.pt", "-k", "load or export")
    assert project.run(*only).failed() == []
    project.write("built.txt", "another text")
    assert project.run(*only).artifacts()[0] == 0
    project.write("shop/net.json", '{"axis": 1}')
    again = project.run(*only)
    assert again.failed() == []
    assert again.artifacts()[0] > 0


def test_a_changed_file_that_make_reads_rebuilds_what_was_made_with_it(project: Project) -> None:
    project.write(
        "own.py",
        "import numpy\ndef values(shape, random):\n"
        "    return numpy.full(shape, float(open('scale.txt').read()), numpy.float32)\n",
    )
    project.write("scale.txt", "1")
    project.onnx("net.onnx")
    project.write(
        "frictionless.yaml",
        "models: {net: {inputs: {x: {type: 'float32[batch, 8]', make: 'own:values'}}}}\n",
    )
    only = ("net.onnx", "-k", "parity")
    assert project.run(*only).failed() == []
    project.write("built.txt", "nobody reads it")
    assert project.run(*only).artifacts()[0] == 0
    project.write("scale.txt", "2")
    again = project.run(*only)
    assert again.failed() == []
    assert again.artifacts()[0] > 0
