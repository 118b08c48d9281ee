"""A run without a GPU takes the verdicts that a GPU run has signed, and no others."""

from __future__ import annotations

import json
import re
import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from tests.gpu.conftest import has_gpu
from tests.project import Project
from tests.recorded import RECORDED_GPU

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Item

pytest.importorskip("securesystemslib")
pytest.importorskip("tensorrt_rtx")
pytestmark = pytest.mark.skipif(has_gpu(), reason="evidence is not asked where there is a GPU")

STATIC = "g (float[2, 8] x) => (float[2, 8] y) { a = Relu(x)  y = Neg(a) }"
"""Nothing to scan for cliffs, whose steps nobody has recorded."""
OTHER = STATIC.replace("Relu", "Abs")
SETTINGS = "latency: {rounds: 7}\n"
REQUIRED = SETTINGS + "evidence: {require: true}\n"
EVIDENCE = "evidence/models/net.onnx.intoto.json"
ON_GPU = (
    "run-default-min", "run-default-opt", "run-default-max",
    "latency-default-min", "latency-default-opt", "latency-default-max", "memory-default",
)  # fmt: skip
SIGNED = re.compile(
    r"signed by gpu, run on \d{4}-\d\d-\d\d on NVIDIA H200, TensorRT-RTX 1\.6\.1\.120"
)


def private(shop: Project, name: str = "") -> Path:
    """Where a private key of this repository lies: beside it."""
    return shop.root.with_suffix(f".{name}pem")


def measured(root: Path, settings: str = SETTINGS, model: str = STATIC) -> Project:
    """A repository that ran on a GPU, with a pair of keys."""
    project = Project(root / "shop")
    project.write("conftest.py", RECORDED_GPU)
    project.write("frictionless.yaml", settings)
    project.onnx("models/net.onnx", model)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        assert main(["ci", "evidence", "keygen", "gpu", "--private", str(private(project))]) == 0
    project.run_isolated("models")
    project.root.joinpath("conftest.py").unlink()
    return project


@pytest.fixture(scope="module")
def gpu_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return measured(tmp_path_factory.mktemp("measured"))


@pytest.fixture
def shop(gpu_run: Project, project: Project, tmp_path: Path) -> Project:
    """The same after the run, not signed yet."""
    return moved(gpu_run, project)


def moved(origin: Project, project: Project) -> Project:
    shutil.copytree(origin.root, project.root, dirs_exist_ok=True)
    shutil.copy(private(origin), private(project))
    return project


