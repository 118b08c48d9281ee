"""A number that is taken out of a tensor, in a form that exports."""

from __future__ import annotations

import ast

from pytest_frictionless.rewrites.source import calls, name_of, spot_at

_MATH = {"exp", "log", "sqrt", "sin", "cos", "tanh", "floor", "ceil", "log2", "log10", "erf", "tan"}


def rewritten_number(
    file: str, line: int, checks: tuple[str, ...] = (), *, taken: bool | None = None
) -> str:
    """The statement at this line without a Python number from a tensor; "" where none is known.

    Args:
        file: The user's file.
        line: Line in it.
        checks: The conditions of which torch says that one would do.
        taken: Whether the branch at this line is taken, where that is known.
    """
    spot = spot_at(file, line)
    if spot is None:
        return ""
    statement = spot.statement
    if isinstance(statement, ast.If) and _reads_a_size(statement.test):
        check = _as_taken(statement.test, taken=taken)
        return (
            f"torch._check({check})  # where it always holds, as for the example" if check else ""
        )
    if isinstance(statement, ast.If | ast.While | ast.For | ast.With):
        return ""
    for call in calls(statement, "one_hot"):
        if len(call.args) == 1 and not call.keywords:
            call.keywords = [ast.keyword("num_classes", ast.Name("CLASSES", ast.Load()))]
            return _and_restore(statement, call)
    if (text := _python_math(statement)) or (text := _module_by_index(statement)):
        return text
    if checks:
        return f"{checks[-1]}  # the one of these that always holds: {' or '.join(checks)}\n" + (
            ast.unparse(statement)
        )
    return _item_for_int(statement)


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
}  # fmt: skip


def _as_taken(test: ast.expr, *, taken: bool | None) -> str:
    """The comparison that holds on the side that is taken; `not` would decide it, and so be refused."""
    if taken is None or not isinstance(test, ast.Compare) or type(test.ops[0]) not in _OPPOSITE:
        return ""
    if taken or len(test.ops) > 1:
        return ast.unparse(test) if taken else ""
    opposite = _OPPOSITE[type(test.ops[0])]()
    return ast.unparse(ast.Compare(test.left, [opposite], test.comparators))


def _reads_a_size(test: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "shape" for node in ast.walk(test)
    ) or any(calls(test, "size", "len", "numel"))


def _and_restore(statement: ast.stmt, call: ast.Call) -> str:
    """The changed statement as text; the tree is shared, so the change is taken back."""
    text = ast.unparse(statement)
    call.keywords = []
    return text


class _Math(ast.NodeTransformer):
    changed = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if (
            isinstance(function, ast.Attribute)
            and ast.unparse(function.value) == "math"
            and function.attr in _MATH
        ):
            self.changed = True
            torch = ast.Attribute(ast.Name("torch", ast.Load()), function.attr, ast.Load())
            return ast.Call(func=torch, args=node.args, keywords=node.keywords)
        return node


def _python_math(statement: ast.stmt) -> str:
    visitor = _Math()
    text = ast.unparse(visitor.visit(ast.parse(ast.unparse(statement))))
    return text if visitor.changed else ""


def _module_by_index(statement: ast.stmt) -> str:
    """`self.experts[i](x)` with a tensor as index: every module, and the result that is wanted."""
    for node in ast.walk(statement):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript)):
            continue
        arguments = ", ".join(map(ast.unparse, node.args))
        index = ast.unparse(node.func.slice).removesuffix(".item()")
        inner = f"module({arguments}) for module in {ast.unparse(node.func.value)}"
        return ast.unparse(statement).replace(ast.unparse(node), f"torch.stack([{inner}])[{index}]")
    return ""


def _item_for_int(statement: ast.stmt) -> str:
    """`int(n)` as `n.item()`, which torch can follow, with a bound for what depends on it."""
    for call in calls(statement, "int"):
        if isinstance(call.func, ast.Name) and len(call.args) == 1:
            number = ast.unparse(call.args[0]).removesuffix(".item()")
            value = ast.unparse(ast.parse(f"({number}).item()"))
            text = ast.unparse(statement).replace(ast.unparse(call), "size")
            lines = [
                f"size = {value}",
                "torch._check(size >= 0)",
                "torch._check(size <= MOST)",
            ]
            return "\n".join([*lines, text])
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and name_of(node.func) == "tolist":
            return ""
    return ""


def unhashable_key(file: str, line: int) -> str:
    """A size that is a key of a dictionary, without the dictionary."""
    spot = spot_at(file, line)
    if spot is None:
        return ""
    statement = spot.statement
    test = statement.test if isinstance(statement, ast.If) else None
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn):
        for node in statement.body if isinstance(statement, ast.If) else ():
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                kept = ast.unparse(node.targets[0].value).rpartition(".")[2]
                return f"{kept} = {ast.unparse(node.value)}  # made anew each time"
    return ""
