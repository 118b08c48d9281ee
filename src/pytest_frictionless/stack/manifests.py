"""Every manifest of a repository beside what runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.discovery import checkpoints_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Place
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.read import spec_for
from pytest_frictionless.stack.differences import differences, findings_of
from pytest_frictionless.stack.manifest import manifest_path
from pytest_frictionless.stack.manifest_file import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_frictionless.finding import Finding
    from pytest_frictionless.settings.settings import Settings
    from pytest_frictionless.stack.differences import Difference

OF_A_CHECKPOINT = ("exporter", "onnx_parser")
"""Components that are known once a checkpoint is exported and parsed: the `manifest` check asks them."""


def compared(
    root: Path, settings: Settings, running: Mapping[str, str]
) -> Iterator[tuple[str, tuple[Difference, ...]]]:
    """Path of each checkpoint that has a manifest, and what differs; raises StepFailed FR051."""
    for checkpoint in checkpoints_of(root, roots=settings.roots, exclude=settings.exclude):
        path = manifest_path(checkpoint.path)
        if not path.is_file():
            continue
        recorded = read_manifest(path)
        name = path_below(checkpoint.path, root)
        spec = spec_for(settings, name).spec
        unasked = {k: v for k, v in recorded.components.items() if k in OF_A_CHECKPOINT}
        found = differences(
            recorded, {**running, **unasked}, settings.target,
            precision=spec.precision if spec else None,
            pin=(spec.opset if spec else None) or settings.opset,
        )  # fmt: skip
        yield name, tuple(each for each in found if each.component not in unasked)


def manifest_findings(
    root: Path, settings: Settings, running: Mapping[str, str]
) -> Iterator[Finding]:
    """One finding for each difference that matters, whatever number of manifests shows it."""
    first: dict[tuple[str, str], Finding] = {}
    models: dict[tuple[str, str], list[str]] = {}
    try:
        for checkpoint, found in compared(root, settings, running):
            for finding in findings_of(found):
                key = finding.code, finding.message
                first.setdefault(key, finding)
                models.setdefault(key, []).append(checkpoint)
    except StepFailed as failed:
        yield failed.finding
        return
    for key, finding in first.items():
        place = Place(file=str(manifest_path(root / models[key][0]).relative_to(root)), line=1)
        others = tuple(("also in", name) for name in models[key][1:])
        yield replace(finding, place=place, evidence=(*finding.evidence, *others))
