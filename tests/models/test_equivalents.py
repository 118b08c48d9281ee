"""Every rewrite that the table offers gives the same numbers, and TensorRT builds it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.knowledge.equivalents import Equivalent, equivalents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
for package in ("torch", "onnx", "tensorrt_rtx"):
    pytest.importorskip(package)

PROVED = [each for each in equivalents() if each.inputs]


def named(equivalent: Equivalent) -> str:
    return "-".join(sorted(equivalent.operators))


@pytest.mark.parametrize("equivalent", PROVED, ids=named)
def test_the_rewrite_gives_the_same_numbers_and_is_built(
    equivalent: Equivalent, tmp_path: Path
) -> None:
    import torch

    from pytest_frictionless.backends.tensorrt.build import build
    from pytest_frictionless.backends.tensorrt.parse import parse

    torch.manual_seed(0)
    scope: dict[str, Any] = {"torch": torch, "F": torch.nn.functional}
    values = {name: eval(text, scope) for name, text in equivalent.inputs}
    exec(equivalent.constants, scope)

    class Network(torch.nn.Module):
        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

        def forward(self, *given: Any) -> Any:
            names = {**scope, **dict(zip(values, given, strict=True))}
            exec(self.code, names)
            return torch.as_tensor(names["y"])

    after = Network(equivalent.after)
    if not equivalent.before.startswith("y = torch.cond"):
        wanted = Network(equivalent.before)(*values.values())
        torch.testing.assert_close(
            after(*values.values()), wanted, rtol=1e-4, atol=1e-5, check_dtype=False
        )
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            after, tuple(values.values()), str(path), input_names=list(values), opset_version=18,
            dynamo=False,
        )  # fmt: skip
    assert parse(str(path))["rejections"] == []
    profile = {
        "name": "one", "values": {"n": [[6]] * 3} if "n" in values else {},
        "inputs": {name: [list(value.shape)] * 3 for name, value in values.items() if name != "n"},
    }  # fmt: skip
    assert build(str(path), profiles=[profile])["errors"] == []


def test_what_the_tables_offer_is_shown_as_code() -> None:
    for each in equivalents():
        assert each.title
        assert str(each).splitlines()[0].endswith((":", "."))
        assert each.after in str(each) or "\n" in each.after
