"""A manifest as a file: read with the line of each mistake, written so that a diff says what changed."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Place
from pytest_frictionless.stack.manifest import COMPONENTS, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ruamel.yaml.comments import CommentedMap

HEADING = """\
What this model is, and what it was made with.
Written by `pytest-frictionless manifest write`: do not edit."""

COLUMN = 48
"""Where the titles of components begin."""


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; raises StepFailed FR051 with the lines that are wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, [(1, f"it cannot be read: {error}")]) from None
    return manifest_in(text, path)


def manifest_in(text: str, path: Path) -> Manifest:
    """The manifest that a text is, as git may have it from another commit; raises as `read_manifest`."""
    from pytest_frictionless.settings.document import NotYaml, parse
    from pytest_frictionless.settings.explain import problems_of

    try:
        document = parse(text)
    except NotYaml as error:
        raise _unusable(path, [(error.line, f"this is not YAML: {error}")]) from None
    if document is None:
        raise _unusable(path, [(1, "the file is empty")])
    problems = list(document.flaws)
    try:
        manifest = Manifest.model_validate(document.value)
    except ValidationError as error:
        problems += problems_of(error, document, (), Manifest)
    if problems:
        raise _unusable(path, [(document.line(place), said) for place, said in problems])
    return manifest


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest to its file."""
    path.write_text(to_text(manifest), encoding="utf-8")


def to_text(manifest: Manifest) -> str:
    """As it is written: always in the same order, with the titles of the components."""
    from ruamel.yaml import YAML

    content = manifest.model_dump(exclude_none=True)
    order = [name for name in COMPONENTS if name in manifest.components]
    others = [name for name in manifest.components if name not in COMPONENTS]
    content["components"] = {name: manifest.components[name] for name in [*order, *others]}
    root = _mapping(content)
    root.yaml_set_start_comment(HEADING)
    for name, title in COMPONENTS.items():
        if name in manifest.components and title.lower() != name:
            root["components"].yaml_add_eol_comment(title, name, column=COLUMN)
    yaml = YAML()
    yaml.width = 1000  # a text in one line is a change in one line
    stream = io.StringIO()
    yaml.dump(root, stream)
    return stream.getvalue()


def settled(old: Manifest | None, new: Manifest) -> Manifest:
    """What is to be written: the old manifest where nothing but the day has changed.

    Two builds of one engine differ in their bytes (measured), so the digest of a plan that is not
    kept beside the checkpoint says nothing new either.
    """
    if old is None:
        return new
    kept = {"written": old.written, "written_by": old.written_by, "reason": old.reason}
    if "plan" in old.digests and new.plan and not new.plan.file:
        digests = {**new.digests, "plan": old.digests["plan"]}
        if new.model_copy(update={**kept, "digests": digests}) == old:
            return old
    return old if new.model_copy(update=kept) == old else new


def _mapping(content: Mapping[str, Any]) -> CommentedMap:
    """With what is empty left out, and each list in one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    found = CommentedMap()
    for name, value in content.items():
        if isinstance(value, dict):
            value = _mapping(value)
        elif isinstance(value, tuple):
            value = CommentedSeq(value)
            value.fa.set_flow_style()
        if value or isinstance(value, int | datetime.date):
            found[name] = value
    return found


def _unusable(path: Path, problems: list[tuple[int, str]]) -> StepFailed:
    """FR051 with the first problem, and the others below it."""
    (line, said), *others = sorted(problems)
    return StepFailed(
        Finding(
            code="FR051", message=f"{path.name}:{line}: {said}",
            cause="\n".join(f"{path.name}:{at}: {more}" for at, more in others),
            place=Place(file=str(path), line=line),
        )
    )  # fmt: skip
