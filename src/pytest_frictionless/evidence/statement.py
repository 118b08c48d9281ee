"""What is signed: an in-toto Statement of what a GPU run found for one checkpoint.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from pytest_frictionless.finding import Severity
from pytest_frictionless.settings.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:pytest-frictionless:gpu-run:v1"
SUFFIX = ".intoto.json"


class Unreadable(ValueError):
    """The text is no statement, or no envelope; the message continues a sentence: "is no JSON"."""


class Digest(Section):
    """Of a content."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Subject(Section):
    """Something that was tested, by its content."""

    name: str = Field(min_length=1)
    digest: Digest


class SignedFinding(Section):
    """What a check answered."""

    code: str = Field(pattern=r"^[A-Z]+[0-9]+$")
    message: str
    cause: str = ""
    severity: Severity


class SignedVerdict(Section):
    """What became of one item that needs a GPU."""

    item: str = Field(min_length=1)
    """Its name, as `run-online-max`; the node id begins with the path of the checkpoint."""
    outcome: Literal["passed", "failed", "skipped"]
    findings: tuple[SignedFinding, ...] = ()
    """Those that were suppressed too: whether they count is for who verifies."""
    skip: str = ""
    """Why it was not asked."""
    measurements: dict[str, str | int | float | bool] = Field({})

    @model_validator(mode="after")
    def _failed_for_a_reason(self) -> SignedVerdict:
        if self.outcome == "failed" and not self.errors:
            raise ValueError(f"{self.item} failed, and no finding says why")
        return self

    @property
    def errors(self) -> tuple[SignedFinding, ...]:
        """The findings that failed it, unless they were suppressed."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


class GpuRun(Section):
    """The predicate: where the items ran, with which settings, and what became of each."""

    checkpoint: str = Field(min_length=1)
    """Path from the root of the repository."""
    written_by: str
    run_at: AwareDatetime
    """When the run began, in UTC."""
    commit: str = ""
    """What was checked out; empty where git did not know."""
    modified: bool = False
    """Whether tracked files differed from the commit."""
    gpu: str
    engine: str
    """As "TensorRT-RTX 1.6.1.120"."""
    environment_key: str = ""
    """What latencies are compared by: see `latency.key`."""
    environment: dict[str, str] = Field({})
    """Version of each component of the stack, by the names of the version manifest."""
    settings: dict[str, str] = Field({})
    """SHA-256 of each setting that the verdicts depend on."""
    sources: dict[str, str] = Field({})
    """Digest of each file of the user that fed the engine, by its path from the root."""
    verdicts: tuple[SignedVerdict, ...]


class Statement(Section):
    """An in-toto Statement about one checkpoint."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(STATEMENT_TYPE, alias="_type")
    subject: tuple[Subject, ...]
    predicate_type: Literal["urn:pytest-frictionless:gpu-run:v1"] = Field(
        PREDICATE_TYPE, alias="predicateType"
    )
    predicate: GpuRun

    @model_validator(mode="after")
    def _each_once(self) -> Statement:
        for what, names in (
            ("subject", [each.name for each in self.subject]),
            ("item", [each.item for each in self.predicate.verdicts]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"the {what} {twice} is there twice")
        return self

    @classmethod
    def of(cls, digests: Mapping[str, str], predicate: GpuRun) -> Statement:
        """The statement of what has these digests, by name: checkpoint, onnx and plan."""
        subject = tuple(
            Subject(name=name, digest=Digest(sha256=each)) for name, each in digests.items()
        )
        return cls(subject=subject, predicate=predicate)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of checkpoint, onnx and plan."""
        return {each.name: each.digest.sha256 for each in self.subject}

    def to_bytes(self) -> bytes:
        """The payload: JSON in one spelling."""
        plain = self.model_dump(mode="json", by_alias=True)
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def read_statement(payload: bytes) -> Statement:
    """The statement in a payload whose signature has been verified; raises Unreadable."""
    record = read_json(payload)
    if not isinstance(record, dict):
        raise Unreadable("holds no statement")
    for key, wanted in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if record.get(key) != wanted:
            raise Unreadable(
                f"is of another version: its {key} is {record.get(key)!r}, not {wanted!r}"
            )
    try:
        return Statement.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Unreadable(f"holds no statement of a GPU run: {place}: {first['msg']}") from None


def read_json(text: bytes) -> Any:
    """JSON in which no key is written twice; raises Unreadable."""
    try:
        return json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_constant)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is no JSON: {error}") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"has the key {twice!r} twice")
    return found


def _no_constant(name: str) -> Any:
    raise Unreadable(f"holds {name}, which JSON has no word for")
