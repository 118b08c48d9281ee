"""Writes devcontainer.json: an editor opens the repository in the container of its stack."""

from __future__ import annotations

import json

from pytest_frictionless.stack.containers.dockerfile import MARK, USER, VENV


def devcontainer(*, name: str, dockerfile: str, context: str) -> str:
    """The text of devcontainer.json, as containers.dev/implementors/json_reference describes it.

    Args:
        name: What the editor calls it.
        dockerfile: Path of the Dockerfile from the folder of devcontainer.json, posix.
        context: Path of the repository from there.
    """
    content = {
        "name": name,
        "build": {"dockerfile": dockerfile, "context": context},
        # Opens without a GPU too: then what needs one is skipped.
        "hostRequirements": {"gpu": "optional"},
        "runArgs": ["--ipc=host"],
        "remoteUser": USER,
        "customizations": {
            "vscode": {
                "extensions": ["ms-python.python"],
                "settings": {
                    "python.defaultInterpreterPath": f"{VENV}/bin/python",
                    "python.testing.pytestEnabled": True,
                    "python.testing.pytestArgs": ["--frictionless"],
                },
            }
        },
    }
    return f"// {MARK} devcontainer`: do not edit.\n{json.dumps(content, indent=2)}\n"
