"""Header, failures, table: what a person reads."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest
from tests.gpu.conftest import has_gpu
from tests.project import BAKED, DET, Project

TARGET = """
target:
  tensorrt: "10.15"
  container: nvcr.io/nvidia/tensorrt:25.10-py3
  compute_capabilities: [8.0, 8.9]
opset: {version: 19, reason: "what the runtime in production is validated to"}
roots: [models]
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Output of one run with a good, a warned and two bad models, not on a terminal."""
    project = Project(tmp_path_factory.mktemp("terminal"))
    project.onnx("models/baked.onnx", BAKED)
    project.onnx("models/det.onnx", DET)
    project.onnx("models/good.onnx")
    project.onnx("models/later.onnx", header='<ir_version: 10, opset_import: ["" : 20]>')
    project.write(
        "models/lfs.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    )
    project.write("frictionless.yaml", TARGET)
    return project.run_isolated("models", plain=True).stdout


def test_header_names_engines_versions_target_and_roots(text: str) -> None:
    first, second = (line for line in text.splitlines() if line.startswith("frictionless"))
    assert re.search(r"TensorRT-RTX \d+\.\d+", first)
    assert re.search(r"ONNX Runtime \d+\.\d+", first)
    for word in (
        "TensorRT 10.15", "nvcr.io/nvidia/tensorrt:25.10-py3", "compute capability 8.0, 8.9",
        "opset 19", "roots: models",
    ):  # fmt: skip
        assert word in second


def test_text_is_plain_where_there_is_no_terminal(text: str) -> None:
    assert "\x1b" not in text
    assert "\r" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_table_shows_every_checkpoint_and_check(text: str) -> None:
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("checkpoint  "))
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines[start : start + 6]]
    assert rows == [
        [
            "checkpoint",
            "load",
            "export",
            "opset",
            "graph",
            "operators",
            "dynamic",
            "parity",
            "build",
        ],
        ["models/baked.onnx", "ok", "ok", "ok", "ok", "ok", "FAIL", "skip", "skip"],
        ["models/det.onnx", "ok", "ok", "ok", "ok", "FAIL", "ok", "ok", "skip"],
        ["models/good.onnx", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
        ["models/later.onnx", "ok", "ok", "FAIL", "ok", "ok", "ok", "ok", "ok"],
        ["models/lfs.onnx", "FAIL", "skip", "skip", "skip", "skip", "skip", "skip", "skip"],
    ]


@pytest.mark.skipif(has_gpu(), reason="there is a GPU: the items run")
def test_what_no_checkpoint_was_asked_is_one_line_and_no_column(text: str) -> None:
    [gpu] = (line for line in text.splitlines() if line.startswith("not asked: "))
    assert gpu.startswith("not asked: run, latency, memory, cliffs: no GPU here")


def test_failure_tells_what_where_next_and_how_to_reproduce(text: str) -> None:
    block = text.partition("FR301 opset 19 is pinned, and the file has 20")[2].partition("____")[0]
    assert "pinned because  what the runtime in production is validated to" in block
    assert "next:   " in block
    assert "reproduce:  pytest --frictionless 'models/later.onnx::opset'" in block
    assert "git lfs pull --include 'models/lfs.onnx'" in text
    assert re.search(r"where:  \S*y\S* \(Det\)|where:  .*Det", text)


def test_a_failure_is_headed_by_its_checkpoint(text: str) -> None:
    headings = [line.strip("_ ") for line in text.splitlines() if line.startswith("____")]
    assert headings == [
        "models/baked.onnx: dynamic-default", "models/det.onnx: operators", "models/later.onnx: opset",
        "models/lfs.onnx: load",
    ]  # fmt: skip


def test_the_words_of_a_runtime_are_shown_once(text: str) -> None:
    assert text.count("cannot be reshaped to the requested shape") == 1


def test_short_summary_is_the_whole_story_in_one_line(text: str) -> None:
    assert "FAILED models/later.onnx::opset - FR301 opset 19 is pinned, and the file has 20" in text
    assert "FAILED models/det.onnx::operators - FR501 Det is rejected by TensorRT-RTX" in text
    assert "FAILED models/lfs.onnx::load - FR102 models/lfs.onnx is a Git LFS pointer" in text
    assert "FAILED models/baked.onnx::dynamic-default - FR605" in text


def test_no_traceback_of_ours_is_shown(text: str) -> None:
    assert "Traceback" not in text
    assert "pytest_frictionless/" not in text


def test_on_a_terminal_there_is_colour_and_the_table_fits(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    ours, theirs = pty.openpty()
    colourless = ("NO_COLOR", "PY_COLORS", "COLUMNS", "CI")
    environment = {name: value for name, value in os.environ.items() if name not in colourless}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--frictionless", "models"],
        cwd=project.root, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says EIO where the other end has closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    assert process.wait() == 1
    text = b"".join(pieces).decode()
    row = next(line for line in text.splitlines() if line.startswith("models/det.onnx  "))
    assert "\x1b[" in row
    assert "FAIL" in row


def test_quiet_runs_have_no_header_and_verbose_ones_name_every_item(shop_floor: Project) -> None:
    quiet = shop_floor.run("models", "-q").stdout
    assert "frictionless target" not in quiet
    assert "models/b.onnx" in quiet
    verbose = shop_floor.run("models", "-v").stdout
    assert "models/a.onnx::parity-default-min PASSED" in verbose


def test_numbers_are_kept_as_properties(shop_floor: Project) -> None:
    items = shop_floor.run("models/a.onnx").of("models/a.onnx")
    assert len(items["load"].values("digest")[0]) == 64
    assert items["export"].values("nodes") == [2]
    assert items["opset"].values("opset") == [19]
    assert items["operators"].values("engine")[0].startswith("TensorRT")
    assert items["parity-default-max"].values("max_abs") == [0.0]
    assert items["build-default"].values("profiles") == [1]
    assert items["build-default"].values("build_s")[0] > 0


def test_the_assumed_profile_is_told(shop_floor: Project) -> None:
    items = shop_floor.run("models/a.onnx").of("models/a.onnx")
    assert (
        "assumed profile default: {batch: [1, 4, 8]}"
        in items["load"].sections["Captured notes call"]
    )
    shop_floor.write("frictionless.yaml", "models: {a: {profiles: {one: {batch: [1, 2, 4]}}}}\n")
    items = shop_floor.run("models/a.onnx").of("models/a.onnx")
    assert "Captured notes call" not in items["load"].sections
