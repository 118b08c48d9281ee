"""The lines a user pastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_frictionless.settings.read import read_settings
from pytest_frictionless.settings.scaffold import scaffold
from pytest_frictionless.shapes import TensorType

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_pasted() -> None:
    inputs = {"image": TensorType.parse("float32[batch, 3, height, width]")}
    text = scaffold(
        name="resnet50", path="models/resnet50.safetensors", factory=None, inputs=inputs,
        ranges={"batch": (1, 4, 8), "height": (224, 224, 224)},
    )  # fmt: skip
    assert (
        text
        == """\
models:
  resnet50:
    path: models/resnet50.safetensors
    factory: package.module:callable   # returns the torch.nn.Module
    inputs:
      image: "float32[batch, 3, height, width]"
    profiles:
      default:
        batch: [1, 4, 8]   # [min, opt, max]
        height: 224
        width: [1, 1, 8]   # [min, opt, max]: the sizes in production
"""
    )


def test_inputs_that_nobody_knows_are_asked_for(tmp_path: Path) -> None:
    text = scaffold(name="a", path="a.pt", factory="shop:net", inputs={}, ranges={})
    assert (
        text
        == """\
models:
  a:
    path: a.pt
    factory: shop:net
    inputs:
      # name in forward(): "float32[batch, 3, height, width]"
"""
    )
    path = tmp_path / "frictionless.yaml"
    path.write_text(text)
    assert read_settings(path).models["a"].inputs == {}


def test_the_placeholder_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_text(scaffold(name="a", path="a.pt", factory=None, inputs={}, ranges={}))
    assert read_settings(path).broken_models["a"].problems == (
        "frictionless.yaml:4: models.a.factory: 'package.module:callable' is still the "
        "placeholder: name your own function",
    )
    path.write_text(path.read_text().replace("package.module:callable", "shop.nets:a"))
    assert read_settings(path).models["a"].factory == "shop.nets:a"


@pytest.mark.parametrize("name", ["3", "yes", "null", "a: b", "#a", "a\tb", "é", "\x85", "😀", "1e5", "~", "<<", "="])  # fmt: skip
def test_names_that_yaml_would_read_otherwise(tmp_path: Path, name: str) -> None:
    path = tmp_path / "frictionless.yaml"
    text = scaffold(name=name, path=f"models/{name}.pt", factory="a:b", inputs={}, ranges={})
    path.write_text(text, encoding="utf-8")
    assert read_settings(path).models[name].path == f"models/{name}.pt"


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\/\0"), min_size=1)
_SYMBOLS = st.sampled_from(["batch", "seq", "height", "y", "n", "on", "null"])
_DIMS = st.lists(_SYMBOLS | st.integers(0, 9).map(str), max_size=4).map(", ".join)
_SPANS = st.tuples(*[st.integers(0, 99)] * 3).map(lambda sizes: tuple(sorted(sizes)))


@given(
    name=_TEXTS,
    inputs=st.dictionaries(_TEXTS, _DIMS.map(lambda dims: TensorType.parse(f"int64[{dims}]"))),
    ranges=st.dictionaries(_SYMBOLS, _SPANS),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_what_is_pasted_reads_as_it_was_meant(
    tmp_path: Path,
    name: str,
    inputs: dict[str, TensorType],
    ranges: dict[str, tuple[int, int, int]],
) -> None:
    text = scaffold(name=name, path=f"m/{name}x", factory="a:b", inputs=inputs, ranges=ranges)
    path = tmp_path / "frictionless.yaml"
    path.write_bytes(text.encode("utf-8"))
    read = read_settings(path)
    assert read.broken_models == {}
    spec = read.models[name]
    assert spec.path == f"m/{name}x"
    assert {each: spec.tensor for each, spec in spec.inputs.items()} == inputs
    for profile in spec.shape_profiles:
        for symbol, span in profile.ranges.items():
            assert (span.min, span.opt, span.max) == ranges.get(symbol, (1, 1, 8))


def test_values_that_are_known_are_pasted_too() -> None:
    inputs = {"ids": TensorType.parse("int64[batch, 4]"), "x": TensorType.parse("float32[batch]")}
    text = scaffold(
        name="net", path="net.pt", factory="nets:Net", inputs=inputs, ranges={},
        values={"ids": (0, 100)},
    )  # fmt: skip
    assert '      ids: {type: "int64[batch, 4]", low: 0, high: 100}\n' in text
    assert '      x: "float32[batch]"\n' in text
