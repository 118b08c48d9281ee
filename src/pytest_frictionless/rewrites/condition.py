"""A condition over a tensor's values as a tensor itself, and not as a Python bool."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_frictionless.rewrites.source import Spot

_SCALARS = ("bool", "int", "float")
_BOOLEAN = ("all", "any", "isnan", "isinf", "isfinite", "equal", "logical_and", "logical_or",
            "logical_not", "allclose")  # fmt: skip


class _Tensorial(ast.NodeTransformer):
    """Takes `.item()` and `float()` away, and puts `&` for `and`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _SCALARS and len(node.args) == 1:
            return node.args[0]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "item" and not node.args:
            return node.func.value
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        operator = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        first, *rest = (_truth(value) for value in node.values)
        joined: ast.expr = first
        for value in rest:
            joined = ast.BinOp(left=joined, op=operator, right=value)
        return joined

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Not):
            return node
        function = ast.Attribute(
            value=ast.Name(id="torch", ctx=ast.Load()), attr="logical_not", ctx=ast.Load()
        )
        return ast.Call(func=function, args=[node.operand], keywords=[])


def _truth(node: ast.expr) -> ast.expr:
    """What Python's truth of a value is, as a comparison."""
    is_boolean = isinstance(node, ast.Compare | ast.BinOp) or (
        isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in _BOOLEAN
    )
    if is_boolean or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return node
    return ast.Compare(left=node, ops=[ast.NotEq()], comparators=[ast.Constant(value=0)])


def tensor_condition(test: ast.expr) -> str:
    """The condition as source, without leaving the tensors."""
    copied = ast.parse(ast.unparse(test), mode="eval").body
    return ast.unparse(_truth(_Tensorial().visit(copied)))


def kept_as_tensors(spot: Spot, test: ast.expr) -> list[str]:
    """Lines that gave the condition's names by `.item()`, without it."""
    lines = []
    wanted = {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}
    for node in ast.walk(spot.function):
        if not isinstance(node, ast.Assign) or node.lineno >= spot.statement.lineno:
            continue
        target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in wanted:
            continue
        before = ast.unparse(node)
        after = ast.unparse(_Tensorial().visit(ast.parse(before)))
        if after != before:
            lines.append(after)
    return lines
