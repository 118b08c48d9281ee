"""A repository of one ONNX model, and what a run says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.project import Item, Outcome, Project


def header(opset: int = 19, ir_version: int = 10, more: str = "") -> str:
    return f'<ir_version: {ir_version}, opset_import: ["" : {opset}{more}]>'


def failures(items: dict[str, Item]) -> dict[str, str]:
    return {name: item.code for name, item in items.items() if item.outcome == "failed"}


def verdict(project: Project, text: str, configuration: str = "", **how: Any) -> Outcome:
    project.onnx("models/net.onnx", text, **how)
    if configuration:
        project.write("frictionless.yaml", configuration)
    return project.run("models")
