"""A Python loop over an axis, as one operation over the whole axis."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pytest_frictionless.rewrites.source import heading_line

if TYPE_CHECKING:
    from pytest_frictionless.rewrites.source import Spot


def rewritten_loop(spot: Spot, line: int) -> str:
    """The loop whose head is at this line without the loop; "" where its turns hang together."""
    statement = spot.statement
    if isinstance(statement, ast.For) and line <= heading_line(statement):
        return _for(statement)
    for node in ast.walk(statement) if not hasattr(statement, "body") else ():
        if isinstance(node, ast.ListComp | ast.GeneratorExp) and (code := _comprehension(node)):
            whole = _stack_around(statement, node)
            return ast.unparse(statement).replace(whole, code)
    return ""


def _for(loop: ast.For) -> str:
    """`total = f(x[:, t]) + total` as a sum; `out.append(f(x[:, t]))` as one call."""
    if not isinstance(loop.target, ast.Name) or len(loop.body) != 1 or loop.orelse:
        return ""
    body = loop.body[0]
    axes = _Whole(loop.target.id, _iterated(loop.iter))
    if isinstance(body, ast.Expr) and isinstance(body.value, ast.Call):
        call = body.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and call.args:
            value = ast.unparse(axes.visit(ast.parse(ast.unparse(call.args[0]), mode="eval").body))
            if axes.axis is not None and not axes.left:
                return f"{ast.unparse(call.func.value)} = {value}  # stacked along axis {axes.axis} already"
        return ""
    added = _added(body)
    if added is None:
        return ""
    name, term = added
    value = ast.unparse(axes.visit(ast.parse(ast.unparse(term), mode="eval").body))
    if (
        axes.axis is None
        or axes.left
        or name in {each.id for each in ast.walk(term) if isinstance(each, ast.Name)}
    ):
        return ""
    return f"{name} = {name} + {value}.sum({axes.axis})"


def _iterated(node: ast.expr) -> str:
    """Name of the tensor that is iterated over; "" for a range."""
    return node.id if isinstance(node, ast.Name) else ""


def _added(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """Name and term of `total += term` or `total = term + total`."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        target = statement.target
        return (target.id, statement.value) if isinstance(target, ast.Name) else None
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return None
    name, value = statement.targets[0].id, statement.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return None
    for one, other in ((value.left, value.right), (value.right, value.left)):
        if isinstance(one, ast.Name) and one.id == name:
            return name, other
    return None


class _Whole(ast.NodeTransformer):
    """`x` for `x[:, t]`; `axis` is where t stood, `left` whether t is used otherwise."""

    def __init__(self, name: str, iterated: str) -> None:
        self.name, self.iterated = name, iterated
        self.axis: int | None = 0 if iterated else None
        self.left = False

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        index = node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        for axis, part in enumerate(parts):
            if isinstance(part, ast.Name) and part.id == self.name:
                self.axis = axis
                return node.value
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.name:
            if self.iterated:
                return ast.Name(self.iterated, ast.Load())
            self.left = True
        return node


def _comprehension(node: ast.ListComp | ast.GeneratorExp) -> str:
    """`[f(row) for row in x]` as `f(x)`."""
    generator = node.generators[0]
    if len(node.generators) > 1 or generator.ifs or not isinstance(generator.target, ast.Name):
        return ""
    source = ast.unparse(generator.iter)
    is_range = source.startswith("range(")
    axes = _Whole(generator.target.id, "" if is_range else "_iterated_")
    value = ast.unparse(axes.visit(ast.parse(ast.unparse(node.elt), mode="eval").body))
    if is_range and (axes.axis is None or axes.left):
        return ""
    return value.replace("_iterated_", source)


def _stack_around(statement: ast.stmt, node: ast.expr) -> str:
    """The call of torch.stack that gathers the parts, where there is one: it goes too."""
    for call in ast.walk(statement):
        if (
            isinstance(call, ast.Call)
            and ast.unparse(call.func) == "torch.stack"
            and call.args
            and (ast.unparse(call.args[0]) == ast.unparse(node))
        ):
            return ast.unparse(call)
    return ast.unparse(node)
