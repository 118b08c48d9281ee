"""A call that behaves as in training, in a form that follows the mode of the model."""

from __future__ import annotations

import ast

from pytest_frictionless.rewrites.source import name_of, spot_at

_DROPOUTS = {
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
}  # fmt: skip


def in_both_modes(file: str, line: int) -> str:
    """The statement at this line with training=self.training in each dropout; "" where none is."""
    spot = spot_at(file, line)
    if spot is None or hasattr(spot.statement, "body"):
        return ""
    before = ast.unparse(spot.statement)
    after = ast.unparse(_Following().visit(ast.parse(before)))
    return after if after != before else ""


class _Following(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        given = {each.arg for each in node.keywords}
        # A method of the model may be called so too: then the arguments are its own.
        own = ast.unparse(node.func).startswith("self.")
        if name_of(node.func) in _DROPOUTS and not own and len(node.args) < 3 and None not in given:
            kept = [each for each in node.keywords if each.arg not in ("training", "train")]
            word = "train" if "train" in given else "training"  # torch.dropout calls it so
            followed = ast.keyword(word, ast.parse("self.training", mode="eval").body)
            node.keywords = [*kept, followed]
        return node
