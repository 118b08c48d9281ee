"""What GitHub and GitLab tell a job by variables, and what a job tells them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.results import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping


def shard_of(given: str | None, environment: Mapping[str, str]) -> Shard:
    """The part that was asked for, else that of GitLab's `parallel`, else the whole.

    https://docs.gitlab.com/ci/variables/predefined_variables/

    Raises:
        ConfigError: It is no part of a whole.
    """
    index, total = environment.get("CI_NODE_INDEX"), environment.get("CI_NODE_TOTAL")
    try:
        return Shard.parse(given or (f"{index}/{total}" if index and total else "1/1"))
    except ValueError as error:
        raise ConfigError([f"--shard {error}"]) from None


def set_outputs(environment: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Set the outputs of a step on GitHub; elsewhere nothing.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

    Raises:
        ConfigError: The file that GitHub names cannot be written.
        ValueError: A value has several lines, and would set other outputs.
    """
    file = environment.get("GITHUB_OUTPUT")
    if not file:
        return
    if any("\n" in value or "\r" in value for value in outputs.values()):
        raise ValueError(f"an output has several lines: {outputs}")
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name}={value}\n" for name, value in outputs.items())
    except OSError as error:
        raise ConfigError([f"GITHUB_OUTPUT {file}: {error.strerror or error}"]) from None


def stopped_commands(environment: Mapping[str, str]) -> tuple[str, str]:
    """Lines to print before and after what others print; both empty where nobody reads commands.

    GitHub takes each line that begins with `::` for a command, and a checkpoint may be called so.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return "", ""
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"
