"""What is signed: a run on a GPU of what is there, once, and nothing of the machine."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.evidence import EVIDENCE, ON_GPU, OTHER, SETTINGS, STATIC, asked, private, sign

if TYPE_CHECKING:
    from tests.evidence import Cli
    from tests.project import Project


def test_a_run_that_was_answered_by_evidence_is_not_signed_again(shop: Project, cli: Cli) -> None:
    assert sign(shop) == 0
    before = (shop.root / EVIDENCE).read_bytes()
    asked(shop)
    status, _, err = cli("sign", "--key", str(private(shop)))
    assert (status, "no item ran on a GPU" in err) == (2, True)
    assert (shop.root / EVIDENCE).read_bytes() == before


def test_a_run_without_a_gpu_is_not_signed(project: Project, cli: Cli) -> None:
    project.onnx("models/net.onnx", STATIC)
    assert asked(project, SETTINGS)["run-default-min"].outcome == "skipped"
    key = str(private(project))
    assert cli("keygen", "gpu", "--private", key)[0] == 0
    status, _, err = cli("sign", "--key", key)
    assert (status, "no item ran on a GPU" in err) == (2, True)


def test_what_is_not_what_was_tested_is_not_signed(shop: Project, cli: Cli) -> None:
    key = str(private(shop))
    healthy = (shop.root / "models/net.onnx").read_bytes()
    shop.onnx("models/net.onnx", OTHER)
    status, _, err = cli("sign", "--key", key)
    assert (status, "models/net.onnx: what was tested is not here any more" in err) == (2, True)
    shop.run("models")  # makes the artefacts of the other model, and replaces results.json
    record = shop.root / ".frictionless/results.json"
    shutil.copy(record, shop.root / "cpu.json")
    (shop.root / "models/net.onnx").write_bytes(healthy)
    assert cli("sign", "--key", key, "--results", "cpu.json")[0] == 2


def test_a_file_that_became_unreadable_is_neither_signed_nor_verified(
    shop: Project, cli: Cli
) -> None:
    assert sign(shop) == 0
    model = shop.root / "models/net.onnx"
    model.write_bytes(model.read_bytes()[:60])
    for status, out, err in (cli("verify"), cli("sign", "--key", str(private(shop)))):
        assert status in (1, 2)
        assert "FR101 models/net.onnx" in out + err
        assert str(shop.root) not in out + err
        assert "INTERNAL ERROR" not in out + err


def test_the_payload_is_an_in_toto_statement_without_paths_of_the_machine(shop: Project) -> None:
    from securesystemslib.dsse import Envelope

    assert sign(shop) == 0
    payload = Envelope.from_dict(json.loads((shop.root / EVIDENCE).read_text())).payload
    statement = json.loads(payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert [each["name"] for each in statement["subject"]] == ["checkpoint", "onnx", "plan"]
    assert [each["item"] for each in statement["predicate"]["verdicts"]] == [
        *ON_GPU,
        "cliffs-default",
    ]
    assert statement["predicate"]["environment"]["tensorrt_rtx"]
    assert statement["predicate"]["environment_key"].startswith("nvidia-h200-140g-rtx-1.6.1.120")
    assert str(shop.root) not in payload.decode()
