"""Which components of the stack a branch changes: more than one at once cannot be told apart."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.git import GitFailed, git
from pytest_frictionless.settings.document import NotYaml, parse
from pytest_frictionless.stack.manifest import SUFFIX
from pytest_frictionless.stack.manifest_file import manifest_in
from pytest_frictionless.stack.pins import reader_of
from pytest_frictionless.stack.pins.pin import Reading, Unreadable
from pytest_frictionless.stack.pins.requirements import read_requirements
from pytest_frictionless.upgrade.components import REST
from pytest_frictionless.upgrade.pins import pins_in, pins_of_manifest
from pytest_frictionless.upgrade.plan import Move, Step, moves, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_frictionless.upgrade.pins import Pins

CONFIG_FILE = "frictionless.yaml"
FILES = (
    f"*{SUFFIX}",
    "*constraints*.txt",
    "*requirements*.txt",
    "*requirements/*.txt",
    CONFIG_FILE,
)
"""What pins the stack: manifests, constraints, requirements, and the opset in frictionless.yaml."""
BASES = {"GITHUB_BASE_REF": "origin/{}", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "{}"}
"""Variables by which GitHub and GitLab name what a pull request is compared with."""


def base_of_pull_request(environment: Mapping[str, str]) -> str:
    """The ref that CI compares with; empty where this is no pull request."""
    said = ((environment.get(name, ""), form) for name, form in BASES.items())
    return next((form.format(value) for value, form in said if value), "")


def several_changes(root: Path, ref: str) -> Finding | None:
    """FR080 where more than one component changed since the branch left `ref`; None otherwise.

    Args:
        root: Folder of the repository.
        ref: Branch, tag or commit; what counts is where this branch left it.

    Raises:
        ConfigError: git cannot tell.
    """
    files: dict[Move, list[str]] = {}
    for name, before, after in changed_pins(root, ref):
        for move in moves(before, after):
            if move.before:
                files.setdefault(move, []).append(name)
    steps = [step for step in steps_of(tuple(files)) if step.component is not REST]
    if len(steps) < 2:
        return None
    return Finding(
        code="FR080",
        message=f"{len(steps)} components of the stack change at once since {ref}: "
        + ", ".join(str(step.moves[0]) for step in steps),
        evidence=tuple(_shown(step, files) for step in steps),
        severity=Severity.WARNING,
    )


def _shown(step: Step, files: Mapping[Move, list[str]]) -> tuple[str, str]:
    said = "; ".join(f"{move} in {', '.join(files[move])}" for move in step.moves)
    return step.component.title, said


def pins_since(root: Path, ref: str) -> tuple[Pins, Pins]:
    """All versions that changed files name, where the branch left `ref` and now."""
    before: Pins = {}
    after: Pins = {}
    for _, old, new in changed_pins(root, ref):
        before |= old
        after |= new
    return before, after


def changed_pins(root: Path, ref: str) -> Iterator[tuple[str, Pins, Pins]]:
    """Each changed file that pins versions: its path, and what it named then and names now.

    A file that is new, or gone, has nothing to compare with.
    """
    base = _git(root, "merge-base", ref, "HEAD").strip()
    listed = _git(root, "diff", "--name-only", "--relative", "--diff-filter=M", "-z", base)
    for name in filter(None, listed.split("\0")):
        if (named := _reader(name)) is not None:
            now = (root / name).read_text(errors="replace")
            yield name, named(_git(root, "show", f"{base}:./{name}")), named(now)


def _reader(name: str) -> Callable[[str], Pins] | None:
    """What tells the versions in a file of this name; None where it pins nothing."""
    path = PurePosixPath(name)
    if path.name == CONFIG_FILE:
        return _pinned_opset
    if name.endswith(SUFFIX):
        return partial(_recorded, name)
    read = reader_of(name)
    if read is read_requirements:
        return lambda text: pins_in(text, Path(name))
    return partial(_locked, read, name) if read is not None else None


def _recorded(name: str, text: str) -> Pins:
    """The components of a manifest."""
    try:
        return pins_of_manifest(manifest_in(text, Path(name)))
    except StepFailed:
        return {}  # the manifest's own item tells


def _pinned_opset(text: str) -> Pins:
    """The opset that a frictionless.yaml pins for all models."""
    try:
        document = parse(text)
    except NotYaml:
        return {}
    settings: Any = document.value if document else None
    pinned = settings.get("opset") if isinstance(settings, dict) else None
    version = pinned.get("version") if isinstance(pinned, dict) else None
    return {"opset": str(version)} if version else {}


def _locked(read: Callable[[str, Reading], None], name: str, text: str) -> Pins:
    """The components in a lock file or a Dockerfile, and the image it builds on where it is one."""
    reading = Reading(file=name)
    try:
        read(text, reading)
    except Unreadable:
        return {}  # FR075 tells
    pins = {pin.component: str(pin.version) for pin in reading.pins if pin.version}
    images = {use.image for use in reading.images}
    return {**pins, "container": images.pop()} if len(images) == 1 else pins


def _git(root: Path, *arguments: str) -> str:
    """What git says; raises ConfigError where it cannot."""
    try:
        return git(root, *arguments)
    except GitFailed as failed:
        raise ConfigError(
            [f"git cannot tell what changed: {failed}. Fetch the whole history (fetch-depth: 0)."]
        ) from None
