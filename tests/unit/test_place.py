"""From an error, a captured operation or a node back to the user's line and layer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.backends.torch.refusal.failure import failure_of, place_of_fx_node
from pytest_frictionless.place import NAME_SCOPES, STACK_TRACE, place_of_node

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = __file__
TRACE = (
    f'File "{HERE}", line 7, in forward\n    return self.fc(x)\n'
    '  File "/env/site-packages/torch/nn/modules/linear.py", line 134, in forward\n'
    "    return F.linear(input, self.weight, self.bias)"
)


class Layer:
    def forward(self) -> None:
        raise ValueError("no")  # the innermost line


class Net:
    """Looks like a module: it names its layers."""

    def __init__(self) -> None:
        self.layer = Layer()

    def named_modules(self) -> Iterator[tuple[str, Any]]:
        yield from (("", self), ("encoder.layer.0", self.layer))

    def forward(self) -> None:
        self.layer.forward()


def caught(net: Net) -> BaseException:
    try:
        net.forward()
    except ValueError as error:
        return error
    raise AssertionError("nothing was raised")


def test_an_error_is_placed_at_the_innermost_line_and_its_layer() -> None:
    net = Net()
    place = failure_of(caught(net), module=net).place
    assert place is not None
    assert place.text.strip() == 'raise ValueError("no")  # the innermost line'
    assert (place.file, place.module) == (HERE, "encoder.layer.0")
    assert str(place).startswith(f"in encoder.layer.0 at {HERE}:")


def test_a_captured_operation_falls_back_to_its_layer() -> None:
    stack = {"1": ("L['self']", "Net"), "2": ("L['self'].encoder.fc", "Linear")}
    kept = SimpleNamespace(meta={"stack_trace": TRACE, "nn_module_stack": stack})
    lost = SimpleNamespace(meta={"stack_trace": None, "nn_module_stack": stack})
    place = place_of_fx_node(kept)
    assert place is not None
    assert (place.file, place.line, place.module) == (HERE, 7, "encoder.fc")
    place = place_of_fx_node(lost)
    assert place is not None
    assert str(place) == "in encoder.fc"
    assert place_of_fx_node(SimpleNamespace(meta={})) is None


@pytest.mark.parametrize(
    ("name", "scopes", "module"),
    [
        ("node_linear", "['', 'encoder', 'encoder.fc', 'linear']", "encoder.fc"),
        ("/layer1/layer1.0/conv1/Conv", "", "layer1.0.conv1"),
        ("/fc/Gemm", "", "fc"),
        ("/Reshape", "", ""),
        ("Gemm_3", "", ""),
        ("node", "no list", ""),
    ],
)
def test_a_node_is_placed_in_its_layer(name: str, scopes: str, module: str) -> None:
    metadata = {STACK_TRACE: TRACE, NAME_SCOPES: scopes} if scopes else {}
    place = place_of_node(name=name, operator="Gemm", metadata=metadata)
    assert place.module == module
    assert place.line == (7 if scopes else 0)
