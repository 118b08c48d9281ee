"""Who may import what: heavy packages in backends only, pytest in its glue only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_frictionless

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(pytest_frictionless.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = (
    "torch", "onnx", "onnxruntime", "onnxscript", "numpy", "tensorrt", "tensorrt_rtx", "transformers",
    "safetensors", "ml_dtypes", "polygraphy", "scipy", "fsspec", "s3fs", "pynvml", "cuda",
)  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside its functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


BLOCKED = """
import importlib, sys
heavy = {heavy!r}
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in heavy:
            raise AssertionError(f"{{name}} was imported")
sys.meta_path.insert(0, Wall())
for module in {modules!r}:
    importlib.import_module(module)
print("imported", len({modules!r}))
"""


def test_every_module_imports_without_any_heavy_package() -> None:
    modules = [module_of(path) for path in FILES]
    code = BLOCKED.format(heavy=HEAVY, modules=modules)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"imported {len(modules)}\n"


def test_importing_the_package_imports_nothing_else_of_ours() -> None:
    code = (
        "import sys, pytest_frictionless\n"
        "print([m for m in sys.modules if m.startswith('pytest_frictionless')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['pytest_frictionless']\n"


def test_exported_names_are_there() -> None:
    for name in pytest_frictionless.__all__:
        assert getattr(pytest_frictionless, name) is not None
    assert not hasattr(pytest_frictionless, "unheard_of")


@pytest.mark.parametrize("path", FILES, ids=named)
def test_only_the_glue_imports_pytest_and_nobody_its_private_parts(path: Path) -> None:
    modules = {name.partition(".")[0] for name in imports(path)}
    assert "_pytest" not in modules
    glue = path.relative_to(ROOT).parts[0] in ("plugin.py", "fixture.py", "_glue")
    if not glue:
        assert "pytest" not in modules


FOR_BACKENDS = ("checkpoint/external.py", "checkpoint/torch_allowed.py")
"""Called by backends alone, in child processes; they import inside of functions."""
FOR_LATENCY = {"latency/statistics.py": {"scipy"}, "latency/objects.py": {"fsspec"}}
"""The one file that asks a library, inside of functions."""


@pytest.mark.parametrize("path", FILES, ids=named)
def test_only_backends_name_heavy_packages(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "backends" or named(path) in FOR_BACKENDS:
        return
    named_here = {name.partition(".")[0] for name in imports(path)} & set(HEAVY)
    assert named_here == FOR_LATENCY.get(named(path), set())


@pytest.mark.parametrize("path", FILES, ids=named)
def test_source_asserts_nothing_that_pytest_would_rewrite_and_prints_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    prints = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    if path.parent.name not in ("cli", "reproduce"):
        assert prints == []
    assert ast.get_docstring(tree)


ALLOWED = {
    # Imports go one way; what is not named may be imported by everybody.
    "errors.py": (), "codes.py": (), "finding.py": ("codes",), "machine.py": ("finding",), "shapes.py": (),
    "exclusion.py": (),
    "checkpoint": ("finding", "errors", "exclusion", "checkpoint", "codes"),
    "checks": ("check", "checks", "artifacts", "cliffs", "errors", "finding", "place", "shapes", "settings",
               "knowledge", "latency", "stack", "workbench"),
    "backends": ("artifacts", "backends", "checkpoint", "cliffs", "errors", "finding", "knowledge",
                 "machine", "place", "rewrites", "shapes"),
    "cliffs": ("cliffs", "finding", "shapes"),
    "rewrites": ("finding", "rewrites"),
    "latency": ("errors", "finding", "git", "latency", "shapes"),
    "ci": ("checkpoint", "ci", "errors", "evidence", "exclusion", "finding", "git", "opening", "place", "reports", "settings", "workbench"),
    "stack": ("checkpoint", "errors", "exclusion", "finding", "knowledge", "place", "settings", "stack"),
    "reports": ("codes", "errors", "finding", "git", "reports", "settings", "stack"),
    "upgrade": ("errors", "finding", "git", "reports", "settings", "stack", "upgrade"),
    "evidence": ("errors", "evidence", "finding", "knowledge", "reports", "settings", "stack"),
    "settings": ("codes", "errors", "settings", "shapes", "finding"),
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    if room not in ALLOWED:
        return
    tree = ast.parse(path.read_text())
    typing = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    ]
    hidden = {id(inner) for node in typing for inner in ast.walk(node)}
    used = {
        node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and id(node) not in hidden
        and node.module and node.module.startswith("pytest_frictionless.")
    }  # fmt: skip
    assert used <= set(ALLOWED[room])


def test_git_is_called_in_one_place() -> None:
    callers = {
        named(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.List | ast.Tuple) and node.elts
        if isinstance(node.elts[0], ast.Constant) and node.elts[0].value == "git"
    }
    assert callers == {named(ROOT / "git.py")}
