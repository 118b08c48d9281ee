"""FR018: whatever is changed in an envelope, it is refused, and for its own reason."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.evidence.envelope import LIMIT_BYTES, opened, signed
from pytest_frictionless.evidence.keys import PublicKey, public_keys
from pytest_frictionless.evidence.statement import (
    GpuRun,
    Statement,
    Unreadable,
    read_json,
    read_statement,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

signing = pytest.importorskip("securesystemslib.signer")

SIGNER = signing.CryptoSigner.generate_ed25519()
OTHER = signing.CryptoSigner.generate_ed25519()
TRUSTED = [PublicKey("gpu", SIGNER.public_key)]
RUN = {
    "checkpoint": "models/net.onnx", "written_by": "pytest-frictionless 0.1.0",
    "run_at": "2026-01-02T03:04:05Z", "gpu": "NVIDIA H200", "engine": "TensorRT-RTX 1.6.1.120",
    "settings": {"budget": "b" * 64},
    "verdicts": [
        {"item": "run-default-min", "outcome": "passed", "measurements": {"max_abs": 0.5}},
        {"item": "latency-default-min", "outcome": "failed",
         "findings": [{"code": "FR911", "message": "takes too long", "severity": "error"}]},
    ],
}  # fmt: skip
STATEMENT = Statement.of({"checkpoint": "a" * 64, "onnx": "c" * 64}, GpuRun.model_validate(RUN))
PAYLOAD = STATEMENT.to_bytes()
ENVELOPE = signed(PAYLOAD, SIGNER).encode()


def refused(text: bytes, keys: list[PublicKey] = TRUSTED) -> str:
    with pytest.raises(Unreadable) as caught:
        read_statement(opened(text, keys)[0])
    return str(caught.value)


def written(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The envelope with another content in the same spelling."""
    record = json.loads(ENVELOPE)
    change(record)
    return f"{json.dumps(record, indent=1, sort_keys=True)}\n".encode()


def other_statement(change: Callable[[dict[str, Any]], None], *, signer: Any = SIGNER) -> bytes:
    """Another payload with a good signature: what a key's owner may write by another program."""
    record = json.loads(PAYLOAD)
    change(record)
    return signed(json.dumps(record).encode(), signer).encode()


def test_what_was_signed_comes_back() -> None:
    payload, key = opened(ENVELOPE, TRUSTED)
    assert read_statement(payload) == STATEMENT
    assert key.name == "gpu"


def test_one_trusted_signature_of_several_is_enough() -> None:
    def add(record: dict[str, Any]) -> None:
        record["signatures"] += json.loads(signed(PAYLOAD, OTHER))["signatures"]

    assert opened(written(add), TRUSTED)[1].name == "gpu"
    assert opened(written(add), [PublicKey("two", OTHER.public_key)])[1].name == "two"


def test_every_changed_byte_of_the_payload_is_refused() -> None:
    for place, byte in enumerate(PAYLOAD):
        changed = base64.b64encode(PAYLOAD[:place] + bytes([byte ^ 1]) + PAYLOAD[place + 1 :])
        text = ENVELOPE.replace(base64.b64encode(PAYLOAD), changed)
        assert refused(text) == "has a signature that gpu did not make: it was changed"


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(1, 255))
def test_a_changed_byte_of_the_file_is_refused(place: int, change: int) -> None:
    assert refused(ENVELOPE[:place] + bytes([ENVELOPE[place] ^ change]) + ENVELOPE[place + 1 :])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_another_exception(text: bytes) -> None:
    assert refused(text)


JSON = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=5), max_size=3)


@given(st.fixed_dictionaries({"payload": JSON, "payloadType": JSON, "signatures": JSON}))
def test_any_envelope_is_refused_without_another_exception(record: dict[str, Any]) -> None:
    assert refused(json.dumps(record).encode())


def _swap(record: dict[str, Any]) -> None:
    other = json.loads(signed(PAYLOAD.replace(b"models/net", b"models/old"), SIGNER))
    record["signatures"] = other["signatures"]


def _by_another_in_the_name_of_this(record: dict[str, Any]) -> None:
    (theirs,) = json.loads(signed(PAYLOAD, OTHER))["signatures"]
    record["signatures"][0]["sig"] = theirs["sig"]


def _spell_otherwise(record: dict[str, Any]) -> None:
    # 64 bytes leave four bits of the last letter unused.
    sig = record["signatures"][0]["sig"]
    record["signatures"][0]["sig"] = f"{sig[:-3]}{chr(ord(sig[-3]) + 1)}=="


