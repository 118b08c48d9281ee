"""What was signed speaks of what was tested, and of nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.evidence import (
    EVIDENCE,
    ON_GPU,
    OTHER,
    REQUIRED,
    SETTINGS,
    asked,
    measured,
    moved,
    only_failure,
    sign,
)
from tests.project import Project

if TYPE_CHECKING:
    from tests.evidence import Cli


def test_a_changed_checkpoint_needs_another_run(shop: Project) -> None:
    assert sign(shop) == 0
    shop.onnx("models/net.onnx", OTHER)
    said = only_failure(asked(shop)).headline
    assert said.startswith(
        "FR019 the evidence for models/net.onnx does not hold: the checkpoint is"
    )


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("models: {net: {tolerance: {rtol: 0.5}}}\n", "settings changed: tolerance"),
        ("models: {net: {budget: {memory_mib: 9000}}}\n", "settings changed: budget"),
        ("cliffs: {seconds: 7}\n", "settings changed: cliffs"),
        ("target: {tensorrt_rtx: '1.7'}\n", "it ran with TensorRT-RTX 1.6.1.120, and the target is 1.7"),
        ("target: {compute_capabilities: [8.9]}\n", "compute capability unknown, and the target names 8.9"),
    ],
)  # fmt: skip
def test_other_settings_need_another_run(shop: Project, settings: str, wanted: str) -> None:
    assert sign(shop) == 0
    said = only_failure(asked(shop, REQUIRED + settings))
    assert said.code == "FR019"
    assert wanted in said.headline


def test_inputs_that_are_made_otherwise_need_another_run(
    project: Project, tmp_path: Path, cli: Cli
) -> None:
    code = {
        "own/inputs.py": "from own.scaled import scaled\n\ndef ones(shape, random):\n    return scaled(shape)\n",
        "own/scaled.py": "import json, numpy\n\ndef scaled(shape):\n"
        "    scale = json.load(open('assets/scale'))\n    return numpy.full(shape, scale, numpy.float32)\n",
        "own/other.py": "",
        "assets/scale": "2",
    }
    model = "models: {net: {inputs: {x: {type: 'float32[2, 8]', make: 'own.inputs:ones'}}}}\n"
    for name, text in code.items():
        Project(tmp_path / "measured/shop").write(name, text)
    shop = moved(measured(tmp_path / "measured", SETTINGS + model), project)
    assert sign(shop) == 0
    shop.write("own/other.py", "# nobody imports it")
    assert asked(shop, REQUIRED + model)["run-default-opt"].outcome == "passed"
    for name in ("own/inputs.py", "own/scaled.py", "assets/scale"):
        shop.write(name, code[name] + " ")
        failed = only_failure(asked(shop, REQUIRED + model))
        assert failed.code == "FR019"
        assert failed.headline.endswith(f"does not hold: files that its run used changed: {name}")
        shop.write(name, code[name])
    shop.root.joinpath("assets/scale").unlink()
    status, out, _ = cli("verify")
    assert (status, "files that its run used changed: assets/scale" in out) == (1, True)


def test_what_a_plugin_imports_is_part_of_the_run(project: Project, tmp_path: Path) -> None:
    plugin = Path(__file__).parents[2].joinpath("models/plugins/twice.py").read_text()
    model = "plugins: [mine/twice.py]\n"
    origin = Project(tmp_path / "measured/shop")
    origin.write("mine/twice.py", f"import own.ops\n{plugin}")
    origin.write("own/ops.py", "")
    shop = moved(measured(tmp_path / "measured", SETTINGS + model), project)
    assert sign(shop) == 0
    assert asked(shop, REQUIRED + model)["run-default-opt"].outcome == "passed"
    shop.write("own/ops.py", "# changed")
    said = only_failure(asked(shop, REQUIRED + model)).headline
    assert said.endswith("does not hold: files that its run used changed: own/ops.py")


def test_settings_that_changed_between_run_and_signature_are_not_signed(shop: Project) -> None:
    changed = "models: {net: {tolerance: {rtol: 0.5}}}\n"
    shop.write("frictionless.yaml", REQUIRED + changed)
    assert sign(shop) == 0
    assert "settings changed: tolerance" in only_failure(asked(shop, REQUIRED + changed)).headline
    assert asked(shop)["run-default-min"].outcome == "passed"


def test_settings_that_no_verdict_depends_on_may_change(shop: Project) -> None:
    assert sign(shop) == 0
    model = "limits: {timeout_s: 500}\nmodels: {net: {ignore: {FR403: 'is meant'}}}\n"
    items = asked(shop, REQUIRED + "target: {tensorrt_rtx: '1.6'}\n" + model)
    assert {items[name].outcome for name in ON_GPU} == {"passed"}


def test_evidence_of_another_model_is_none(shop: Project) -> None:
    assert sign(shop) == 0
    shop.onnx("models/old/net.onnx")
    shop.root.joinpath("evidence/models/old").mkdir()
    shutil.copy(shop.root / EVIDENCE, shop.root / "evidence/models/old/net.onnx.intoto.json")
    shop.write("frictionless.yaml", REQUIRED)
    items = shop.run("models/old").of("models/old/net.onnx")
    assert (
        "FR019 the evidence for models/old/net.onnx does not hold: it is about models/net.onnx"
        in (items["run-default-min"].headline)
    )


def test_an_old_run_does_not_count_however_late_it_is_signed(shop: Project) -> None:
    record = shop.root / ".frictionless/results.json"
    record.write_text(re.sub(r'"started": "\d{4}', '"started": "2024', record.read_text()))
    assert sign(shop) == 0
    failed = only_failure(asked(shop, REQUIRED.replace("true}", "true, max_age_days: 30}")))
    assert re.search(r"it is \d+ days old, and max_age_days is 30$", failed.headline)
    assert asked(shop)["run-default-min"].outcome == "passed"  # without a limit it holds


def test_a_plan_beside_the_checkpoint_is_the_one_that_ran(shop: Project) -> None:
    assert sign(shop) == 0
    (plan,) = shop.root.glob(".frictionless/cache/tensorrt.steps-build/*/model.plan")
    beside = shop.root / "models/net.plan"
    shutil.copy(plan, beside)
    assert asked(shop)["run-default-min"].outcome == "passed"
    beside.write_bytes(beside.read_bytes()[:-1] + b"?")
    failed = only_failure(asked(shop))
    assert failed.code == "FR019"
    assert "the plan beside it is not the one that ran" in failed.headline
