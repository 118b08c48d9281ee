"""Plugins of the user: what is loaded, what is said of it, and what of it can be judged here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.real
for package in ("onnx", "tensorrt_rtx"):
    pytest.importorskip(package)

SOURCES = Path(__file__).with_name("plugins")
HEADER = '<ir_version: 10, opset_import: ["" : 18, "acme" : 1]>'
TWICE = "g (float[b, 4] x) => (float[b, 4] y) { a = Relu(x)  [twice] y = acme.Twice(a) }"
BOTH = """g (float[b, 4, 4] x) => (float[b] z, float[b, 4, 4] y) {
    [twice] y = acme.Twice(x)  [det] z = Det(x) }"""
PYTHON = (SOURCES / "twice.py").read_text()


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    project = Project(pytester.path, pytester)
    project.onnx("models/net.onnx", TWICE, header=HEADER)
    return project


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(SOURCES / "twice.cpp", tmp_path_factory.mktemp("lib") / "libtwice.so")


def compiled(source: Path, library: Path) -> Path:
    if shutil.which("g++") is None:
        pytest.skip("needs g++")
    command = ["g++", "-shared", "-fPIC", "-std=c++17", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return library


def judged(project: Project, plugins: str) -> tuple[str, str]:
    project.write("frictionless.yaml", f"roots: [models]\nplugins: [{plugins}]\n")
    outcome = project.run("-m", "frictionless_operators", "-p", "no:cacheprovider")
    item = outcome["models/net.onnx::operators"]
    return item.outcome, item.text


def test_without_a_plugin_the_operator_is_unknown(project: Project) -> None:
    outcome, text = judged(project, "")
    assert (outcome, text[:5]) == ("failed", "FR503")


@pytest.mark.parametrize("kind", ["library", "python"])
def test_a_plugin_is_loaded_and_what_needs_it_is_no_verdict_here(
    project: Project, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "library":
        name = project.write("libtwice.so", request.getfixturevalue("library").read_bytes()).name
    else:
        name = project.write("mine/twice.py", PYTHON).relative_to(project.root).as_posix()
    outcome, text = judged(project, name)
    assert outcome == "skipped"
    assert "FR505 Twice cannot be judged by TensorRT-RTX" in text
    assert f"{Path(name).name} has its plugin" in text


def test_the_rest_of_the_network_is_judged_beside_a_plugin(project: Project) -> None:
    project.write("twice.py", PYTHON)
    project.onnx("models/net.onnx", BOTH, header=HEADER)
    outcome, text = judged(project, "twice.py")
    assert outcome == "failed"
    assert text.startswith("FR501 Det")
    assert "Twice" not in text


def test_another_operator_names_what_the_plugins_register(project: Project) -> None:
    project.write("twice.py", PYTHON)
    project.onnx("models/net.onnx", TWICE.replace("Twice", "Thrice"), header=HEADER)
    text = judged(project, "twice.py")[1]
    assert text.startswith("FR503 Thrice is unknown")
    assert "twice.py registers Twice" in text


def test_a_creator_that_makes_no_plugin_is_told_apart_from_a_missing_one(project: Project) -> None:
    project.write("twice.py", PYTHON.replace("return Twice()", "raise ValueError(name)"))
    outcome, text = judged(project, "twice.py")
    assert outcome == "failed"
    assert text.startswith("FR510 Twice is rejected by TensorRT-RTX")
    assert "its creator makes none for this node" in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.so", None, "there is no "),
        ("junk.so", "junk", "file too short"),
        ("broken.py", "import tensorrt as trt\nimport absent_package\n", "No module named 'absent_package'"),
        ("idle.py", "import tensorrt\n", "it registers no plugin creator"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plugin_is_told_with_its_cause(
    project: Project, name: str, content: str | None, words: str
) -> None:
    if content is not None:
        project.write(name, content)
    outcome, text = judged(project, name)
    assert outcome == "failed"
    assert text.startswith(f"FR510 {name} cannot be used as a plugin of TensorRT-RTX")
    assert words in text
    if name == "broken.py":
        assert "broken.py:2" in text


def test_a_library_without_an_entry_point_is_told_so(project: Project, tmp_path: Path) -> None:
    source = tmp_path / "idle.cpp"
    source.write_text("int nothing() { return 1; }\n")
    library = compiled(source, tmp_path / "idle.so")
    project.write("idle.so", library.read_bytes())
    outcome, text = judged(project, "idle.so")
    assert outcome == "failed"
    assert "FR510 idle.so" in text
    assert "getCreators" in text


def test_a_plugin_that_changes_is_parsed_with_anew(project: Project) -> None:
    project.write("twice.py", PYTHON)
    settings = "roots: [models]\nmodels: {net: {path: models/net.onnx, plugins: [twice.py]}}\n"
    project.write("frictionless.yaml", settings)
    project.run("-p", "no:cacheprovider")
    before = project.entries()["tensorrt.steps-parse"]
    project.run("-p", "no:cacheprovider")
    assert project.entries()["tensorrt.steps-parse"] == before
    project.write("twice.py", PYTHON + "# changed\n")
    project.run("-p", "no:cacheprovider")
    assert project.entries()["tensorrt.steps-parse"] > before


def test_a_plugin_of_another_kind_is_a_mistake_in_the_settings(project: Project) -> None:
    project.write("frictionless.yaml", "roots: [models]\nplugins: [twice.cpp]\n")
    outcome = project.run()
    assert outcome.code != 0
    assert "it takes a shared library (.so, .dll) or a Python file (.py)" in outcome.stderr
