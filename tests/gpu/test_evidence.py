"""A run on a real GPU is signed, and answers for the same files where no GPU is seen."""

from __future__ import annotations

import pytest

from pytest_frictionless.cli import main
from tests.project import MLP, Project

pytest.importorskip("cryptography")
pytest.importorskip("securesystemslib")

SETTINGS = """
evidence: {require: true}
latency: {rounds: 7, seconds: 0.2}
models: {net: {profiles: {online: {batch: [1, 2, 4]}}}}
"""
EVIDENCE = "evidence/models/net.onnx.intoto.json"
UNSEEN = {"CUDA_VISIBLE_DEVICES": ""}
ASKED = ("run-online-min", "run-online-opt", "run-online-max", "memory-online")


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose items ran on the GPU, with what `ci evidence sign` wrote."""
    shop = Project(tmp_path_factory.mktemp("signed") / "shop")
    shop.write("frictionless.yaml", SETTINGS)
    shop.onnx("models/net.onnx", MLP)
    private = shop.root.with_suffix(".pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop.root)
        assert main(["ci", "evidence", "keygen", "gpu", "--private", str(private)]) == 0
        on_gpu = shop.run_isolated("models")
        assert {
            name: on_gpu.of("models/net.onnx")[name].outcome for name in ASKED
        } == dict.fromkeys(ASKED, "passed"), on_gpu.stdout
        assert main(["ci", "evidence", "sign", "--key", str(private)]) == 0
    return shop


def test_what_ran_here_answers_where_no_gpu_is_seen(signed: Project) -> None:
    outcome = signed.run_isolated("models", environment=UNSEEN)
    items = outcome.of("models/net.onnx")
    assert {name: items[name].outcome for name in ASKED} == dict.fromkeys(ASKED, "passed")
    assert "signed by gpu, run on 20" in outcome.stdout
    assert "on NVIDIA H" in outcome.stdout
    assert signed.root.joinpath(EVIDENCE).is_file()


def test_another_checkpoint_is_not_answered_for(signed: Project, project: Project) -> None:
    for path in signed.root.rglob("evidence/**/*"):
        if path.is_file():
            project.write(str(path.relative_to(signed.root)), path.read_text())
    project.write("frictionless.yaml", SETTINGS)
    project.onnx("models/net.onnx", MLP.replace("Relu", "Abs"))
    outcome = project.run_isolated("models", environment=UNSEEN)
    failed = [item for item in outcome.of("models/net.onnx").values() if item.outcome == "failed"]
    assert len(failed) == 1, outcome.stdout
    assert "FR019" in failed[0].text
