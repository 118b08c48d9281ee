"""Every kind of bad input ends in one clear failing item, and the run goes on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bad_files import (
    BAD,
    FACTORIES,
    IMPORTING,
    Bad,
    configuration,
    write_onnx_files,
    write_strange_files,
    write_torch_files,
)
from tests.project import CHECKS, MLP, Item, Outcome, Project, is_healthy

pytestmark = pytest.mark.real
pytest.importorskip("torch")
pytest.importorskip("safetensors")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("bad input"))
    project.write("shop/__init__.py", "")
    project.write("shop/nets.py", FACTORIES)
    project.write("shop/importing.py", IMPORTING)
    project.write("frictionless.yaml", configuration())
    project.write("bad/.keep", "")
    write_onnx_files(project)
    write_torch_files(project)
    write_strange_files(project)
    project.onnx("healthy/z.onnx", MLP.replace("Neg", "Abs"))
    return project


@pytest.fixture(scope="module")
def outcome(project: Project) -> Outcome:
    """One run over everything."""
    return project.run_isolated("bad", "healthy", "--junitxml=out.xml")


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_bad_input_fails_one_item_and_the_rest_skips_or_passes(outcome: Outcome, bad: Bad) -> None:
    items = outcome.of(f"bad/{bad.path}")
    assert [name for name, item in items.items() if item.outcome == "failed"] == [bad.check]
    failed = items[bad.check]
    assert failed.code == bad.code
    for word in bad.words:
        assert word in failed.text
    assert "INTERNAL" not in failed.text
    names = list(items)
    later = [name for name in names if needs(name, bad.check)]
    for name in later:
        assert items[name].text.startswith(f"Skipped: needs {bad.check}: {bad.code}"), name


def needs(name: str, failed: str) -> bool:
    """Whether this item depends on the failed one."""
    order = {"load": 0, "export": 1}
    check = name.partition("-")[0]
    if failed in order:
        return order.get(check, 2) > order[failed]
    return (failed, check) == ("operators", "build")


def test_every_bad_file_is_covered_and_nothing_else_fails(outcome: Outcome) -> None:
    assert len(outcome.failed()) == len(BAD)
    assert {name.rpartition("::")[0] for name in outcome.failed()} == {f"bad/{b.path}" for b in BAD}
    assert outcome.code == 1


def test_the_malicious_payload_did_not_run(project: Project, outcome: Outcome) -> None:
    assert outcome["bad/evil.pt::load"].outcome == "failed"
    assert not (project.root / "payload").exists()


def test_the_healthy_neighbours_pass_everything(outcome: Outcome) -> None:
    for name in ("a", "z"):
        items = outcome.of(f"healthy/{name}.onnx")
        assert list(items) == list(CHECKS)
        assert is_healthy(items)


def test_a_wrong_suffix_is_a_warning_and_the_model_is_tested(outcome: Outcome) -> None:
    items = outcome.of("bad/suffix.pt")
    assert is_healthy(items)
    assert items["load"].values("warning")[0].startswith("FR110 ")
    assert items["load"].values("format") == ["onnx"]


def test_the_output_is_utf8_whatever_the_names(project: Project) -> None:
    # Read as bytes: what a CI system stores and shows.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--frictionless", "bad", "-k", "latin", "-v"],
        cwd=project.root, capture_output=True, check=False,
    )  # fmt: skip
    text = done.stdout.decode("utf-8")
    assert r"bad/latin\xff.onnx::load FAILED" in text
    assert re.search(r"bad/latin\\xff.onnx +FAIL", text)


def test_an_optimizer_state_is_no_model_and_gives_no_items(outcome: Outcome) -> None:
    assert outcome.of("bad/adam.pt") == {}


def test_loops_of_folders_give_no_items_and_end(outcome: Outcome) -> None:
    assert not [nodeid for nodeid in outcome.ids if nodeid.startswith(("bad/deep", "bad/folder"))]


def test_every_failure_reads_as_a_story_without_traceback(
    project: Project, outcome: Outcome
) -> None:
    for nodeid in outcome.failed():
        text = outcome[nodeid].text
        assert text.startswith("FR")
        assert "next:   " in text
        # pytest takes no path to a dangling link.
        path, _, name = nodeid.partition("::")
        dangling = not (project.root / path).exists() and "\\" not in path
        by_name = f"'bad' -k '{Path(path).name} and {name}'"
        command = by_name if dangling else f"'{nodeid}'"
        assert f"reproduce:  pytest --frictionless {command}" in map(str.strip, text.splitlines())
        assert "Traceback" not in text
        assert "site-packages" not in text


def test_a_second_run_says_the_same(project: Project, outcome: Outcome) -> None:
    again = project.run_isolated("bad", "healthy", "-n", "2")

    def story(item: Item) -> tuple[str, str]:
        return item.outcome, item.headline

    assert {name: story(item) for name, item in again.items.items()} == {
        name: story(item) for name, item in outcome.items.items()
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: chmod does not bind")
def test_a_file_that_may_not_be_read_fails_load(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.onnx("models/secret.onnx").chmod(0)
    outcome = project.run_isolated("models")
    assert outcome.failed() == ["models/secret.onnx::load"]
    assert outcome["models/secret.onnx::load"].code == "FR103"


def test_one_stem_in_two_formats_gives_items_of_both(tmp_path: Path) -> None:
    import torch

    project = Project(tmp_path)
    project.write("shop/__init__.py", "")
    project.write("shop/nets.py", FACTORIES)
    project.onnx("models/net.onnx")
    state = {
        "linear.weight": torch.zeros(4, 8),
        "linear.bias": torch.zeros(4),
        "extra.bias": torch.zeros(1),
    }
    torch.save(state, project.root / "models/net.pt")
    project.write(
        "frictionless.yaml",
        "models:\n  net:\n    path: models/net.pt\n    factory: shop.nets:net\n"
        '    inputs: {x: "float32[batch, 8]"}\n    profiles: {one: {batch: [1, 2, 4]}}\n',
    )
    outcome = project.run_isolated("models", "-k", "load")
    assert outcome.ids == ["models/net.onnx::load", "models/net.pt::load"]
    assert outcome.failed() == []
    # Weights that the network does not have are worth a word and no failure.
    assert "extra.bias" in outcome["models/net.pt::load"].values("warning")[0]
    assert outcome["models/net.pt::load"].values("warning")[0].startswith("FR114")
