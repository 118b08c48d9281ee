"""`pytest-frictionless container`: a Dockerfile, and a dev-container, for the stack of a manifest."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model, open_project
from pytest_frictionless.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pytest_frictionless.stack.manifest import Manifest
    from pytest_frictionless.workbench.shop import Shop

OF_STACK = ("os", "glibc", "gpu", "compute_capability", "nvidia_driver", "cuda_driver", "exporter")
"""Components of a machine, or of a route: two manifests may differ in them, and an image has none."""


def arguments(parser: ArgumentParser) -> None:
    """Declare what is written, each with a file to write it to."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    docker = actions.add_parser("dockerfile", help="print or write a Dockerfile")
    docker.add_argument(
        "model",
        nargs="?",
        help="a checkpoint, or a name of frictionless.yaml (default: all with a manifest)",
    )
    docker.set_defaults(act=_dockerfile)
    dev = actions.add_parser("devcontainer", help="print or write devcontainer.json")
    dev.add_argument(
        "--dockerfile", type=Path, default=Path("Dockerfile"),
        help="the Dockerfile it builds, from the repository (default: Dockerfile)",
    )  # fmt: skip
    dev.set_defaults(act=_devcontainer)
    for action in (docker, dev):
        action.add_argument(
            "-o", "--output", type=Path, help="the file to write (default: print it)"
        )


def run(given: Namespace) -> int:
    """Write what was asked for."""
    status: int = given.act(given)
    return status


def _dockerfile(given: Namespace) -> int:
    from pytest_frictionless.stack.containers.dockerfile import dockerfile
    from pytest_frictionless.stack.containers.recipe import recipe_for
    from pytest_frictionless.stack.environment import components as installed

    with open_project() as shop:
        manifests = _manifests(shop, given.model)
        components = _common(
            {name: each.components for name, each in manifests.items()} or {"": installed()}
        )
        origin = (
            ", ".join(manifests) or "what is installed and frictionless.yaml: there is no manifest"
        )
        digests = {
            name: hashlib.sha256((shop.root / name).read_bytes()).hexdigest() for name in manifests
        }
        recipe = recipe_for(components, shop.settings.target, origin=origin, digests=digests)
    _write(dockerfile(recipe), given.output)
    for remark in recipe.remarks:
        print(f"note: {remark}", file=sys.stderr)
    return 0


def _devcontainer(given: Namespace) -> int:
    from pytest_frictionless.stack.containers.devcontainer import devcontainer

    with open_project() as shop:
        root = shop.root
    folder = (given.output or root / ".devcontainer/devcontainer.json").absolute().parent
    docker = root / given.dockerfile
    text = devcontainer(
        name=root.name, dockerfile=_from(folder, docker), context=_from(folder, root)
    )
    _write(text, given.output)
    if not docker.is_file():
        print(
            f"note: there is no {given.dockerfile}: pytest-frictionless container dockerfile "
            f"-o {given.dockerfile}", file=sys.stderr,
        )  # fmt: skip
    return 0


def _from(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _manifests(shop: Shop, model: str | None) -> dict[str, Manifest]:
    """The manifests to write from, by path: of one model, or of every checkpoint that has one."""
    from pytest_frictionless.place import path_below
    from pytest_frictionless.stack.manifest import manifest_path
    from pytest_frictionless.stack.manifest_file import read_manifest

    if model is not None:
        with open_model(model) as bench:
            paths = [manifest_path(bench.checkpoint.path)]
        if not paths[0].is_file():
            raise ConfigError(
                [f"{model} has no manifest: pytest-frictionless manifest write {model}"]
            )
    else:
        found = shop.checkpoints()
        paths = [path for each in found if (path := manifest_path(each.path)).is_file()]
    return {path_below(path, shop.root): read_manifest(path) for path in paths}


def _common(stacks: dict[str, dict[str, str]]) -> dict[str, str]:
    """Components of an image that all stacks have alike; raises ConfigError where two do not."""
    components: dict[str, tuple[str, str]] = {}
    problems = []
    for name, stack in stacks.items():
        for component, version in stack.items():
            if component in OF_STACK:
                continue
            first, known = components.setdefault(component, (name, version))
            if known != version:
                problems.append(f"{component} is {known} in {first}, and {version} in {name}")
    if problems:
        raise ConfigError([*problems, "one image cannot hold both: name the model to write it for"])
    return {component: version for component, (_, version) in components.items()}


def _write(text: str, output: Path | None) -> None:
    """Print, or write over nothing but what was written by this command."""
    from pytest_frictionless.stack.containers.dockerfile import MARK

    if output is None:
        print(text, end="")
        return
    if not output.parent.is_dir():
        raise ConfigError([f"{output.parent} is no folder: {output.name} cannot be written there"])
    if output.exists() and not (output.is_file() and MARK in output.read_text(errors="replace")):
        raise ConfigError([f"{output} exists and was written by hand: name another file"])
    output.write_text(text)
    print(f"written: {output}")


COMMAND = Command(
    name="container", help="write a Dockerfile or a dev-container that holds the stack of a manifest",
    arguments=arguments, run=run,
)  # fmt: skip