def _bring_the_key_along(record: dict[str, Any]) -> None:
    record["signatures"] = json.loads(signed(PAYLOAD, OTHER))["signatures"]
    record["signatures"][0]["keyval"] = OTHER.public_key.keyval


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_swap, "has a signature that gpu did not make"),
        (_by_another_in_the_name_of_this, "has a signature that gpu did not make"),
        (_bring_the_key_along, "is no signed envelope: signatures.0.keyval: Extra inputs"),
        (lambda r: r["signatures"][0].update(sig=""), "has a signature that gpu did not make"),
        (lambda r: r["signatures"][0].update(sig="AAAA"), "has a signature that gpu did not make"),
        (lambda r: r["signatures"][0].update(keyid="gpu"), "is signed by an unknown key (gpu); trusted are gpu"),
        (lambda r: r.update(signatures=[]), "is no signed envelope: signatures: Tuple should have at least 1"),
        (lambda r: r.update(signatures=r["signatures"] * 2), "is no signed envelope: Multiple signatures"),
        (lambda r: r.update(signatures=r["signatures"] * 99), "signatures: Tuple should have at most 8"),
        (lambda r: r.update(payloadType="application/json"), "is no signed envelope: payloadType: Input should be"),
        (lambda r: r.pop("payload"), "is no signed envelope: payload: Field required"),
        (lambda r: r.update(payload=[1]), "is no signed envelope: payload: Input should be a valid string"),
        (lambda r: r.update(more=1), "is no signed envelope: more: Extra inputs are not permitted"),
        (lambda r: r.update(payload="\n" + r["payload"]), "is no signed envelope: Only base64 data is allowed"),
        (_spell_otherwise, "is not spelled as it was written"),
    ],
)  # fmt: skip
def test_an_envelope_that_was_changed_is_refused_for_its_own_reason(
    change: Callable[[dict[str, Any]], None], wanted: str
) -> None:
    assert wanted in refused(written(change))


def test_another_key_is_unknown() -> None:
    assert "is signed by an unknown key" in refused(signed(PAYLOAD, OTHER).encode())
    assert "is signed by an unknown key" in refused(ENVELOPE, [PublicKey("two", OTHER.public_key)])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            ENVELOPE.replace(b'"payload":', b'"payload": "", "payload":'),
            "has the key 'payload' twice",
        ),
        (ENVELOPE.replace(b"\n", b"\r\n"), "is not spelled as it was written"),
        (ENVELOPE + b" ", "is not spelled as it was written"),
        (ENVELOPE[:-9], "is no JSON: "),
        (b"\xff\xfe", "is no JSON: "),
        (b"[" * 100_000, "is no JSON: "),
        (b'{"a": NaN}', "holds NaN"),
        (b"[]", "is no signed envelope: "),
        (b"\x80\x04cposix\nsystem\n.", "is no JSON: "),
        (b" " * (LIMIT_BYTES + 1), "is larger than 1024 KiB"),
    ],
)
def test_what_is_no_envelope_is_refused_for_its_own_reason(text: bytes, wanted: str) -> None:
    assert wanted in refused(text)


def _twice(record: dict[str, Any]) -> None:
    record["predicate"]["verdicts"].append(record["predicate"]["verdicts"][0])


def _failed_without_finding(record: dict[str, Any]) -> None:
    record["predicate"]["verdicts"][1]["findings"] = []


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda r: r.update(_type="https://in-toto.io/Statement/v0.1"), "is of another version: its _type is 'https://in-toto.io/Statement/v0.1'"),
        (lambda r: r.update(predicateType="urn:pytest-frictionless:gpu-run:v0"), "is of another version: its predicateType is"),
        (lambda r: r.update(predicateType="https://slsa.dev/provenance/v1"), "is of another version: its predicateType is"),
        (lambda r: r.pop("predicateType"), "its predicateType is None"),
        (lambda r: r.pop("predicate"), "predicate: Field required"),
        (lambda r: r["predicate"].update(waived=True), "predicate.waived: Extra inputs are not permitted"),
        (lambda r: r["predicate"].update(run_at="2026-01-02T03:04:05"), "predicate.run_at: Input should have timezone"),
        (lambda r: r["predicate"]["verdicts"][1].update(outcome="fine"), "predicate.verdicts.1.outcome: Input should be"),
        (lambda r: r["subject"][0]["digest"].update(sha256="abc"), "subject.0.digest.sha256: String should match"),
        (lambda r: r["subject"][0].update(digest={"md5": "abc"}), "subject.0.digest.sha256: Field required"),
        (_twice, "the item run-default-min is there twice"),
        (_failed_without_finding, "latency-default-min failed, and no finding says why"),
    ],
)  # fmt: skip
def test_another_statement_is_refused_though_it_is_signed(
    change: Callable[[dict[str, Any]], None], wanted: str
) -> None:
    assert wanted in refused(other_statement(change))


def test_a_signed_payload_that_is_no_statement_is_refused() -> None:
    assert refused(signed(b"[1]", SIGNER).encode()) == "holds no statement"
    assert refused(signed(b"{", SIGNER).encode()).startswith("is no JSON")
    twice = PAYLOAD.replace(b'"predicate":', b'"predicate":{},"predicate":', 1)
    assert refused(signed(twice, SIGNER).encode()) == "has the key 'predicate' twice"


def test_keys_in_json_are_looked_at_on_every_level() -> None:
    assert read_json(b'{"a": [{"b": 1}, {"b": 1}]}') == {"a": [{"b": 1}, {"b": 1}]}
    with pytest.raises(Unreadable, match="has the key 'b' twice"):
        read_json(b'{"a": [{"b": 1, "b": 1}]}')


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_public_key_of_another_kind_is_refused(kind: str, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    signer = getattr(signing.CryptoSigner, f"generate_{kind}")()
    public = signer._private_key.public_key()
    path = tmp_path / "other.pub"
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(Unreadable, match=r"other\.pub holds no ed25519 key"):
        public_keys([path])


def test_a_public_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.pub: No such file"):
        public_keys([tmp_path / "gone.pub"])
