"""The DSSE envelope around a statement: signed here, and opened where a trusted key has signed it.

https://github.com/secure-systems-lab/dsse
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from pytest_frictionless.evidence.statement import Unreadable, read_json
from pytest_frictionless.settings.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

    from pytest_frictionless.evidence.keys import PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LIMIT_BYTES = 1 << 20
"""No evidence of one checkpoint comes near: an item takes about 700 bytes."""


class _Signature(Section):
    keyid: str
    sig: str


class _Envelope(Section):
    """The fields of an envelope and no others, so that nothing in it is left unread."""

    payload: str
    payload_type: Literal["application/vnd.in-toto+json"] = Field(alias="payloadType")
    signatures: tuple[_Signature, ...] = Field(min_length=1, max_length=8)


def signed(payload: bytes, signer: CryptoSigner) -> str:
    """The text of an envelope with one signature."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _text(envelope)


def opened(text: bytes, keys: Iterable[PublicKey]) -> tuple[bytes, PublicKey]:
    """The payload, and the key that has signed it; raises Unreadable, which says why not.

    The signature is verified before anything of the payload is read.
    """
    from securesystemslib.exceptions import VerificationError

    if len(text) > LIMIT_BYTES:
        raise Unreadable(f"is larger than {LIMIT_BYTES >> 10} KiB, which no evidence is")
    envelope = _read(text)
    trusted = {each.key.keyid: each for each in keys}
    known = [trusted[each].key for each in envelope.signatures if each in trusted]
    if not known:
        ids = ", ".join(each[:12] for each in envelope.signatures)
        names = ", ".join(each.name for each in trusted.values())
        raise Unreadable(f"is signed by an unknown key ({ids}); trusted are {names}")
    try:
        (keyid,) = envelope.verify([*known], threshold=1)
    except VerificationError:
        name = trusted[known[0].keyid].name
        raise Unreadable(f"has a signature that {name} did not make: it was changed") from None
    return envelope.payload, trusted[keyid]


def _read(text: bytes) -> Envelope:
    from securesystemslib.dsse import Envelope

    record = read_json(text)
    try:
        _Envelope.model_validate(record)
        envelope = Envelope.from_dict(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Unreadable(f"is no signed envelope: {place}: {first['msg']}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"is no signed envelope: {error}") from None
    if _text(envelope).encode() != text:
        raise Unreadable("is not spelled as it was written: it was changed")
    return envelope


def _text(envelope: Envelope) -> str:
    record: dict[str, Any] = envelope.to_dict()
    return f"{json.dumps(record, indent=1, sort_keys=True)}\n"
