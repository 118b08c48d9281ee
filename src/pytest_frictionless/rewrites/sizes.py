"""A line that makes a size a constant, in a form that keeps it symbolic."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.rewrites.branches import rewritten_branch
from pytest_frictionless.rewrites.loops import rewritten_loop
from pytest_frictionless.rewrites.source import Spot, name_of, spot_at

if TYPE_CHECKING:
    from pytest_frictionless.finding import Place

_SHAPED = {
    "view", "reshape", "expand", "repeat", "zeros", "ones", "full", "empty", "rand", "randn", "new_zeros",
    "new_ones", "new_full", "new_empty", "broadcast_to", "unflatten", "view_as", "tile", "arange",
}  # fmt: skip
"""Calls that take sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A declared dimension, as forward() can ask for it."""

    symbol: str
    expression: str
    """As "x.shape[0]"."""
    constant: int | None = None
    """What it became, where it became a number."""


def rewritten_size(place: Place, size: Size, module: Any = None) -> str:
    """The next step: the line at this place with the size kept symbolic; "" where none is known."""
    spot = spot_at(place.file, place.line)
    if spot is None:
        return ""
    words, code = _rewritten(spot, place, size, module)
    return f"{words}\n{code}" if code else words


def _rewritten(spot: Spot, place: Place, size: Size, module: Any) -> tuple[str, str]:
    if code := rewritten_branch(place.file, place.line, as_tensor=True):
        code = ast.unparse(_NotForced().visit(ast.parse(code)))
        return (
            f"Choose inside the graph, by {size.symbol} as it is at run time (both sides need one shape):",
            code,
        )
    if code := rewritten_loop(spot, place.line):
        return f"Compute all of {size.symbol} at once:", code
    visitor = _Symbolic()
    code = _changed(spot.statement, visitor)
    if visitor.changed:
        return f"Keep {size.symbol} symbolic:", code
    if size.constant is not None:
        if code := _changed(spot.statement, _Sized(size)):
            return f"Take {size.symbol} from the input:", code
        if code := _made_earlier(spot, size):
            return f"Take {size.symbol} from the input:", code
        if code := _of_buffer(spot, place, size, module):
            return (
                f"The buffer has the size of one example. Give it the largest {size.symbol} in "
                "__init__() and take its beginning, or keep one row and let it broadcast ([:1]):", code,
            )  # fmt: skip
    return "", ""


def _changed(statement: ast.stmt, visitor: ast.NodeTransformer) -> str:
    if hasattr(statement, "body"):
        return ""
    before = ast.unparse(statement)
    after = ast.unparse(visitor.visit(ast.parse(before)))
    return after if after != before else ""


class _NotForced(ast.NodeTransformer):
    """`x.shape[0]` for int(x.shape[0])."""

    def __init__(self) -> None:
        self.changed = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) == "int" and len(node.args) == 1 and _is_size(node.args[0]):
            self.changed = True
            return node.args[0]
        return node


class _Symbolic(_NotForced):
    """The same, and `x.shape[0]` for len(x); torch's arithmetic for that of `math`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        given = super().visit_Call(node)
        if name_of(node.func) == "linspace" and (even := _evenly_spaced(node)) is not None:
            self.changed = True
            return even
        if given is not node or len(node.args) != 1:
            return given
        function, value = ast.unparse(node.func), node.args[0]
        if function == "len":
            self.changed = True
            return ast.parse(f"({ast.unparse(value)}).shape[0]", mode="eval").body
        if function in ("math.sqrt", "np.sqrt"):
            self.changed = True
            return ast.BinOp(value, ast.Pow(), ast.Constant(0.5))
        if function.startswith(("math.", "np.")):
            self.changed = True
            name = function.partition(".")[2]
            return ast.parse(
                f"torch.{name}(torch.scalar_tensor({ast.unparse(value)}))", mode="eval"
            ).body
        return node


def _evenly_spaced(call: ast.Call) -> ast.expr | None:
    """torch.linspace with a computed number of steps as arithmetic: torch makes the number a constant."""
    given = dict(zip(("start", "end", "steps"), map(ast.unparse, call.args), strict=False))
    given |= {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
    if not {"start", "end", "steps"} <= given.keys() or given["steps"].isdigit():
        return None
    start, end, steps = given["start"], given["end"], given["steps"]
    device = f", device={given['device']}" if "device" in given else ""
    text = f"({start}) + (({end}) - ({start})) * torch.arange({steps}{device}) / (({steps}) - 1)"
    return ast.parse(text, mode="eval").body


def _is_size(node: ast.expr) -> bool:
    text = ast.unparse(node)
    return ".shape" in text or ".size(" in text or "len(" in text


class _Sized(ast.NodeTransformer):
    """The size itself where a call for shapes has its number."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.done = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if name_of(node.func) in _SHAPED:
            node.args = [self._in(each) for each in node.args]
        return node

    def _in(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Tuple | ast.List):
            node.elts = [self._in(each) for each in node.elts]
        elif isinstance(node, ast.Constant) and node.value == self.size.constant and not self.done:
            self.done = True
            return ast.parse(self.size.expression, mode="eval").body
        return node


def _made_earlier(spot: Spot, size: Size) -> str:
    """A tensor of the constant's size that the function made before, and that this line uses."""
    used = {each.id for each in ast.walk(spot.statement) if isinstance(each, ast.Name)}
    for node in ast.walk(spot.function):
        if not isinstance(node, ast.Assign) or node.lineno >= spot.statement.lineno:
            continue
        if {
            each.id for each in ast.walk(node.targets[0]) if isinstance(each, ast.Name)
        } & used and (code := _changed(node, _Sized(size))):
            return code
    return ""


def _of_buffer(spot: Spot, place: Place, size: Size, module: Any) -> str:
    """A buffer or parameter of the example's size, cut to the size at hand."""
    owner = _submodule(module, place.module)
    text = ast.unparse(spot.statement)
    for node in ast.walk(spot.statement):
        if not isinstance(node, ast.Attribute) or ast.unparse(node.value) != "self":
            continue
        shape = tuple(getattr(getattr(owner, node.attr, None), "shape", ()))
        if size.constant in shape:
            colons = ":, " * shape.index(size.constant)
            name = ast.unparse(node)
            return text.replace(name, f"{name}[{colons}:{size.expression}]")
    return ""


def _submodule(module: Any, path: str) -> Any:
    try:
        return module.get_submodule(path)
    except AttributeError:
        return module
