"""The statement at a line of the user's source, with the function around it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A statement, and what stands around it."""

    function: Function
    statement: ast.stmt
    following: tuple[ast.stmt, ...] = ()
    """Statements after it in the same block."""


@cache
def _tree(file: str, changed: float) -> ast.Module | None:
    del changed
    try:
        return ast.parse(Path(file).read_text(encoding="utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError):
        return None


def tree_of(file: str) -> ast.Module | None:
    """The source file as a tree; None where it cannot be read."""
    try:
        changed = Path(file).stat().st_mtime
    except OSError:
        return None
    return _tree(file, changed)


def spot_at(file: str, line: int) -> Spot | None:
    """The innermost statement that covers this line, of the innermost function around it."""
    tree = tree_of(file)
    if tree is None or not line:
        return None
    found: Spot | None = None
    for function in ast.walk(tree):
        if not isinstance(function, Function) or not _covers(function, line):
            continue
        for block in _blocks(function):
            for index, statement in enumerate(block):
                if _covers(statement, line) and not isinstance(statement, Function | ast.ClassDef):
                    if found is not None and statement.lineno == found.statement.lineno:
                        continue  # `if a: b` in one line is at fault by its test
                    found = Spot(
                        function=function, statement=statement, following=tuple(block[index + 1 :])
                    )
    return found


def function_at(file: str, line: int) -> Function | None:
    """The innermost function that covers this line, its head included."""
    tree = tree_of(file)
    functions = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, Function) and _covers(node, line)
    ]
    return functions[-1] if functions else None


def _covers(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _blocks(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    """Every list of statements below a node, outermost first."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = [each for each in getattr(node, name, ()) or () if isinstance(each, ast.stmt)]
        if block:
            yield block
        for each in getattr(node, name, ()) or ():
            yield from _blocks(each)


def heading_line(statement: ast.stmt) -> int:
    """Last line of what stands before a statement's body: a branch is at fault by its test."""
    body = getattr(statement, "body", None)
    return body[0].lineno - 1 if isinstance(body, list) and body else statement.end_lineno or 0


def calls(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Calls of a function or method of one of these names, whatever it is looked up in."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and name_of(each.func) in names:
            yield each


def name_of(node: ast.expr) -> str:
    """Last word of a name: "where" for `torch.where`."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def names_in(nodes: Sequence[ast.AST], context: type[ast.expr_context]) -> list[str]:
    """Plain names that are read (ast.Load) or set (ast.Store), each once, in order."""
    found = [
        each.id
        for node in nodes
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, context)
    ]
    return list(dict.fromkeys(found))


def assigned_before(spot: Spot) -> set[str]:
    """Names that the function has before this statement: its parameters and what it set."""
    arguments = spot.function.args
    names = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for node in ast.walk(spot.function):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and node.lineno < spot.statement.lineno
        ):
            names.add(node.id)
    return names


def indent(text: str, by: str = "    ") -> str:
    """The text with every line moved to the right."""
    return "\n".join(by + line for line in text.splitlines())
