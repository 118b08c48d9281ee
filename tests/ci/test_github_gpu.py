"""The GPU job and the baselines, executed on a machine that answers what an H200 showed."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.ci.act import ROOT, STUBS
from tests.ci.consumer import Consumer, pull_request
from tests.ci.tools import needs
from tests.recorded import RECORDED_GPU

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.act import Ran

pytestmark = [pytest.mark.real, needs("act", "git", "hatchling")]

HOST: dict[str, str | float] = {
    "gpu": True, "gpu_image": "", "gpu_runs_on": '["self-hosted"]', "gpu_extras": "torch,onnx,rtx,gpu",
    "pytest_args": "-m 'frictionless_load or frictionless_latency'",
}  # fmt: skip
PACKAGES = {
    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib")]),
    "PATH": os.pathsep.join(
        [str(STUBS / "bin"), sysconfig.get_path("scripts"), os.environ["PATH"]]
    ),
}
"""What is installed on the machine itself, as TensorRT is in its image."""
SETTINGS = "roots: [models]\nlatency: {rounds: 7}\n"
ON_THE_GPU_RUNNER = """
import os
if os.environ.get("GITHUB_JOB") in ("gpu", "measure"):
    import recorded
"""
DISPATCH = {"ref": "refs/heads/main", "inputs": {}, "repository": {"default_branch": "main"}}


def _with_gpu(consumer: Consumer) -> Consumer:
    consumer.write("recorded.py", RECORDED_GPU)
    consumer.write("conftest.py", ON_THE_GPU_RUNNER)
    consumer.write("frictionless.yaml", SETTINGS)
    consumer.onnx("models/net.onnx")
    return consumer


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory, published: Path) -> tuple[Consumer, Ran]:
    """A repository whose baselines were measured and proposed by the workflow."""
    folder = tmp_path_factory.mktemp("baselines")
    consumer = _with_gpu(Consumer(folder / "consumer", published))
    subprocess.run(["git", "init", "--quiet", "--bare", folder / "origin.git"], check=True)
    consumer.git("remote", "add", "origin", str(folder / "origin.git"))
    consumer.call(
        "frictionless-baseline", jobs=3, gpu_image="", gpu_runs_on='["self-hosted"]',
        gpu_extras="torch,onnx,rtx,gpu", reason='first "of all"; $(touch pwned) `touch pwned`',
    )  # fmt: skip
    return consumer, consumer.act("workflow_dispatch", payload=DISPATCH, environment=PACKAGES)


def test_baselines_are_proposed_in_a_pull_request(proposed: tuple[Consumer, Ran]) -> None:
    consumer, ran = proposed
    assert ran.code == 0, ran.told()
    assert ran.jobs == {"measure": "success", "propose": "success"}
    (branch,) = consumer.git("ls-remote", "--heads", "origin").split()[1::2]
    assert branch.startswith("refs/heads/frictionless/baseline-")
    consumer.git("fetch", "--quiet", "origin", branch)
    changed = consumer.git("diff", "--name-only", "main", "FETCH_HEAD").split()
    assert [name.partition("/")[0] for name in changed] == ["baselines"]
    assert 'first "of all"; $(touch pwned) `touch pwned`' in consumer.git("log", "-1", "FETCH_HEAD")
    asked = (ran.folder / "gh.txt").read_text().splitlines()
    assert asked[0] == "auth setup-git"
    assert asked[1].startswith(f"pr create --base main --head {branch.removeprefix('refs/heads/')}")
    body = (ran.folder / "body.md").read_text()
    assert body.startswith('first "of all"; $(touch pwned) `touch pwned`\n')
    assert "net/default-opt" in body


def test_the_job_that_writes_imports_nothing_of_the_repository(
    proposed: tuple[Consumer, Ran],
) -> None:
    _, ran = proposed
    assert "latency-default-opt" in ran.output("measure")
    assert "collected" not in ran.output("propose")


def _judged(
    proposed: tuple[Consumer, Ran], slower: str, settings: str = "", **environment: str
) -> Ran:
    """A pull request, whose engines take so many times as long, after the baselines were merged.

    It adds models/new.onnx, for which nothing was accepted.
    """
    consumer, _ = proposed
    consumer.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
    consumer.git("checkout", "--quiet", "-B", f"topic-{slower}", "main")
    (branch,) = consumer.git("branch", "--remotes", "--format", "%(refname)").split()
    consumer.git("merge", "--quiet", "--ff-only", branch)
    consumer.write("frictionless.yaml", SETTINGS + settings)
    consumer.onnx("models/new.onnx")
    consumer.call(**HOST)
    return consumer.act(
        "pull_request", payload=pull_request(),
        environment={"SLOWER": slower, **PACKAGES, **environment},
    )  # fmt: skip


def _of_all_points(code: str, model: str) -> list[tuple[str, str, str]]:
    return [(code, f"models/{model}.onnx", "")] * 3


def test_a_slower_engine_and_a_missing_baseline_that_is_required_are_red(
    proposed: tuple[Consumer, Ran],
) -> None:
    ran = _judged(proposed, "1.1", "baselines: {require: true}\n")
    assert ran.jobs.get("gpu") == "failure", ran.told()
    assert ran.jobs["report"] == "failure"
    marked = [*_of_all_points("FR920", "net"), *_of_all_points("FR925", "new")]
    assert sorted(ran.annotations("report", "error")) == marked
    assert ran.annotations("report", "warning") == []


def test_a_faster_engine_and_a_missing_baseline_are_green_and_seen_by_people(
    proposed: tuple[Consumer, Ran],
) -> None:
    """Else a later loss of the same size goes unseen: they are to accept it. What is as it was is not told of."""
    ran = _judged(proposed, "0.9", UNCHANGED="min max")
    assert ran.code == 0, ran.told()
    assert ran.jobs["gpu"] == ran.jobs["report"] == "success"
    assert ran.annotations("report", "error") == []
    marked = [("FR922", "models/net.onnx", ""), *_of_all_points("FR925", "new")]
    assert sorted(ran.annotations("report", "warning")) == marked
    for warning in ran.commands("report", "warning"):
        assert "`pytest-frictionless baseline accept --cells GLOB --reason" in warning["arg"]
    report = ran.artefacts / "frictionless-report"
    for text in ((report / name).read_text() for name in ("summary.md", "comment.md")):
        assert "What failed" not in text
        assert "net/default-opt (batch=4) is faster than accepted: -10.0 %" in text
        assert "accept it as the baseline" in text
        assert "new/default-opt (batch=4) has no accepted baseline" in text
