"""Code of the repository that checkpoints are tested with, and which files such code may read."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_frictionless.ci.tree import Model, Tree

UNREAD = (
    # documentation
    "*.md", "*.mdx", "*.rst", "*.adoc", "*.pdf", "*.ipynb", "README*", "CHANGELOG*", "CHANGES*", "CONTRIBUTING*",
    "LICENSE*", "LICENCE*", "NOTICE*", "AUTHORS*", "SECURITY*", "CODEOWNERS", "CITATION*", "mkdocs.y*ml",
    # what browsers show, and what it is made of
    "*.html", "*.css", "*.scss", "*.less", "*.js", "*.mjs", "*.cjs", "*.jsx", "*.ts", "*.tsx", "*.vue", "*.svelte",
    "*.svg", "*.ico", "*.woff", "*.woff2", "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml",
    "tsconfig*.json",
    # programs in languages that no torch extension is written in, and the machines they run on
    "*.go", "go.mod", "go.sum", "*.java", "*.kt", "*.scala", "*.swift", "*.rb", "*.php", "*.cs", "*.dart",
    "*.tf", "*.tfvars",
)  # fmt: skip
"""Names of files that no model reads: of all others nobody can tell."""
DOCUMENTATION = ("docs", "doc")
"""Folders of which the same is said, but for Python files."""
PLACES_OF_PACKAGES = (".", "src")


def runs_code(tree: Tree, model: Model) -> bool:
    """Whether testing it imports Python files of the repository: nobody knows which before."""
    plugins = _plugins(tree, model)
    return bool(
        model.spec.trusted or any(_modules(model)) or any(each.endswith(".py") for each in plugins)
    )


def libraries(tree: Tree, model: Model) -> Iterator[Path]:
    """Plugins that are no Python: the models that name them use them, and nobody else."""
    return (tree.root / each for each in _plugins(tree, model) if not each.endswith(".py"))


def code_files(tree: Tree, model: Model) -> Iterator[Path]:
    """Files of the modules that its entry names, where they are in the repository."""
    for module in _modules(model):
        for folder in PLACES_OF_PACKAGES:
            place = tree.root.joinpath(folder, *module.split("."))
            yield from filter(
                lambda each: each.is_file(), (place.with_suffix(".py"), place / "__init__.py")
            )


def is_named(place: str, model: Model) -> bool:
    """Whether a file is in a package that the entry of a checkpoint names, or is that module."""
    packages = {each.partition(".")[0] for each in _modules(model)}
    return any(
        f"/{each}/" in f"/{place}" or f"/{place}".endswith(f"/{each}.py") for each in packages
    )


def may_be_read(place: str) -> bool:
    """Whether code may import or open a file: all but what is known to be for others.

    What is hidden is of other tools.
    """
    path = PurePosixPath(place)
    if path.suffix == ".py":
        return True
    folders = path.parts[:-1]
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    return not (
        hidden
        or any(part in DOCUMENTATION for part in folders)
        or any(fnmatchcase(path.name, pattern) for pattern in UNREAD)
    )


def _modules(model: Model) -> Iterator[str]:
    """Modules of the functions that the entry names."""
    for name in (model.spec.factory, *(each.make for each in model.spec.inputs.values())):
        if name:
            yield name.partition(":")[0]


def _plugins(tree: Tree, model: Model) -> tuple[str, ...]:
    return (*tree.settings.plugins, *model.spec.plugins)
