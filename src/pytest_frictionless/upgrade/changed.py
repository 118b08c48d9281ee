"""Files that pin versions and that a branch changed, under whatever name: what they named, and name now."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.git import GitFailed, git, untracked_files
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.document import NotYaml, parse
from pytest_frictionless.stack.manifest import SUFFIX
from pytest_frictionless.stack.manifest_file import manifest_in
from pytest_frictionless.stack.pins import reader_of
from pytest_frictionless.stack.pins.pin import Reading, Unreadable
from pytest_frictionless.stack.pins.requirements import read_requirements
from pytest_frictionless.upgrade.pins import pins_in, pins_of_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_frictionless.upgrade.pins import Pins

ALIKE = 0.5
"""Share of their names that two files have in common, where one is taken for the other under a new name."""


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

    A file that is new, or gone, has nothing to compare with, unless it is one that was renamed. git knows it
    by its lines; where most of these are others now, by the names that it pins.
    """
    base = _git(root, "merge-base", ref, "HEAD").strip()
    gone: dict[str, Pins] = {}
    new: dict[str, Pins] = {}
    for old, now in _changes(root, base):
        before = _pins(old, lambda name: _git(root, "show", f"{base}:./{name}"))
        after = _pins(now, lambda name: (root / name).read_text(errors="replace"))
        if before is not None and after is not None:
            yield now if old == now else f"{now} (was {old})", before, after
        elif before and not old.endswith(SUFFIX):
            gone[old] = before
        elif after and not now.endswith(SUFFIX):
            new[now] = after
    for old, now in _renamed(gone, new):
        yield f"{now} (was {old})", gone[old], new[now]


def _changes(root: Path, base: str) -> Iterator[tuple[str, str]]:
    """Path of each changed file then and now; empty where it was, or is, not there."""
    listed = _git(
        root, "diff", "--name-status", "--relative", "--find-renames", "--diff-filter=MRAD", "-z", base
    )  # fmt: skip
    is_gone = False
    words = iter(listed.split("\0"))
    for status in filter(None, words):
        name = next(words)
        is_gone = is_gone or status == "D"
        match status[0]:
            case "R":
                yield name, next(words)
            case "A":
                yield "", name
            case "D":
                yield name, ""
            case _:
                yield name, name
    for name in sorted(untracked_files(root)) if is_gone else ():
        yield "", name  # renamed, and not told to git yet


def _pins(name: str, text_of: Callable[[str], str]) -> Pins | None:
    """The versions that a file names; None where there is none, or it pins nothing."""
    named = _reader(name) if name and not name.startswith("../") else None
    return named(text_of(name)) if named is not None else None


def _renamed(gone: Mapping[str, Pins], new: Mapping[str, Pins]) -> Iterator[tuple[str, str]]:
    """Pairs of files that are gone and new and pin the same names, those with the most in common first."""
    shares = {
        (old, now): len(gone[old].keys() & new[now]) / len(gone[old].keys() | new[now])
        for old, now in product(gone, new)
    }
    used: set[str] = set()
    for pair in sorted(shares, key=lambda pair: (-shares[pair], pair)):
        if shares[pair] >= ALIKE and used.isdisjoint(pair):
            used.update(pair)
            yield pair


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
    images = {use.image for use in reading.images if not use.copied}
    return {**pins, "container": images.pop()} if len(images) == 1 else pins


def _git(root: Path, *arguments: str) -> str:
    """What git says; raises ConfigError where it cannot."""
    try:
        return git(root, *arguments)
    except GitFailed as failed:
        raise ConfigError(
            [f"git cannot tell what changed: {failed}. Fetch the whole history (fetch-depth: 0)."]
        ) from None
