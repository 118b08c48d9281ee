"""`pytest-frictionless manifest`: what a deployed model was made with, written beside it."""

from __future__ import annotations

from pytest_frictionless.cli import manifest_read, manifest_write
from pytest_frictionless.cli.command import group

COMMAND = group(
    "manifest",
    "write, check and export the version manifest of a model",
    (*manifest_write.ACTIONS, *manifest_read.ACTIONS),
)
