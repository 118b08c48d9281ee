"""Adaptive pooling in a form that follows the size."""

from __future__ import annotations

import ast

from pytest_frictionless.rewrites.source import calls, spot_at

AVERAGES = """\
def averages(size, cells):  # weights [cells, size]
    cell, position = torch.arange(cells).unsqueeze(1), torch.arange(size)
    first = torch.div(cell * size, cells, rounding_mode="floor")
    last = torch.div((cell + 1) * size + cells - 1, cells, rounding_mode="floor")
    inside = ((position >= first) & (position < last)).float()
    return inside / inside.sum(1, keepdim=True)"""
"""The same cells as adaptive average pooling has."""


def averaged(file: str, line: int) -> str:
    """The statement with two products of matrices for `adaptive_avg_pool2d(x, (h, w))`."""
    spot = spot_at(file, line)
    for call in calls(spot.statement, "adaptive_avg_pool2d") if spot is not None else ():
        if len(call.args) != 2 or spot is None:
            continue
        cells = call.args[1]
        pair = cells.elts if isinstance(cells, ast.Tuple | ast.List) else [cells, cells]
        if len(pair) != 2:
            continue
        height, width = (ast.unparse(each) for each in pair)
        pooled = f"averages(y.shape[2], {height}) @ y @ averages(y.shape[3], {width}).T"
        statement = ast.unparse(spot.statement).replace(ast.unparse(call), pooled)
        return f"y = {ast.unparse(call.args[0])}\n{statement}"
    return ""
