"""`manifest show`, `check` and `export`: what reads a manifest and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pytest_frictionless.stack.manifest import Manifest
    from pytest_frictionless.workbench.workbench import Workbench

FOUND = 1


def _model(parser: ArgumentParser) -> None:
    parser.add_argument("model", help="path of a checkpoint, or its name in frictionless.yaml")


def _show_arguments(parser: ArgumentParser) -> None:
    _model(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--now", action="store_true", help="what would be written, as far as it is made already"
    )


def _show(given: Namespace) -> int:
    from pytest_frictionless.stack.manifest_file import to_text
    from pytest_frictionless.workbench.stack import manifest_of

    with open_model(given.model) as bench:
        manifest = manifest_of(bench) if given.now else _recorded(bench)
    text = manifest.model_dump_json(indent=2) + "\n" if given.json else to_text(manifest)
    print(text, end="")
    return 0


def _check(given: Namespace) -> int:
    from pytest_frictionless.check import Examiner
    from pytest_frictionless.checks import CHECKS

    checks = {check.name: check for check in CHECKS}
    with open_model(given.model) as bench:
        _recorded(bench)
        verdict = Examiner(bench, checks).verdict(checks["manifest"])
        for finding in verdict.findings:
            print(f"{finding.severity}: {finding.render(root=bench.shop.root)}")
    counts = verdict.measurements.get("differences", {})
    print(
        ", ".join(f"{count} {kind}" for kind, count in counts.items())
        or verdict.skip
        or "no component is recorded"
    )
    return FOUND if verdict.failed or verdict.skip else 0


def _export_arguments(parser: ArgumentParser) -> None:
    _model(parser)
    parser.add_argument("--format", choices=["cyclonedx"], default="cyclonedx", help="ML-BOM")
    parser.add_argument("--output", metavar="FILE", help="file to write; standard output without")


def _export(given: Namespace) -> int:
    from pytest_frictionless.stack.cyclonedx import to_cyclonedx

    with open_model(given.model) as bench:
        text = json.dumps(json.loads(to_cyclonedx(_recorded(bench))), indent=2)
    if given.output:
        Path(given.output).write_text(f"{text}\n", encoding="utf-8")
    else:
        print(text)
    return 0


def _recorded(bench: Workbench) -> Manifest:
    """The manifest beside a checkpoint; raises StepFailed FR050 where there is none."""
    from pytest_frictionless.stack.manifest import manifest_path
    from pytest_frictionless.stack.manifest_file import read_manifest

    path = manifest_path(bench.checkpoint.path)
    if not path.is_file():
        raise StepFailed(
            Finding(code="FR050", message=f"no manifest beside {bench.relative_path}",
                    remedy=f"pytest-frictionless manifest write {bench.relative_path}")
        )  # fmt: skip
    return read_manifest(path)


ACTIONS = (
    Command(name="show", help="print the manifest of a model", arguments=_show_arguments, run=_show),
    Command(name="check", help="compare the manifest with the model and with what runs here",
            arguments=_model, run=_check),
    Command(name="export", help="print the manifest as a bill of materials",
            arguments=_export_arguments, run=_export),
)  # fmt: skip
