"""A branch, a loop or an assertion on a tensor's value, in a form that exports."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

from pytest_frictionless.rewrites.condition import kept_as_tensors, tensor_condition
from pytest_frictionless.rewrites.source import (
    Spot,
    assigned_before,
    heading_line,
    indent,
    names_in,
    spot_at,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = "MOST"
"""Stands for the number only the user knows: how often a loop may run."""


def branch_at(file: str, line: int) -> ast.stmt | ast.IfExp | None:
    """The branch, loop or assertion whose condition is at this line."""
    spot = spot_at(file, line)
    return None if spot is None else _branch(spot, line)


def rewritten_branch(file: str, line: int, *, as_tensor: bool = False) -> str:
    """The statement at this line without Python control flow; "" where none is known.

    `as_tensor` makes a tensor of every size that the condition asks for.
    """
    spot = spot_at(file, line)
    if spot is None:
        return ""
    branch = _branch(spot, line)
    if isinstance(branch, ast.IfExp):
        return _conditional_expression(spot, branch, as_tensor=as_tensor)
    if as_tensor and isinstance(branch, ast.If):
        branch = copy.deepcopy(branch)
        branch.test = _SizesAsTensors().visit(branch.test)
    if isinstance(branch, ast.If):
        return _if(spot, branch)
    if as_tensor:
        return ""
    if isinstance(branch, ast.While):
        return _loop(spot, branch, tensor_condition(branch.test), f"for _ in range({MOST}):")
    if isinstance(branch, ast.For) and (count := _range_end(branch)) is not None:
        head = f"for {ast.unparse(branch.target)} in range({MOST}):"
        test = f"{ast.unparse(branch.target)} < {tensor_condition_free(count)}"
        return _loop(spot, branch, test, head)
    if isinstance(branch, ast.Assert):
        return _only_in_eager([branch])
    return ""


class _SizesAsTensors(ast.NodeTransformer):
    """`torch.scalar_tensor(x.shape[0])` for `x.shape[0]`: torch.where wants a tensor."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._tensor(node) if ast.unparse(node.value).endswith(".shape") else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) == "len" and len(node.args) == 1:
            return self._tensor(
                ast.parse(f"({ast.unparse(node.args[0])}).shape[0]", mode="eval").body
            )
        is_size = isinstance(node.func, ast.Attribute) and node.func.attr == "size" and node.args
        return self._tensor(node) if is_size else node

    def _tensor(self, node: ast.expr) -> ast.expr:
        return ast.parse(f"torch.scalar_tensor({ast.unparse(node)})", mode="eval").body


def tensor_condition_free(value: ast.expr) -> str:
    """A number taken out of a tensor, as the tensor."""
    text = ast.unparse(value)
    return text.removesuffix(".item()")


def _branch(spot: Spot, line: int) -> ast.stmt | ast.IfExp | None:
    statement = spot.statement
    if isinstance(statement, ast.If | ast.While | ast.For | ast.Assert):
        return statement if line <= max(heading_line(statement), statement.lineno) else None
    for node in ast.walk(statement):
        if isinstance(node, ast.IfExp) and node.test.lineno <= line <= (node.test.end_lineno or 0):
            return node
    return None


def _if(spot: Spot, branch: ast.If) -> str:
    if all(_is_eager_only(each) for each in branch.body) and not branch.orelse:
        return _only_in_eager([branch])
    condition = tensor_condition(branch.test)
    lines = kept_as_tensors(spot, branch.test)
    pair = _pair(spot, branch)
    if pair is not None:
        head, true, false = pair
        return "\n".join([*lines, f"{head}torch.where({condition}, {true}, {false})"])
    return "\n".join([*lines, _cond(spot, branch, condition)])


def _pair(spot: Spot, branch: ast.If) -> tuple[str, str, str] | None:
    """Both values of a branch that gives one of two: what takes it, and the two."""
    if len(branch.body) != 1 or len(branch.orelse) > 1:
        return None
    first = branch.body[0]
    other = branch.orelse[0] if branch.orelse else None
    if isinstance(first, ast.Return):
        if other is None and spot.following:
            other = spot.following[0]
        both = first.value, other.value if isinstance(other, ast.Return) else None
        if both[0] is not None and both[1] is not None and all(map(_is_one, both)):
            return "return ", ast.unparse(both[0]), ast.unparse(both[1])
        return None
    taken = _assigned(first)
    given = _assigned(other) if other is not None else None
    if taken is None or (other is not None and (given is None or given[0] != taken[0])):
        return None
    if given is None and taken[0] not in assigned_before(spot):
        return None
    return f"{taken[0]} = ", taken[1], given[1] if given else taken[0]


