"""ed25519 keys: the public ones lie in git, a private one comes from CI's secrets."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError, MissingDependency
from pytest_frictionless.evidence.statement import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from securesystemslib.signer import CryptoSigner, SSlibKey

SUFFIX = ".pub"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
BEGIN = "-----BEGIN "
LIMIT_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key whose signatures count, under the name of its file."""

    name: str
    key: SSlibKey


def require_library() -> None:
    """Raise MissingDependency where the signing library is not installed."""
    try:
        import cryptography  # noqa: F401
        import securesystemslib.dsse  # noqa: F401
    except ImportError:
        raise MissingDependency(
            "securesystemslib", purpose="signed evidence", extra="evidence"
        ) from None


def public_keys(paths: Iterable[Path]) -> list[PublicKey]:
    """The keys in these files; raises Unreadable, whose message names the file."""
    return [PublicKey(path.stem, _public_key(path)) for path in paths]


def _public_key(path: Path) -> SSlibKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    try:
        text = _start_of(path)
    except OSError as error:
        raise Unreadable(f"{path.name}: {error.strerror or error}") from None
    if b"PRIVATE KEY" in text:
        raise Unreadable(
            f"{path.name} holds a private key: whoever can read it can sign; replace it"
        )
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable(f"{path.name} holds no public key in PEM form") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable(f"{path.name} holds no ed25519 key, and no other kind is taken")
    return SSlibKey.from_crypto(key)


def signer_of(given: str, environment: Mapping[str, str]) -> CryptoSigner:
    """The private key in an environment variable, or in a file; raises ConfigError.

    Args:
        given: Name of a variable that holds the key, or the path of a file that does (so GitLab
            hands in variables of type File); or such a path itself.
        environment: The variables.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    text = environment.get(given, "").strip()
    if not text.startswith(BEGIN):
        path = Path(text or given)
        try:
            text = _start_of(path).decode("ascii", "replace")
        except OSError as error:
            # What a variable holds is never shown: it may be a key in another form.
            where = f"the variable {given}" if text else f"{given}: no such variable, and as a file"
            raise ConfigError([f"--key: {where}: {error.strerror or 'unreadable'}"]) from None
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(
            [f"--key: {given} holds no private key in PEM form without a password"]
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(
            [f"--key: {given} holds no ed25519 key: pytest-frictionless ci evidence keygen"]
        )
    return CryptoSigner(key)


def generate(private: Path, public: Path) -> None:
    """Make a pair of keys; the private file is for its owner alone. Raises ConfigError."""
    from securesystemslib.signer import CryptoSigner

    if any((folder / ".git").exists() for folder in private.absolute().parents):
        raise ConfigError(
            [f"{private} is inside of a git repository: keep the private key out of it"]
        )
    for path in (private, public):
        if path.exists():
            raise ConfigError([f"{path} exists: a key is never replaced, make one of another name"])
    signer = CryptoSigner.generate_ed25519()
    try:
        private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        public.parent.mkdir(parents=True, exist_ok=True)
        with open(private, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(signer.private_bytes)
        public.write_bytes(pem_of(signer))
    except OSError as error:
        raise ConfigError([f"{error.filename}: {error.strerror}"]) from None


def pem_of(signer: CryptoSigner) -> bytes:
    """The public half of a key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = bytes.fromhex(signer.public_key.keyval["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _start_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(LIMIT_BYTES)
