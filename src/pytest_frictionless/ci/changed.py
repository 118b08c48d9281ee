"""Which checkpoints changed since a commit, through everything that they depend on."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.ci.changes import Changes
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.git import GitFailed, merge_base, text_at
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.read import Entries, default_settings, read_settings

if TYPE_CHECKING:
    from pytest_frictionless.ci.tree import Tree
    from pytest_frictionless.settings.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The checkpoints to test."""

    reasons: dict[str, str]
    """Why each of them is tested, by place."""
    problem: Finding | None = None
    """FR015, where nobody can tell what changed: everything is tested."""


def changed_since(tree: Tree, ref: str) -> Selection:
    """Select what changed between the point where HEAD left `ref` and what lies here now.

    Where that cannot be told, everything is selected: a check is never left out for want of knowledge.
    """
    everything = [model.place for model in tree.models]
    try:
        base = merge_base(tree.root, ref)
        changes = Changes(tree, base)
    except GitFailed as failed:
        reason = "what changed is not known"
        return Selection(reasons=dict.fromkeys(everything, reason), problem=_unknown(ref, failed))
    try:
        before = _settings_at(tree, base) if CONFIG_FILE in changes.places else tree.settings
    except ConfigError:
        reason = f"{CONFIG_FILE} of that commit cannot be read"
        return Selection(reasons=dict.fromkeys(everything, reason))
    if reason := changes.for_all() or _section_changed(before, tree.settings):
        return Selection(reasons=dict.fromkeys(everything, reason))
    entries = Entries(before)
    reasons: dict[str, str] = {}
    for group in tree.groups().values():
        told = [
            f"its entry in {CONFIG_FILE} changed"
            if entries.match(model.place) != model.match
            else changes.reason(model)
            for model in group
        ]
        if reason := next(filter(None, told), ""):
            reasons |= dict.fromkeys((model.place for model in group), reason)
    return Selection(reasons=reasons)


def _unknown(ref: str, failed: GitFailed) -> Finding:
    return Finding(
        code="FR015",
        message=f"everything is tested, as what changed since {ref} cannot be told: {failed}",
        severity=Severity.WARNING,
    )


def _settings_at(tree: Tree, commit: str) -> Settings:
    """The settings of a commit; raises ConfigError where they cannot be read."""
    text = text_at(tree.root, commit, CONFIG_FILE)
    if text is None:
        return default_settings()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, CONFIG_FILE)
        file.write_bytes(os.fsencode(text))
        return read_settings(file)


def _section_changed(before: Settings, now: Settings) -> str:
    """Which section changed that holds for all models."""
    names = [name for name in type(now).model_fields if name != "models"]
    changed = [name for name in names if getattr(before, name) != getattr(now, name)]
    return f"`{changed[0]}` in {CONFIG_FILE} changed" if changed else ""
