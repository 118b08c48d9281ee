"""Signed evidence of one checkpoint: where it lies, what it is held to, and whether it holds."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError, MissingDependency, NotMade, StepFailed
from pytest_frictionless.evidence import keys
from pytest_frictionless.evidence.envelope import LIMIT_BYTES, opened
from pytest_frictionless.evidence.statement import SUFFIX, Unreadable, read_statement
from pytest_frictionless.evidence.validity import Present, differences, stale
from pytest_frictionless.finding import Finding
from pytest_frictionless.stack.plan_header import read_header
from pytest_frictionless.workbench import sources, stack
from pytest_frictionless.workbench.deployed import digest_of, plan_beside
from pytest_frictionless.workbench.gpu_settings import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.evidence.statement import GpuRun, Statement
    from pytest_frictionless.reports.results import Checkpoint
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.workbench import Workbench

RERUN = "run `pytest --frictionless` on a machine with a GPU, then `pytest-frictionless ci evidence sign`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A statement whose signature is good, and that speaks of what is here."""

    statement: Statement
    signed_by: str
    """Name of the key."""

    def __str__(self) -> str:
        run = self.statement.predicate
        return (
            f"signed by {self.signed_by}, run on {run.run_at:%Y-%m-%d} on {run.gpu}, {run.engine}"
        )


def evidence_path(folder: Path, checkpoint: str) -> Path:
    """Where the evidence of a checkpoint lies: its path again, below the folder."""
    parts = PurePosixPath(checkpoint.lstrip("/")).parts
    if ".." in parts:
        raise ConfigError([f"{checkpoint} is outside of the repository: it has no evidence"])
    return folder.joinpath(*parts[:-1], parts[-1] + SUFFIX)


def evidence_of(bench: Workbench) -> Evidence:
    """The evidence of a checkpoint.

    Raises:
        StepFailed: FR017, there is none; FR018, it cannot be trusted; FR019, it does not hold any more.
            Also what keeps the checkpoint from being exported.
    """
    statement, key = _opened(bench)
    settings = bench.shop.settings
    try:
        now = _present(bench, statement.predicate)
    except MissingDependency as missing:
        message = f"the evidence for {bench.relative_path} cannot be held to its ONNX file"
        raise StepFailed(Finding(code="FR018", message=f"{message}: {missing}")) from None
    reasons = differences(
        statement, now, settings.target, max_age_days=settings.evidence.max_age_days,
        time=datetime.datetime.now(datetime.UTC),
    )  # fmt: skip
    if (finding := stale(bench.relative_path, reasons)) is not None:
        raise StepFailed(finding)
    return Evidence(statement=statement, signed_by=key)


def trusted_keys(shop: Shop) -> list[keys.PublicKey]:
    """The public keys whose signatures count; raises Unreadable, or MissingDependency."""
    keys.require_library()
    asked, folder = shop.settings.evidence.keys, shop.root / shop.settings.evidence.folder / "keys"
    paths = [shop.root / name for name in asked] or sorted(folder.glob(f"*{keys.SUFFIX}"))
    if not paths:
        raise Unreadable(f"there is no {keys.SUFFIX} file in {folder}")
    return keys.public_keys(paths)


def _opened(bench: Workbench) -> tuple[Statement, str]:
    shop = bench.shop
    path = evidence_path(shop.root / shop.settings.evidence.folder, bench.relative_path)
    try:
        with open(path, "rb") as file:
            text = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        message = f"there is no evidence of a GPU run for {bench.relative_path}"
        raise StepFailed(Finding(code="FR017", message=message)) from None
    except OSError as error:
        raise StepFailed(_untrusted(path, f"cannot be read: {error.strerror}", shop)) from None
    try:
        trusted = trusted_keys(shop)
    except (Unreadable, MissingDependency) as error:
        raise StepFailed(_untrusted(path, f"cannot be verified: {error}", shop)) from None
    try:
        payload, key = opened(text, trusted)
        return read_statement(payload), key.name
    except Unreadable as error:
        raise StepFailed(_untrusted(path, str(error), shop)) from None


def _untrusted(path: Path, why: str, shop: Shop) -> Finding:
    return Finding(code="FR018", message=f"{path.relative_to(shop.root)} {why}")


def _present(bench: Workbench, signed: GpuRun) -> Present:
    digests = {
        "checkpoint": stack.checkpoint_digest(bench), "onnx": stack.onnx_digest(bench),
        "plan": _deployed(bench, signed.engine),
    }  # fmt: skip
    return Present(
        checkpoint=bench.relative_path, settings=settings_of(bench),
        digests={name: digest for name, digest in digests.items() if digest},
        changed=[*sources.changed(signed.sources, base=bench.shop.root, memo=bench.shop.store.memo)],
    )  # fmt: skip


def _deployed(bench: Workbench, engine: str) -> str:
    """Digest of the plan beside the checkpoint; empty where there is none of this kind of engine."""
    path = plan_beside(bench)
    if path is None:
        return ""
    try:
        kind = read_header(path).title.rpartition(" ")[0]
    except StepFailed:
        kind = ""  # it is none, and no plan that ran
    return "" if kind and kind != engine.rpartition(" ")[0] else digest_of(bench, path)


def tested(bench: Workbench, recorded: Checkpoint) -> dict[str, str]:
    """SHA-256 of checkpoint, onnx and plan that a run has tested.

    Nothing is made here: it must be what the run left, and what it has recorded.

    Raises:
        ConfigError: Something is gone, or is another file by now.
    """
    made = {(each.kind, each.sha256) for each in recorded.made}
    try:
        with bench.steps.only_found():
            plan = bench.plan(list(bench.profiles))
            there = {"onnx": bench.onnx_path(), "plan": plan.folder / str(plan.record["plan"])}
            now = {kind: digest_of(bench, path) for kind, path in there.items()}
    except NotMade as error:
        raise ConfigError(
            [f"{bench.relative_path}: what was tested is not here any more ({error}): {RERUN}"]
        ) from None
    changed = [
        *(path for path, sha in recorded.files.items() if digest_of(bench, bench.shop.root / path) != sha),
        *(f"its {pair[0]}" for pair in now.items() if pair not in made),
    ]  # fmt: skip
    if changed or not recorded.files:
        what = ", ".join(changed) or "the checkpoint"
        raise ConfigError([f"{bench.relative_path}: {what} is not what was tested: {RERUN}"])
    digests = {"checkpoint": stack.checkpoint_digest(bench), "onnx": stack.onnx_digest(bench)}
    return {**digests, "plan": now["plan"]}
