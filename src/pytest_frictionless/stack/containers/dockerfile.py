"""Writes a Dockerfile from a recipe."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.stack.containers.recipe import Recipe

MARK = "Written by `pytest-frictionless container"
"""In the first line of what is written: such a file may be written again."""
USER = "frictionless"
_USER_ID = 10001
"""Above those of the users that images bring, and of the people of most machines."""
VENV = "/opt/venv"
_PYTHON = """\
# The index of Ubuntu keeps no older versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \\
 && apt-get install --no-install-recommends --yes python3 python3-pip python3-venv \\
 && rm -rf /var/lib/apt/lists/*
"""


def dockerfile(recipe: Recipe) -> str:
    """The text of a Dockerfile: the image by tag and digest, every package by its exact version."""
    base = recipe.base
    python = [] if base.has_python else [_PYTHON]
    return "\n".join(
        [
            *_heading(recipe),
            f"FROM {base.image}",
            "",
            *_environment(recipe),
            *python,
            *_install(recipe),
        ]
    )


def _heading(recipe: Recipe) -> Iterator[str]:
    yield "# syntax=docker/dockerfile:1"
    yield f"# {MARK} dockerfile`: do not edit."
    yield f"# From {spelled(PurePath(recipe.origin))}."
    yield f"# Image: {recipe.base.why}."
    for remark in recipe.remarks:
        yield f"# {remark}"


def _environment(recipe: Recipe) -> Iterator[str]:
    image = recipe.base.image
    yield "# What the tests record as their container: an image cannot tell its own name."
    yield f"ARG FRICTIONLESS_CONTAINER={image.tagged}"
    yield f"ARG FRICTIONLESS_CONTAINER_DIGEST={image.digest}"
    yield (
        "ENV FRICTIONLESS_CONTAINER=${FRICTIONLESS_CONTAINER} \\\n"
        "    FRICTIONLESS_CONTAINER_DIGEST=${FRICTIONLESS_CONTAINER_DIGEST} \\\n"
        f"    VIRTUAL_ENV={VENV} \\\n"
        f"    PATH={VENV}/bin:${{PATH}}\n"
    )
    labels = {
        "org.opencontainers.image.title": "pytest-frictionless",
        "org.opencontainers.image.description": f"The stack of {recipe.origin}",
        "org.opencontainers.image.base.name": image.tagged,
        "org.opencontainers.image.base.digest": image.digest,
        **{
            f"pytest-frictionless.manifest.{number}": f"{path}@sha256:{digest}"
            for number, (path, digest) in enumerate(recipe.digests.items(), 1)
        },
    }
    said = [f"{name}={_quoted(value)}" for name, value in labels.items() if value]
    yield "LABEL " + " \\\n      ".join(said) + "\n"


def _install(recipe: Recipe) -> Iterator[str]:
    yield "# The packages of the image stay visible: its TensorRT is the one that engines are built with."
    commands = [f"python3 -m venv --without-pip --system-site-packages {VENV}"]
    if recipe.packages:
        install = f"python3 -m pip --python {VENV}/bin/python install --no-cache-dir"
        commands.append(" \\\n      ".join([install, *recipe.packages]))
    commands.append(f"useradd --create-home --uid {_USER_ID} {USER}")
    yield "RUN " + " \\\n && ".join(commands) + "\n"
    yield f"WORKDIR /workspace\nUSER {_USER_ID}\n"


def _quoted(text: str) -> str:
    """A value of LABEL: in quotes, with nothing in it that is taken for a variable."""
    return json.dumps(spelled(PurePath(text)), ensure_ascii=False).replace("$", "\\$")
