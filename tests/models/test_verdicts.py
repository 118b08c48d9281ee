"""Real networks, end to end: torch, ONNX Runtime and TensorRT-RTX give these verdicts.

One run of pytest over all of them; the networks are in shop/nets.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gpu.conftest import has_gpu
from tests.project import GPU_CHECKS, Item, Outcome, Project

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.real
for package in ("torch", "onnxscript", "onnxruntime", "tensorrt_rtx", "safetensors"):
    pytest.importorskip(package)

SHOP = Path(__file__).with_name("shop")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("shop"))
    shutil.copytree(
        SHOP, project.root / "shop", ignore=shutil.ignore_patterns("__pycache__", "*.yaml")
    )
    shutil.copy(SHOP / "frictionless.yaml", project.root)
    (project.root / "models").mkdir()
    command = [sys.executable, "-m", "shop.make", "models"]
    made = subprocess.run(
        command, cwd=project.root, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."}
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return project


@pytest.fixture(scope="module")
def outcome(project: Project) -> Outcome:
    """The one run, on two workers."""
    return project.run_isolated("models", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider")


def line_of(network: str) -> str:
    """`file:line` of the line that is marked in this network."""
    lines = (SHOP / "nets.py").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"class {network}("))
    fault = next(i for i, line in enumerate(lines) if i > start and "# FAULT" in line)
    return f"shop/nets.py:{fault + 1}"


def failures(items: dict[str, Item]) -> dict[str, str]:
    """Code of every item that failed."""
    return {name: item.code for name, item in items.items() if item.outcome == "failed"}


CLEAN = (
    "clean.pt", "encoder.pt", "two_profiles.pt", "half.pt", "integers.pt", "mapping.pt", "optional.pt",
    "condition.pt", "embedding.pt", "training.pt", "plain.safetensors", "nested.ckpt", "legacy.pth",
    "program.pt2", "script.torchscript", "legacy_clean.onnx", "external.onnx", "two_axes.onnx",
)  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_model_of_any_format_passes_everything(outcome: Outcome, name: str) -> None:
    items = outcome.of(f"models/{name}")
    assert len(items) >= 9
    missed = {check: item.headline for check, item in items.items() if item.outcome != "passed"}
    assert "FR050" in missed.pop("manifest")  # none of them has one
    if not has_gpu():
        asks = {check: line for check, line in missed.items() if "no GPU here" in line}
        assert {check.partition("-")[0] for check in asks} == {
            check.partition("-")[0] for check in GPU_CHECKS
        }
        missed = {check: line for check, line in missed.items() if check not in asks}
    assert missed == {}


def test_every_model_has_its_verdict_here(project: Project, outcome: Outcome) -> None:
    files = {path.name for path in (project.root / "models").iterdir() if path.suffix != ".data"}
    assert {name.split("/")[1].split("::")[0] for name in outcome.ids} == files
    assert files == set(CLEAN) | {name for name, *_ in FAULTS} | {"double.pt", "nonzero.onnx"}


FAULTS = (
    # file, item, code, network whose marked line must be named, words
    ("fourier.pt", "operators", "FR503", "Fourier", ("DFT is unknown to TensorRT-RTX",)),
    ("branch_on_batch.pt", "dynamic-one", "FR602", "BranchOnBatch", ("batch", "max=4")),
    ("baked_buffer.pt", "dynamic-one", "FR601", "BakedBuffer", ("batch = 2",)),
    ("loop_over_time.pt", "dynamic-one", "FR601", "LoopOverTime", ("time = 3",)),
    ("adaptive_pool.pt", "dynamic-one", "FR606", "", ("[1, 4, 3, 3]",)),
    ("branch_on_value.pt", "export", "FR202", "BranchOnValue", ("return torch.where(y.sum() > 0, y.relu(), -y)",)),
    ("custom_operator.pt", "export", "FR210", "CustomOperator", ("shop.twice",)),
    ("dropout.pt2", "export", "FR704", "", ("eval()",)),
    ("stubborn_dropout.pt", "export", "FR704", "", ("eval()",)),
    ("random.pt", "parity-one-min", "FR703", "", ("two eager runs",)),
    ("chaotic.pt", "parity-one-min", "FR705", "", ("float64",)),
    ("fp16_asked.pt", "build-one", "FR804", "", ("fp16 is asked for", "float32")),
    ("old_opset.pt", "opset", "FR301", "", ("opset 13 is pinned, and the file has 18", "an appliance in the field")),
    ("baked_1.onnx", "dynamic-one", "FR605", "", ("batch", "/Reshape")),
    ("baked_2.onnx", "dynamic-one", "FR605", "", ("batch", "/Reshape")),
    ("two_offenders.onnx", "operators", "FR501", "",
     ("Det is rejected by TensorRT-RTX", "determinant (Det)", "FR503 MyCustomNMS", "suppress (MyCustomNMS)")),
    ("question_marks.onnx", "build-one", "FR806", "", ("'?'", "x")),
    ("static.onnx", "dynamic-one", "FR603", "", ("axis 0 of input x", "is 2 in the file")),
    ("wrong_output.onnx", "dynamic-default", "FR606", "", ("output y", "axis 1 as batch", "profiles:")),
    ("log.onnx", "parity-default-min", "FR702", "", ("NaN or infinite",)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "check", "code", "network", "words"), FAULTS, ids=lambda v: v if isinstance(v, str) and "." in v else "")  # fmt: skip
def test_a_fault_is_one_finding_with_its_place(
    outcome: Outcome, name: str, check: str, code: str, network: str, words: Iterable[str]
) -> None:
    items = outcome.of(f"models/{name}")
    assert failures(items) == {check: code}
    text = next(item.text for item in items.values() if item.outcome == "failed")
    for word in words:
        assert word in text
    if network:
        assert line_of(network) in text
        assert "# FAULT" in text
    assert "INTERNAL" not in text


def test_the_clean_model_was_judged_at_every_point_of_both_profiles(outcome: Outcome) -> None:
    items = outcome.of("models/clean.pt")
    sizes = {name: item.values("sizes")[0] for name, item in items.items() if "parity" in name}
    assert sizes["parity-online-min"] == {"batch": 1, "height": 16, "width": 16}
    assert sizes["parity-offline-max"] == {"batch": 16, "height": 24, "width": 24}
    assert len(sizes) == 6
    assert all(items[name].values("reference") == ["eager torch"] for name in sizes)
    assert all(0 <= items[name].values("max_abs")[0] < 1e-4 for name in sizes)
    assert items["export"].values("route") == ["dynamo"]
    assert items["build-online"].values("profiles") == [2]
    assert items["load"].values("parameters") == [3 * 8 * 9 + 8 + 4 * 8 + 80 + 10 + 1]


def test_float64_narrowed_to_float32_is_one_warning(outcome: Outcome) -> None:
    items = outcome.of("models/double.pt")
    assert failures(items) == {}
    (warning,) = items["graph"].values("warning")
    assert warning.startswith("FR411 1 node (Gemm) computes in float64; x, ")
    assert items["build-one"].values("warning") == []


@pytest.mark.parametrize("name", CLEAN)
def test_what_exporters_write_is_no_finding_of_the_graph(outcome: Outcome, name: str) -> None:
    assert outcome[f"models/{name}::graph"].values("warning") == []


def test_what_only_rtx_lacks_is_no_verdict_on_a_model_for_tensorrt(outcome: Outcome) -> None:
    items = outcome.of("models/nonzero.onnx")
    assert failures(items) == {}
    build = next(item for name, item in items.items() if name.startswith("build-"))
    assert items["operators"].outcome == build.outcome == "skipped"
    assert "FR509 NonZero is rejected by TensorRT-RTX" in items["operators"].text


def test_delivered_fp16_is_accepted(outcome: Outcome) -> None:
    assert outcome["models/half.pt::build-one"].outcome == "passed"
    assert outcome["models/half.pt::build-one"].values("warning") == []


def test_notes_tell_what_was_done_to_read_a_checkpoint(outcome: Outcome) -> None:
    notes = outcome["models/nested.ckpt::load"].sections["Captured notes call"]
    assert "weights taken from 'model_state'" in notes
    assert "epoch" in notes
    assert "'module.'" in notes
    training = outcome["models/training.pt::load"].sections["Captured notes call"]
    assert "training mode" in training


def test_formats_are_told_from_the_bytes(outcome: Outcome) -> None:
    wanted = {
        "clean.pt": "pickle", "legacy.pth": "pickle", "plain.safetensors": "safetensors",
        "program.pt2": "pt2", "script.torchscript": "torchscript", "external.onnx": "onnx",
    }  # fmt: skip
    for name, kind in wanted.items():
        assert outcome[f"models/{name}::load"].values("format") == [kind]
    assert outcome["models/script.torchscript::export"].values("route") == ["torchscript"]
    assert outcome["models/external.onnx::export"].values("route") == ["file"]


def test_a_program_keeps_the_range_it_was_exported_with(outcome: Outcome) -> None:
    sizes = outcome["models/program.pt2::parity-default-max"].values("sizes")
    assert sizes == [{"batch": 8}]


def test_nothing_is_an_internal_error_or_a_crash(outcome: Outcome) -> None:
    codes = {item.code for item in outcome.items.values() if item.outcome == "failed"}
    assert codes.isdisjoint({"FR001", "FR002", "FR003", "FR004", ""})
    assert "INTERNAL" not in outcome.stdout


def test_a_second_run_makes_nothing_and_says_the_same(project: Project, outcome: Outcome) -> None:
    again = project.run_isolated("models", "-p", "no:cacheprovider")
    assert again.artifacts()[0] == 0
    assert {name: (item.outcome, item.headline) for name, item in again.items.items()} == {
        name: (item.outcome, item.headline) for name, item in outcome.items.items()
    }