def _is_one(value: ast.expr | None) -> bool:
    """Whether a value can be a single tensor."""
    return value is not None and not isinstance(
        value, ast.Tuple | ast.List | ast.Dict | ast.Constant
    )


def _assigned(statement: ast.stmt) -> tuple[str, str] | None:
    """Name and value of a plain assignment; `y += a` counts as `y = y + a`."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and _is_one(statement.value):
            return target.id, ast.unparse(statement.value)
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        value = ast.BinOp(left=statement.target, op=statement.op, right=statement.value)
        return statement.target.id, ast.unparse(value)
    return None


def _cond(spot: Spot, branch: ast.If, condition: str) -> str:
    """`torch.cond` with both bodies as functions."""
    returns = any(isinstance(each, ast.Return) for each in branch.body)
    orelse = branch.orelse or (list(spot.following) if returns else [])
    names = [] if returns else names_in([*branch.body, *orelse], ast.Store)
    changed = [name for name in names if name in assigned_before(spot)]
    parameters = ", ".join(changed)
    ending = [] if returns else [f"return {', '.join(names)}"]
    lines = []
    for name, body in (("when_true", branch.body), ("when_false", orelse)):
        lines.append(f"def {name}({parameters}):")
        lines.append(indent("\n".join([*map(ast.unparse, body), *ending])))
    operands = f", ({', '.join(changed)},)" if changed else ""
    head = "return " if returns else f"{', '.join(names)} = " if names else ""
    lines.append(f"{head}torch.cond({condition}, when_true, when_false{operands})")
    return "\n".join(lines)


def _conditional_expression(spot: Spot, branch: ast.IfExp, *, as_tensor: bool) -> str:
    test = _SizesAsTensors().visit(copy.deepcopy(branch.test)) if as_tensor else branch.test
    condition = tensor_condition(test)
    true, false = ast.unparse(branch.body), ast.unparse(branch.orelse)
    text = ast.unparse(spot.statement)
    whole = ast.unparse(branch)
    rewritten = f"torch.where({condition}, {true}, {false})"
    changed = text.replace(f"({whole})", rewritten).replace(whole, rewritten)
    return "\n".join([*kept_as_tensors(spot, branch.test), changed])


def _range_end(loop: ast.For) -> ast.expr | None:
    call = loop.iter
    is_range = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    if not is_range or not isinstance(call, ast.Call) or len(call.args) != 1:
        return None
    return call.args[0] if ast.unparse(call.func) == "range" else None


def _loop(spot: Spot, loop: ast.While | ast.For, test: str, head: str) -> str:
    """A fixed number of turns, of which only those count in which the condition holds."""
    pairs = [_assigned(each) for each in loop.body]
    if not pairs or not all(pairs) or loop.orelse:
        return ""
    lines = [f"{head}  # {MOST}: the most turns it may take"]
    condition = test
    if len(pairs) > 1:
        lines.append(f"    more = {test}")
        condition = "more"
    lines += [
        f"    {pair[0]} = torch.where({condition}, {pair[1]}, {pair[0]})" for pair in pairs if pair
    ]
    return "\n".join(lines)


def _is_eager_only(statement: ast.stmt) -> bool:
    """Whether a statement computes nothing: it raises, asserts, prints or logs."""
    if isinstance(statement, ast.Raise | ast.Assert):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    words = ("print", "warn", "warning", "info", "debug", "error")
    return isinstance(call, ast.Call) and (
        (getattr(call.func, "attr", "") or getattr(call.func, "id", "")) in words
    )


def _only_in_eager(statements: Sequence[ast.stmt]) -> str:
    body = indent("\n".join(map(ast.unparse, statements)))
    return f"if not torch.compiler.is_exporting():\n{body}"
