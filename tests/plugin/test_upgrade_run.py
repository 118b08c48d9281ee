"""`pytest-frictionless upgrade`, with real environments: the component that breaks a model is named."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.upgrade.environment import own_requirement
from pytest_frictionless.upgrade.installers import CannotInstall, Pip, installer, python_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real
OLD, NEW = "onnx==1.23.2 opset==20", "onnx==1.19.1 opset==21"
"""A version that cannot read what the other one writes, and another pin."""


@pytest.fixture(scope="module")
def index() -> None:
    """Skip where there is no index to install from."""
    try:
        installer().resolve(["onnx==1.19.1", own_requirement()], [], sys.executable)
    except CannotInstall as error:
        pytest.skip(f"no index to install onnx from: {error}")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two models: of the newest IR version with an opset of its own, and one that follows the pin."""
    import onnx.parser

    root = tmp_path_factory.mktemp("repository")
    (root / "models").mkdir()
    for name, ir_version, opset in (("newest", 13, 20), ("follows", 10, 20)):
        text = f'<ir_version: {ir_version}, opset_import: ["" : {opset}]>'
        text += "g (float[batch, 8] x) => (float[batch, 8] y) { y = Relu(x) }"
        (root / f"models/{name}.onnx").write_bytes(
            onnx.parser.parse_model(text).SerializeToString()
        )
    (root / "frictionless.yaml").write_text(
        "roots: [models]\nmodels:\n  newest: {opset: {version: 20, reason: as it came}}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield root


def upgrade(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    status = main(["upgrade", *arguments])
    return status, capsys.readouterr().out


@pytest.mark.usefixtures("index")
def test_the_component_that_breaks_a_model_is_named_for_each(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = repository / ".frictionless/results.json"
    record.parent.mkdir(exist_ok=True)
    record.write_text("of the last run")
    status, out = upgrade(capsys, "run", OLD, NEW, "--json")
    report: dict[str, Any] = json.loads(out)
    blamed = {
        step["component"]: {each["item"] for each in step["changes"] if each["kind"] == "broke"}
        for step in report["steps"]
    }
    assert status == 1
    assert blamed == {
        "onnx": {"models/newest.onnx::export"},
        "opset": {"models/follows.onnx::opset"},
    }
    assert report["first"]["code"] == "FR081"
    assert report["first"]["message"].startswith(
        "onnx 1.23.2 -> 1.19.1: models/newest.onnx::export now fails: FR"
    )
    assert "FR301 opset 21 is pinned, and the file has 20" in json.dumps(report["steps"][1])
    folders = [each.name for each in (repository / ".frictionless/upgrade").glob("*/venv")]
    assert len(folders) == 2, "two sets of versions, in three runs"
    assert record.read_text() == "of the last run"


@pytest.mark.usefixtures("index")
def test_environments_are_found_again_and_the_way_back_mends(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = upgrade(
        capsys, "run", "onnx==1.19.1", "onnx==1.23.2", "--models", "models/newest.onnx"
    )
    assert status == 0, out
    assert "onnx 1.19.1 -> 1.23.2: ok" in out
    assert "mended: models/newest.onnx::export passes now; before: FR" in out
    assert "No step broke or slowed anything." in out
    assert len(list((repository / ".frictionless/upgrade").glob("*/venv"))) == 2


@pytest.mark.usefixtures("index")
def test_an_environment_that_was_left_half_made_is_made_again(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = "onnx==1.19.1"
    assert upgrade(capsys, "run", same, same, "--models", "models/follows.onnx")[0] == 0
    made = sorted((repository / ".frictionless/upgrade").glob("*/packages.txt"))
    old = next(each for each in made if "onnx==1.19.1" in each.read_text())
    old.unlink()
    (old.parent / "venv/bin/python").unlink()
    status, out = upgrade(capsys, "run", same, same, "--models", "models/follows.onnx")
    assert (status, out) == (0, "\nNo step broke or slowed anything.\n")
    assert old.exists()


@pytest.mark.usefixtures("index", "repository")
def test_what_the_resolver_refuses_is_told_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out = upgrade(
        capsys, "run", "onnx==1.19.1", "onnx==1.99.0", "--models", "models/follows.onnx"
    )
    assert status == 1
    last = out.strip().splitlines()[-1]
    assert last.startswith("First: FR083 onnx 1.19.1 -> 1.99.0 cannot be installed: ")
    assert "onnx==1.99.0" in last


@pytest.mark.usefixtures("repository")
def test_a_start_that_cannot_be_made_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", "run", "onnx==1.99.0", "onnx==1.23.2"]) == 2
    assert "the versions to start from give no run to compare with" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_the_plan_is_a_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = upgrade(capsys, "plan", "onnx==1.19.1 opset==18", "opset==20 onnx==1.23.2")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines() if line[:1].isdigit()] == [
        ["1", "onnx"], ["2", "opset"],
    ]  # fmt: skip
    status, out = upgrade(capsys, "plan", "onnx==1.19.1", "onnx==1.23.2", "--json")
    assert json.loads(out)["steps"][0]["moves"] == [
        {"name": "onnx", "before": "1.19.1", "after": "1.23.2"}
    ]
    assert upgrade(capsys, "plan", "onnx==1.19.1", "onnx==1.19.1") == (0, "Nothing changes.\n")


def test_one_side_alone_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", "plan", "onnx==1.19.1"]) == 2
    assert "name both sides" in capsys.readouterr().err


def test_what_a_branch_changed_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    known = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    pins = tmp_path / "constraints.txt"
    pins.write_text("onnx==1.19.1\nonnxruntime==1.22.1\n")
    for command in (["init", "-b", "main"], ["add", "-A"], ["commit", "-m", "pins"]):
        subprocess.run([*known, *command], check=True, capture_output=True)
    pins.write_text("onnx==1.23.2\nonnxruntime==1.32.0\n")
    status, out = upgrade(capsys, "plan", "--since", "main")
    assert status == 1
    assert "FR080 2 components of the stack change at once since main" in out
    assert out.index("ONNX Runtime") < out.index("onnx 1.19.1")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("name", ["uv", "pip"])
def test_uv_and_pip_do_the_same(tmp_path: Path, name: str) -> None:
    tool = Pip() if name == "pip" else installer()
    if tool.name != name:
        pytest.skip("uv is not installed: pip install uv")
    wanted = ["pluggy==1.5.0", "iniconfig"]
    lines = tool.resolve(wanted, ["iniconfig==2.0.0"], sys.executable)
    assert lines == ["iniconfig==2.0.0", "pluggy==1.5.0"]
    tool.install(lines, tmp_path / "venv", sys.executable)
    found = subprocess.run(
        [python_of(tmp_path / "venv"), "-c", "import pluggy; print(pluggy.__version__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout == "1.5.0\n"
    with pytest.raises(CannotInstall, match=r"pytest.*8\.0\.0.*pluggy"):
        tool.resolve(["pluggy==1.0.0", "pytest==8.0.0"], [], sys.executable)
    with pytest.raises(CannotInstall, match=r"3\.99"):
        tool.install(lines, tmp_path / "other", "3.99")
