"""`pytest-frictionless ci evidence`: sign what a GPU run found, and verify it where there is no GPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command, group
from pytest_frictionless.cli.project import open_project
from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.finding import shortened
from pytest_frictionless.opening import open_workbench

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from securesystemslib.signer import CryptoSigner

    from pytest_frictionless.evidence.statement import GpuRun
    from pytest_frictionless.reports.results import Results
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.workbench import Workbench

FOUND = 1
KEY = "FRICTIONLESS_EVIDENCE_KEY"
SECRETS = """\
The private key is in {private}: it is shown to nobody, and belongs into no repository.
Hand it to the job that signs, and to no other:
  GitHub  gh secret set {key} --env gpu < {private}
  GitLab  Settings > CI/CD > Variables: {key}, of type File, protected
Commit {public}; who reviews it decides whose verdicts count."""


def _sign_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--results", default=".frictionless/results.json", metavar="FILE",
        help="the record of the GPU run (default: .frictionless/results.json)",
    )  # fmt: skip
    parser.add_argument(
        "--key", default=KEY, metavar="ENVVAR|FILE",
        help=f"private key: the variable that holds it or its file's path, or a file (default: {KEY})",
    )  # fmt: skip
    parser.add_argument(
        "--output", metavar="FOLDER", help="where to write (default: evidence.folder)"
    )


def _sign(given: Namespace) -> int:
    """Sign the verdicts of every checkpoint that a GPU was asked about; a failure is signed as one."""
    from pytest_frictionless.evidence.keys import require_library, signer_of
    from pytest_frictionless.reports.stored import read_results

    require_library()
    results = read_results(Path(given.results))
    signer = signer_of(given.key, os.environ)
    with open_project() as shop:
        _refuse_unknown(shop, signer)
        folder = Path(given.output) if given.output else shop.root / shop.settings.evidence.folder
        lines = [*filter(None, (_signed(each, results, signer, folder) for each in _benches(shop)))]
    if not lines:
        raise ConfigError([f"{given.results}: no item ran on a GPU, there is nothing to sign"])
    print("\n".join(lines))
    return 0


def _refuse_unknown(shop: Shop, signer: CryptoSigner) -> None:
    """Raise ConfigError where nobody would trust the signature."""
    from pytest_frictionless.evidence.statement import Unreadable
    from pytest_frictionless.workbench.signed import trusted_keys

    try:
        trusted = trusted_keys(shop)
    except Unreadable as error:
        raise ConfigError([f"the evidence could not be verified: {error}"]) from None
    if signer.public_key.keyid not in {each.key.keyid for each in trusted}:
        names = ", ".join(each.name for each in trusted)
        raise ConfigError([f"--key is of none of the public keys that are trusted: {names}"])


def _signed(bench: Workbench, results: Results, signer: CryptoSigner, folder: Path) -> str | None:
    """Write the evidence of one checkpoint; the line that tells of it, None where no GPU was asked."""
    from pytest_frictionless.checks import CHECKS
    from pytest_frictionless.evidence.envelope import signed
    from pytest_frictionless.evidence.recorded import gpu_run
    from pytest_frictionless.evidence.statement import Statement
    from pytest_frictionless.reports.stored import write_text
    from pytest_frictionless.workbench.signed import evidence_path, tested

    recorded = next(
        (each for each in results.checkpoints if each.path == bench.relative_path), None
    )
    checks = {check.name for check in CHECKS if check.needs_gpu}
    run = recorded and gpu_run(results, recorded, checks)
    if not recorded or not run:
        return None
    statement = Statement.of(tested(bench, recorded), run)
    path = evidence_path(folder, bench.relative_path)
    try:
        write_text(signed(statement.to_bytes(), signer), path)
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror or error}"]) from None
    return f"{bench.relative_path}: {_counted(run)}, signed in {path}"


def _counted(run: GpuRun) -> str:
    outcomes = [each.outcome for each in run.verdicts]
    return ", ".join(
        f"{outcomes.count(name)} {name}" for name in ("passed", "failed", "skipped") if name in outcomes
    )  # fmt: skip


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="paths (default: every checkpoint)"
    )


def _verify(given: Namespace) -> int:
    """Hold the evidence of each checkpoint to what is here; 1 where one does not hold, or tells a failure."""
    wanted = {Path(name).absolute() for name in given.models}
    good: list[bool] = []
    with open_project() as shop:
        for bench in _benches(shop):
            if not wanted or bench.checkpoint.path in wanted:
                good.append(_verified(bench))
    if not good or len(good) < len(wanted):
        raise ConfigError(["there is no such checkpoint" if wanted else "no checkpoint was found"])
    return 0 if all(good) else FOUND


def _verified(bench: Workbench) -> bool:
    """Print what the evidence says; whether that is good."""
    from pytest_frictionless.workbench.signed import evidence_of

    try:
        evidence = evidence_of(bench)
    except StepFailed as failed:
        missing = failed.finding.code == "FR017"
        told = shortened(failed.finding.headline, bench.shop.root)
        print(f"{bench.relative_path}: {told}")
        return missing and not bench.shop.settings.evidence.require
    run = evidence.statement.predicate
    print(f"{bench.relative_path}: {_counted(run)}, {evidence}")
    failures = [each for each in run.verdicts if each.outcome == "failed"]
    for verdict in failures:
        print(f"  {verdict.item}: {verdict.errors[0].code} {verdict.errors[0].message}")
    return not failures


def _benches(shop: Shop) -> Iterator[Workbench]:
    for checkpoint in shop.checkpoints():
        bench = open_workbench(shop, checkpoint)
        if bench.spec.skip is None:
            yield bench
        bench.close()


def _keygen_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of the key, as gpu-2026")
    parser.add_argument(
        "--private", metavar="FILE",
        help="where the private key is written (default: ~/.config/pytest-frictionless/NAME.pem)",
    )  # fmt: skip


def _keygen(given: Namespace) -> int:
    """Make a pair of keys: the public one for git, the private one for CI's secrets."""
    from pytest_frictionless.evidence.keys import NAME, SUFFIX, generate, require_library

    require_library()
    if not NAME.fullmatch(given.name):
        raise ConfigError([f"{given.name!r} is no name of a key: it takes a-z, 0-9, ., _ and -"])
    default = Path.home() / ".config" / "pytest-frictionless" / f"{given.name}.pem"
    private = Path(given.private) if given.private else default
    with open_project() as shop:
        public = shop.root / shop.settings.evidence.folder / "keys" / f"{given.name}{SUFFIX}"
    generate(private, public)
    print(SECRETS.format(private=private, public=public, key=KEY))
    return 0


ACTIONS = (
    Command(
        name="sign", help="sign what a GPU run found", about=_sign.__doc__ or "",
        arguments=_sign_arguments, run=_sign,
    ),
    Command(
        name="verify", help="verify the evidence, and hold it to what is here",
        about=_verify.__doc__ or "", arguments=_verify_arguments, run=_verify,
    ),
    Command(
        name="keygen", help="make a pair of keys", about=_keygen.__doc__ or "",
        arguments=_keygen_arguments, run=_keygen,
    ),
)  # fmt: skip

COMMAND = group("evidence", "sign what a GPU run found; verify it where there is no GPU", ACTIONS)
