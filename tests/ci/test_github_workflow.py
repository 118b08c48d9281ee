"""The reusable workflow, executed in repositories that call it."""

from __future__ import annotations

import itertools
import json
import shlex
import shutil
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.ci.consumer import CALLER, PUSH, Consumer, pull_request
from tests.ci.tools import needs
from tests.project import MLP

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.act import Ran

pytestmark = [pytest.mark.real, needs("act", "git", "hatchling")]

GREEN = {"discover": "success", "cpu": "success", "report": "success"}
FAST = "-k load"
"""One item a checkpoint: these tests are about the jobs around it."""


def _tested(ran: Ran) -> dict[str, list[str]]:
    """The checkpoints that each job tested, by artefact."""
    return {
        each.parent.parent.name: json.loads(each.read_text())
        for each in sorted(ran.artefacts.glob("*/shard-*/checkpoints.json"))
    }


def _results(artefact: Path) -> dict[str, int]:
    """How many items ended how, as the report tells."""
    items = json.loads((artefact / "results.json").read_text())["items"]
    return Counter(item["outcome"] for item in items)


@pytest.fixture(scope="module")
def five_lines(tmp_path_factory: pytest.TempPathFactory, published: Path) -> Ran:
    """The example, pushed to the default branch."""
    consumer = Consumer(tmp_path_factory.mktemp("five") / "consumer", published)
    consumer.example()
    return consumer.act(workflow=".github/workflows/models.yml")


def test_five_lines_test_a_torch_checkpoint(five_lines: Ran) -> None:
    """It is exported, parsed, built and compared."""
    assert five_lines.code == 0, five_lines.told()
    assert five_lines.jobs == GREEN
    assert five_lines.outputs("report") == {"result": "success", "total": "1", "failed": "0"}
    assert _tested(five_lines) == {"frictionless-results-1": ["models/classifier.safetensors"]}
    report = five_lines.artefacts / "frictionless-report"
    assert _results(report).keys() == {"passed", "skipped"}  # what needs a GPU, or a manifest
    assert _results(report)["passed"] >= 10
    assert {each.name for each in report.iterdir()} >= {
        "results.json", "junit.xml", "summary.md", "sarif.json", "comment.md", "metrics.txt",
    }  # fmt: skip


def test_this_repository_tests_its_own_plugin_and_restores_what_was_cached(
    five_lines: Ran, tmp_path: Path, published: Path
) -> None:
    """In each job the package is built of this commit; the pull request saves no cache."""
    shutil.copytree(published, tmp_path / "here")
    here = Consumer(tmp_path / "here", published)
    shutil.copytree(five_lines.caches, here.github / "caches")
    saved = sorted(five_lines.caches.iterdir())
    ran = here.act(
        "pull_request", workflow=".github/workflows/ci.yml", job="models", payload=pull_request(),
        environment={"PYTHONPATH": ""},
    )  # fmt: skip
    assert ran.code == 0, ran.told()
    assert ran.jobs == GREEN
    assert "Successfully installed pytest-frictionless" in ran.output("cpu")
    assert "artifacts: 0 made" in ran.output("cpu")
    assert [each.name for each in sorted(ran.caches.iterdir())] == [each.name for each in saved]


