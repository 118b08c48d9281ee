"""NumPy calls, sparse and quantised tensors and copies of tensors, as plain torch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pytest_frictionless.rewrites.source import Spot, calls, function_at, name_of, spot_at, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable

_SAME = {
    "abs", "absolute", "add", "arccos", "arcsin", "arctan", "argmax", "argmin", "argsort", "ceil",
    "clip", "cos", "cosh", "cumsum", "exp", "expm1", "flip", "floor", "isnan", "isfinite", "log", "log1p",
    "log2", "log10", "logical_and", "logical_not", "logical_or", "matmul", "max", "maximum", "mean", "min",
    "minimum", "multiply", "negative", "outer", "prod", "roll", "round", "sigmoid", "sign", "sin", "sinh",
    "sort", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "tan", "tanh", "tile", "trace",
    "tril", "triu", "var", "where", "zeros_like", "ones_like", "einsum", "dot", "hypot",
}  # fmt: skip
"""Functions that torch has by the same name."""
_OTHER = {
    "concatenate": "cat", "expand_dims": "unsqueeze", "power": "pow", "transpose": "permute",
    "linalg.norm": "linalg.norm", "linalg.inv": "linalg.inv", "swapaxes": "transpose",
    "arctan2": "atan2", "true_divide": "div", "divide": "div",
}  # fmt: skip
_INTO = ("from_numpy", "as_tensor", "tensor", "asarray", "array")
_OUT = ("numpy", "detach", "cpu")


class _NumPy(ast.NodeTransformer):
    """Takes the way into NumPy and back away; `unknown` names what torch has no word for."""

    def __init__(self, alias: str) -> None:
        self.alias, self.unknown = alias, ""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        name = name_of(function)
        owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
        if name in _OUT and owner and not node.args and isinstance(function, ast.Attribute):
            return function.value
        if name in _INTO and owner in ("torch", self.alias) and node.args:
            return node.args[0]
        if owner.split(".")[0] == self.alias:
            path = ast.unparse(function).removeprefix(f"{self.alias}.")
            known = path if path in _SAME else _OTHER.get(path, "")
            self.unknown = self.unknown or ("" if known else path)
            torch = ast.parse(f"torch.{known or path}", mode="eval").body
            return ast.Call(func=torch, args=node.args, keywords=_axis_as_dim(node.keywords))
        if isinstance(function, ast.Name) and name in ("float", "int") and len(node.args) == 1:
            return node.args[0]
        return node


def _axis_as_dim(keywords: list[ast.keyword]) -> list[ast.keyword]:
    names = {"axis": "dim", "keepdims": "keepdim"}
    return [ast.keyword(names.get(each.arg or "", each.arg), each.value) for each in keywords]


def without_numpy(file: str, line: int) -> str:
    """The statement with torch's functions in place of NumPy's; "" where one has no counterpart."""
    visitor = _NumPy(_alias_of(file, "numpy") or "np")
    text = _changed(file, line, visitor.visit)
    return "" if visitor.unknown else text


def _alias_of(file: str, module: str) -> str:
    tree = tree_of(file)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == module:
                    return alias.asname or module
    return ""


def _changed(file: str, line: int, change: Callable[[ast.AST], ast.AST]) -> str:
    spot = spot_at(file, line)
    if spot is None or hasattr(spot.statement, "body"):
        return ""
    before = ast.unparse(spot.statement)
    after = ast.unparse(change(ast.parse(before)))
    return after if after != before else ""


class _Dense(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = name_of(node.func)
        if name in ("to_sparse", "to_dense", "to_sparse_csr", "coalesce") and isinstance(
            node.func, ast.Attribute
        ):
            return node.func.value
        if ast.unparse(node.func) == "torch.sparse.mm" and len(node.args) == 2:
            return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
        return node


def dense(file: str, line: int) -> str:
    """The statement with dense tensors in place of sparse ones."""
    return _changed(file, line, _Dense().visit)


class _Cloned(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if name_of(node.func) == "deepcopy" and len(node.args) == 1:
            return ast.Call(ast.Attribute(node.args[0], "clone", ast.Load()), [], [])
        return node


def cloned(file: str, line: int) -> str:
    """The statement with `y.clone()` in place of `copy.deepcopy(y)`."""
    return _changed(file, line, _Cloned().visit)


def padded(spot: Spot) -> str:
    """What a packed sequence is for, computed on the padded batch."""
    for call in calls(spot.function, "pack_padded_sequence"):
        if len(call.args) < 2:
            continue
        values, lengths = ast.unparse(call.args[0]), ast.unparse(call.args[1])
        lengths = lengths.removesuffix(".cpu()")
        module = next(
            (
                ast.unparse(each.func)
                for each in ast.walk(spot.function)
                if isinstance(each, ast.Call) and ast.unparse(each.func).startswith("self.")
                and each.lineno > call.lineno
            ),
            "self.rnn",
        )  # fmt: skip
        return (
            f"output, _ = {module}({values})\n"
            f"mask = torch.arange({values}.shape[1], device={values}.device) < {lengths}.unsqueeze(1)\n"
            "output = output * mask.unsqueeze(-1)"
        )
    return ""


def packs(spot: Spot | None) -> bool:
    """Whether the function packs sequences."""
    words = ("pack_padded_sequence", "pack_sequence", "pad_packed_sequence")
    return spot is not None and any(calls(spot.function, *words))


def returned(file: str, line: int) -> tuple[int, str, str]:
    """The last `return` of the function at this line: its line, its text, and its plain form."""
    function = function_at(file, line)
    for node in reversed(list(ast.walk(function)) if function else []):
        if isinstance(node, ast.Return) and node.value is not None:
            return node.lineno, ast.unparse(node), _plain(node.value)
    return 0, "", ""


def _plain(value: ast.expr) -> str:
    """`return Output(logits=a, loss=b)` as a dictionary, and without names as a tuple."""
    if not isinstance(value, ast.Call) or not (value.args or value.keywords):
        return ""
    if value.keywords and not value.args:
        pairs = ", ".join(f'"{each.arg}": {ast.unparse(each.value)}' for each in value.keywords)
        return f"return {{{pairs}}}"
    return f"return {', '.join(map(ast.unparse, value.args))}" if not value.keywords else ""


def unscripted(file: str, line: int, attribute: str) -> tuple[int, str, str]:
    """The line that scripts a submodule, of the class around a line: line, text, plain form."""
    tree, attribute = tree_of(file), f"self.{attribute.partition('.')[0]}"
    for node in ast.walk(tree) if tree is not None else ():
        inside = isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)
        for each in ast.walk(node) if inside else ():
            if not isinstance(each, ast.Assign) or ast.unparse(each.targets[0]) != attribute:
                continue
            for call in calls(each.value, "script", "trace"):
                text = ast.unparse(each)
                return each.lineno, text, text.replace(ast.unparse(call), ast.unparse(call.args[0]))
    return 0, "", ""
