"""What `exclude` leaves out is the same for pytest, for every command and for the jobs of CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.ci.tree import read_tree
from pytest_frictionless.cli.project import open_project
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    from tests.project import Project

EVERY = (
    "models/a.onnx",
    "models/old/b.onnx",
    "models/v2/old/c.onnx",
    "models/v2/d_draft.onnx",
    "old.onnx",
)
A, B, C, D, TOP = EVERY

TABLE = [
    # a pattern, and what is left beside it
    ("models/old", (A, C, D, TOP)),  # a folder takes everything in it along
    ("models/old/", (A, C, D, TOP)),
    ("models/old/*", (A, C, D, TOP)),
    ("old", (A, D, TOP)),  # a name, wherever it is
    ("*/old", (A, D, TOP)),
    ("old/*", EVERY),  # with a slash it begins at the root of the repository
    ("old/b.onnx", EVERY),
    ("c.onnx", (A, B, D, TOP)),
    ("*_draft.onnx", (A, B, C, TOP)),
    ("models/*.onnx", (TOP,)),  # `*` fits slashes too
    ("**/old.onnx", (A, B, C, D)),  # ... and the root itself
    ("models/[ab].onnx", (B, C, D, TOP)),
    ("MODELS/old", EVERY),
    ("frictionless", EVERY),  # part of a name is no name
    ("*", ()),
]  # fmt: skip


@pytest.mark.parametrize("roots", [(), ("models",), ("models/old", "models/v2")], ids=str)
def test_every_door_leaves_the_same_out(
    project: Project, roots: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in EVERY:
        project.onnx(place)
    monkeypatch.chdir(project.root)
    for pattern, left in TABLE:
        project.write("frictionless.yaml", f"roots: {list(roots)}\nexclude: ['{pattern}']\n")
        wanted = {each for each in left if not roots or each.startswith(roots)}
        with open_project() as shop:
            by_command = {path_below(each.path, shop.root) for each in shop.checkpoints()}
            in_ci = {model.place for model in read_tree(shop.root, shop.settings).models}
        by_pytest = {each.partition("::")[0] for each in project.collect("-k", "load")}
        assert (pattern, by_pytest) == (pattern, wanted)
        assert (pattern, by_command) == (pattern, wanted)
        assert (pattern, in_ci) == (pattern, wanted)


def test_the_folders_above_the_repository_are_not_compared(project: Project) -> None:
    project.onnx("models/a.onnx")
    name = project.root.name
    project.write("frictionless.yaml", f"exclude: ['{name}', '*/{name}/*', 'tmp']\n")
    assert project.collect("-k", "load") == ["models/a.onnx::load"]