HOSTILE = ('"; touch ${ACT_ARTIFACTS}pwned; "', "$(touch ${ACT_ARTIFACTS}pwned)")
"""Written into a script, each leaves a file beside the artefacts."""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_shell_would_obey(text: str, tmp_path: Path) -> None:
    environment = {"ACT_ARTIFACTS": str(tmp_path / "artefacts"), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-c", f'echo "{text}"'], env=environment, check=False)
    assert (tmp_path / "artefactspwned").exists()


def test_names_and_inputs_never_reach_a_shell(consumer: Consumer) -> None:
    """And there are as many jobs as checkpoints where more are allowed."""
    names = [f"models/{text}.onnx" for text in HOSTILE]
    consumer.onnx(names[0])
    consumer.onnx(names[1], MLP.replace("Neg", "Abs"))
    prefix = shlex.quote(" ".join(HOSTILE))
    consumer.call(max_shards=8, pytest_args=f"{FAST} --junit-prefix {prefix}")
    ran = consumer.act()
    assert ran.code == 0, ran.told()
    assert sorted(itertools.chain(*_tested(ran).values())) == sorted(names)
    assert set(_tested(ran)) == {"frictionless-results-1", "frictionless-results-2"}
    assert not (ran.folder / "artefactspwned").exists()


@pytest.mark.parametrize("name", ["frictionless_version", "install"])
def test_what_is_installed_never_reaches_a_shell(consumer: Consumer, name: str) -> None:
    consumer.onnx("models/net.onnx")
    consumer.call(**{name: " ".join(HOSTILE)})
    ran = consumer.act()
    assert ran.code == 1
    assert ran.jobs["report"] == "failure"
    assert ran.outputs("report").get("result") != "success"
    assert not (ran.folder / "artefactspwned").exists()


def test_a_pull_request_from_a_fork_gets_no_gpu_and_leaves_no_cache(consumer: Consumer) -> None:
    """Only what it changes is tested where that is asked for."""
    consumer.onnx("models/old.onnx")
    consumer.call(changed_only=True, gpu=True, gpu_image="", gpu_runs_on='["self-hosted"]', pytest_args=FAST)  # fmt: skip
    consumer.commit()
    consumer.git("switch", "--quiet", "--create", "topic")
    consumer.onnx("models/new.onnx", MLP.replace("Neg", "Abs"))
    consumer.commit()
    consumer.git("switch", "--quiet", "main")
    consumer.git("merge", "--quiet", "--no-ff", "--no-edit", "topic")
    ran = consumer.act("pull_request", payload=pull_request(head="mallory/shop"))
    assert ran.code == 0, ran.told()
    assert ran.jobs == GREEN
    assert _tested(ran) == {"frictionless-results-1": ["models/new.onnx"]}
    assert list(ran.caches.iterdir()) == []


def test_pull_request_target_is_refused(consumer: Consumer) -> None:
    consumer.onnx("models/net.onnx")
    consumer.call()
    ran = consumer.act("pull_request_target", payload=pull_request(head="mallory/shop"))
    assert ran.code == 1
    assert ran.jobs == {"discover": "failure", "report": "failure"}
    assert "never on pull_request_target" in ran.told()


def test_no_checkpoint_is_green_and_says_so(consumer: Consumer) -> None:
    """To the job that follows as well."""
    consumer.write("README.md", "nothing yet")
    consumer.call()
    caller = json.loads((consumer.root / CALLER).read_text())
    told = [
        f"{name}=${{{{ needs.models.outputs.{name} }}}}"
        for name in ("result", "total", "failed", "report-artifact")
    ]
    caller["jobs"]["after"] = {
        "needs": "models", "runs-on": "ubuntu-latest", "steps": [{"run": f"echo {' '.join(told)}"}]
    }  # fmt: skip
    consumer.write(CALLER, json.dumps(caller))
    ran = consumer.act("workflow_dispatch", payload=PUSH)
    assert ran.code == 0, ran.told()
    assert ran.jobs == {"discover": "success", "report": "success", "after": "success"}
    assert "result=success total=0 failed=0 report-artifact=frictionless-report" in ran.output("after")  # fmt: skip


def test_no_checkpoint_where_some_are_expected_is_red(consumer: Consumer) -> None:
    consumer.write("frictionless.yaml", "roots: [models]\n")
    consumer.write("models/README.md", "moved")
    consumer.call()
    ran = consumer.act()
    assert ran.code == 1
    assert ran.jobs == {"discover": "failure", "report": "failure"}


READS_THE_ARCHIVE = """
if open("archive/old.onnx", "rb").read(7) == b"version":
    raise SystemExit("archive/old.onnx is a pointer")
"""


@needs("git-lfs", install="apt-get install git-lfs")
def test_git_lfs_is_pulled_for_each_job_alone(tmp_path: Path, published: Path) -> None:
    origin = Consumer(tmp_path / "origin", published)
    origin.git("lfs", "install", "--local")
    origin.git("lfs", "track", "*.onnx")
    origin.onnx("models/a.onnx")
    origin.onnx("models/b.onnx", MLP.replace("Neg", "Abs"))
    origin.onnx("archive/old.onnx", MLP.replace("Neg", "Exp"))
    origin.write("frictionless.yaml", "roots: [models]\n")
    origin.write("conftest.py", READS_THE_ARCHIVE)
    origin.call(lfs=True, lfs_include="archive/*", pytest_args=FAST)
    origin.commit()
    consumer = Consumer.clone(origin, tmp_path / "consumer", GIT_LFS_SKIP_SMUDGE="1")
    assert (consumer.root / "models/a.onnx").read_bytes().startswith(b"version https://git-lfs")
    ran = consumer.act()
    assert ran.code == 0, ran.told()
    assert set(_tested(ran)) == {"frictionless-results-1", "frictionless-results-2"}
