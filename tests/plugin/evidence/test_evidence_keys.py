"""Who may sign, and whose signatures count."""

from __future__ import annotations

import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from tests.evidence import EVIDENCE, SETTINGS, asked, only_failure, private, sign

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evidence import Cli
    from tests.project import Project


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


def test_keys_are_rotated(shop: Project, cli: Cli) -> None:
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


def test_only_keys_that_are_named_count(shop: Project, cli: Cli) -> None:
    assert sign(shop) == 0
    assert cli("keygen", "new", "--private", str(private(shop, "new")))[0] == 0
    settings = SETTINGS + "evidence: {require: true, keys: [evidence/keys/new.pub]}\n"
    assert "unknown key" in only_failure(asked(shop, settings)).headline
    settings = settings.replace("new.pub]", "new.pub, evidence/keys/gpu.pub]")
    assert asked(shop, settings)["run-default-min"].outcome == "passed"


def test_a_key_that_nobody_trusts_signs_nothing(shop: Project, cli: Cli) -> None:
    other = private(shop, "other")
    assert cli("keygen", "other", "--private", str(other))[0] == 0
    shop.root.joinpath("evidence/keys/other.pub").unlink()
    status, _, err = cli("sign", "--key", str(other))
    assert (status, "--key is of none of the public keys that are trusted: gpu" in err) == (2, True)
    assert not (shop.root / EVIDENCE).exists()


@pytest.mark.parametrize("form", ["text", "path"])
def test_the_key_comes_from_a_variable(
    shop: Project,
    cli: Cli,
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
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    monkeypatch.setenv("FRICTIONLESS_EVIDENCE_KEY", value)
    status, out, err = cli("sign")
    assert status == 2
    assert "FRICTIONLESS_EVIDENCE_KEY" in err
    assert not any(line in out + err for line in value.splitlines())


def test_a_private_key_is_for_its_owner_and_never_in_git(
    project: Project, cli: Cli, tmp_path: Path
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