@pytest.fixture
def cli(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`pytest-frictionless ci evidence` with its exit status and what it prints."""

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(project.root)
        capsys.readouterr()
        status = main(["ci", "evidence", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return called


def sign(shop: Project, *more: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop.root)
        return main(["ci", "evidence", "sign", "--key", str(private(shop)), *more])


def asked(shop: Project, settings: str = REQUIRED) -> dict[str, Item]:
    """Items of a run without a GPU."""
    shop.write("frictionless.yaml", settings)
    return shop.run("models").of("models/net.onnx")


def only_failure(items: dict[str, Item]) -> Item:
    """One cause is one red line: the others say that they need the first."""
    (failed,) = (item for item in items.values() if item.outcome == "failed")
    for name in ON_GPU:
        item = items[name]
        assert item is failed or item.text.startswith("Skipped: needs run-default-min: FR01")
    return failed


def test_signed_verdicts_answer_where_there_is_no_gpu(shop: Project) -> None:
    assert sign(shop) == 0
    items = asked(shop)
    for name in ON_GPU:
        assert items[name].outcome == "passed"
        assert SIGNED.fullmatch(items[name].sections["Captured notes call"])
        assert items[name].values("evidence") == [items[name].sections["Captured notes call"]]
    assert items["latency-default-opt"].values("latency_ms")[0] > 0


def test_the_summary_says_who_signed(shop: Project) -> None:
    assert sign(shop) == 0
    outcome = shop.run("models")
    line = next(line for line in outcome.stdout.splitlines() if "not asked here" in line)
    assert line.startswith("not asked here: run, latency, memory: signed by gpu, run on ")
    assert SIGNED.search(line)


def test_without_evidence_items_are_skipped_as_ever(shop: Project) -> None:
    shutil.rmtree(shop.root / "evidence")
    items = asked(shop, SETTINGS)
    assert {items[name].outcome for name in ON_GPU} == {"skipped"}
    assert "FR01" not in items["run-default-min"].text


def test_evidence_that_is_required_and_missing_fails_once(shop: Project) -> None:
    assert only_failure(asked(shop)).headline == (
        "FR017 there is no evidence of a GPU run for models/net.onnx"
    )


def test_a_model_can_do_without_for_a_reason(shop: Project) -> None:
    model = "models: {net: {ignore: {FR017: 'served on CPUs'}}}\n"
    items = asked(shop, REQUIRED + model)
    assert {items[name].outcome for name in ON_GPU} == {"skipped"}
    assert "(ignored: served on CPUs)" in items["run-default-min"].text


def test_a_changed_checkpoint_needs_another_run(shop: Project) -> None:
    assert sign(shop) == 0
    shop.onnx("models/net.onnx", OTHER)
    said = only_failure(asked(shop)).headline
    assert said.startswith(
        "FR019 the evidence for models/net.onnx does not hold: the checkpoint is"
    )


def test_where_it_is_not_required_the_skip_says_why_it_does_not_hold(shop: Project) -> None:
    assert sign(shop) == 0
    shop.onnx("models/net.onnx", OTHER)
    items = asked(shop, SETTINGS)
    for name in ON_GPU:
        assert items[name].outcome == "skipped"
        assert items[name].text.startswith("Skipped: no GPU here")
        assert items[name].text.count("FR019 the evidence for models/net.onnx") == 1


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
    project: Project, tmp_path: Path, cli: Callable[..., tuple[int, str, str]]
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
        assert failed.headline.endswith(f"does not hold: what makes its inputs changed: {name}")
        shop.write(name, code[name])
    shop.root.joinpath("assets/scale").unlink()
    status, out, _ = cli("verify")
    assert (status, "what makes its inputs changed: assets/scale" in out) == (1, True)


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


def test_a_changed_file_is_not_trusted(shop: Project) -> None:
    assert sign(shop) == 0
    path = shop.root / EVIDENCE
    path.write_text(path.read_text().replace('"payload": "e', '"payload": "f'))
    failed = only_failure(asked(shop))
    assert (
        failed.headline == f"FR018 {EVIDENCE} has a signature that gpu did not make: it was changed"
    )


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("gpu.pub", None, "cannot be verified: there is no .pub file in"),
        ("gpu.pub", "-----BEGIN PRIVATE KEY-----\n", "holds a private key: whoever can read it can sign"),
        ("gpu.pub", "hello", "cannot be verified: gpu.pub holds no public key in PEM form"),
    ],
)  # fmt: skip
def test_no_key_no_trust(shop: Project, name: str, content: str | None, wanted: str) -> None:
    assert sign(shop) == 0
    key = shop.root / "evidence/keys" / name
    key.unlink() if content is None else key.write_text(content)
    failed = only_failure(asked(shop))
    assert failed.code == "FR018"
    assert wanted in failed.headline


def test_keys_are_rotated(shop: Project, cli: Callable[..., tuple[int, str, str]]) -> None:
    assert sign(shop) == 0
    shutil.copy(shop.root / ".frictionless/results.json", shop.root / "gpu.json")
    new = str(private(shop, "new"))
    assert cli("keygen", "new", "--private", new)[0] == 0
    assert asked(shop)["run-default-min"].outcome == "passed"  # the old key still counts
    shop.root.joinpath("evidence/keys/gpu.pub").unlink()
    failed = only_failure(asked(shop))
    assert "is signed by an unknown key" in failed.headline
    assert failed.headline.endswith("trusted are new")
    assert cli("sign", "--results", "gpu.json", "--key", new)[0] == 0
    assert asked(shop)["run-default-min"].values("evidence")[0].startswith("signed by new")


def test_only_keys_that_are_named_count(
    shop: Project, cli: Callable[..., tuple[int, str, str]]
) -> None:
    assert sign(shop) == 0
    assert cli("keygen", "new", "--private", str(private(shop, "new")))[0] == 0
    settings = SETTINGS + "evidence: {require: true, keys: [evidence/keys/new.pub]}\n"
    assert "unknown key" in only_failure(asked(shop, settings)).headline
    settings = settings.replace("new.pub]", "new.pub, evidence/keys/gpu.pub]")
    assert asked(shop, settings)["run-default-min"].outcome == "passed"


def test_an_old_run_does_not_count_however_late_it_is_signed(shop: Project) -> None:
    record = shop.root / ".frictionless/results.json"
    record.write_text(re.sub(r'"started": "\d{4}', '"started": "2024', record.read_text()))
    assert sign(shop) == 0
    failed = only_failure(asked(shop, REQUIRED.replace("true}", "true, max_age_days: 30}")))
    assert re.search(r"it is \d+ days old, and max_age_days is 30$", failed.headline)
    assert asked(shop)["run-default-min"].outcome == "passed"  # without a limit it holds


def test_a_plan_beside_the_checkpoint_is_the_one_that_ran(shop: Project) -> None:
    assert sign(shop) == 0
    (plan,) = shop.root.glob(".frictionless/cache/engine-build/*/model.plan")
    beside = shop.root / "models/net.plan"
    shutil.copy(plan, beside)
    assert asked(shop)["run-default-min"].outcome == "passed"
    beside.write_bytes(beside.read_bytes()[:-1] + b"?")
    failed = only_failure(asked(shop))
    assert failed.code == "FR019"
    assert "the plan beside it is not the one that ran" in failed.headline


def test_what_the_gpu_run_left_out_is_not_answered(project: Project, tmp_path: Path) -> None:
    shop = measured(tmp_path, model=STATIC.replace("2, 8", "batch, 8"))
    assert sign(shop) == 0
    items = asked(moved(shop, project))
    assert items["run-default-max"].outcome == "passed"
    cliffs = items["cliffs-default"]
    assert cliffs.headline.startswith("FR017 the evidence has no answer to cliffs-default: ")


def test_a_failure_that_was_signed_fails_and_can_be_suppressed(
    project: Project, tmp_path: Path, cli: Callable[..., tuple[int, str, str]]
) -> None:
    budget = "budget: {points: {default-opt: {latency_ms: 0.0001}}}"
    settings = SETTINGS + f"models: {{net: {{{budget}}}}}\n"
    shop = measured(tmp_path, settings)
    assert sign(shop) == 0
    moved(shop, project)
    items = asked(project, settings + "evidence: {require: true}\n")
    failed = items["latency-default-opt"]
    assert (failed.outcome, failed.code) == ("failed", "FR911")
    assert SIGNED.search(failed.text)
    assert items["latency-default-max"].outcome == "passed"

    status, out, _ = cli("verify")
    assert status == 1
    assert "models/net.onnx: 7 passed, 1 failed, " in out
    assert "latency-default-opt: FR911 default-opt takes" in out

    suppressed = settings.replace(budget, budget + ", ignore: {FR911: 'known'}")
    items = asked(project, suppressed + "evidence: {require: true}\n")
    assert items["latency-default-opt"].outcome == "passed"


def test_a_run_that_was_answered_by_evidence_is_not_signed_again(
    shop: Project, cli: Callable[..., tuple[int, str, str]]
) -> None:
    assert sign(shop) == 0
    before = (shop.root / EVIDENCE).read_bytes()
    asked(shop)
    status, _, err = cli("sign", "--key", str(private(shop)))
    assert (status, "no item ran on a GPU" in err) == (2, True)
    assert (shop.root / EVIDENCE).read_bytes() == before


def test_a_run_without_a_gpu_is_not_signed(
    project: Project, cli: Callable[..., tuple[int, str, str]]
) -> None:
    project.onnx("models/net.onnx", STATIC)
    assert asked(project, SETTINGS)["run-default-min"].outcome == "skipped"
    key = str(private(project))
    assert cli("keygen", "gpu", "--private", key)[0] == 0
    status, _, err = cli("sign", "--key", key)
    assert (status, "no item ran on a GPU" in err) == (2, True)


def test_what_is_not_what_was_tested_is_not_signed(
    shop: Project, cli: Callable[..., tuple[int, str, str]]
) -> None:
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


def test_a_key_that_nobody_trusts_signs_nothing(
    shop: Project, cli: Callable[..., tuple[int, str, str]]
) -> None:
    other = private(shop, "other")
    assert cli("keygen", "other", "--private", str(other))[0] == 0
    shop.root.joinpath("evidence/keys/other.pub").unlink()
    status, _, err = cli("sign", "--key", str(other))
    assert (status, "--key is of none of the public keys that are trusted: gpu" in err) == (2, True)
    assert not (shop.root / EVIDENCE).exists()


@pytest.mark.parametrize("form", ["text", "path"])
def test_the_key_comes_from_a_variable(
    shop: Project,
    cli: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    path = private(shop)
    monkeypatch.setenv(
        "FRICTIONLESS_EVIDENCE_KEY", path.read_text() if form == "text" else str(path)
    )
    status, out, err = cli("sign")
    assert status == 0
    assert path.read_text().splitlines()[1] not in out + err


@pytest.mark.parametrize("value", ["MC4CAQAwBQYDK2VwBCIEIGNvcGllZCB3aXRob3V0IGl0cyBsaW5lcw==",
                                   "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"])  # fmt: skip
def test_a_key_that_cannot_be_used_is_never_shown(
    shop: Project,
    cli: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    monkeypatch.setenv("FRICTIONLESS_EVIDENCE_KEY", value)
    status, out, err = cli("sign")
    assert status == 2
    assert "FRICTIONLESS_EVIDENCE_KEY" in err
    assert not any(line in out + err for line in value.splitlines())


def test_a_private_key_is_for_its_owner_and_never_in_git(
    project: Project, cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    key = tmp_path / "keys/gpu.pem"
    status, out, _ = cli("keygen", "gpu", "--private", str(key))
    assert status == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().splitlines()[1] not in out
    assert "gh secret set FRICTIONLESS_EVIDENCE_KEY" in out
    public = project.root / "evidence/keys/gpu.pub"
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----")

    kept = key.read_bytes()
    assert cli("keygen", "gpu", "--private", str(key))[0] == 2
    assert key.read_bytes() == kept
    (project.root / ".git").mkdir()
    status, _, err = cli("keygen", "two", "--private", str(project.root / "two.pem"))
    assert (status, "is inside of a git repository" in err) == (2, True)
    assert not (project.root / "two.pem").exists()
    assert cli("keygen", "../up")[0] == 2


def test_verify_says_what_holds(shop: Project, cli: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = cli("verify")
    assert (status, out) == (
        0,
        "models/net.onnx: FR017 there is no evidence of a GPU run for models/net.onnx\n",
    )
    assert sign(shop) == 0
    status, out, _ = cli("verify", "models/net.onnx")
    assert status == 0
    assert SIGNED.search(out)
    shop.write("frictionless.yaml", REQUIRED)
    (shop.root / EVIDENCE).unlink()
    assert cli("verify")[0] == 1
    assert cli("verify", "models/nothing.onnx")[0] == 2


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
