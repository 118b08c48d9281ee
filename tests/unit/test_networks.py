"""Networks that fit the weights of a file, found in sources that are not imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.torch.key_names import layers_of
from pytest_frictionless.workbench.networks import networks_with

if TYPE_CHECKING:
    from pathlib import Path

NETS = """
raise RuntimeError("this is not run")

class Net(nn.Module):
    def __init__(self, depth=2):
        self.body, self.head = make(depth)
        self.register_buffer("mean", None)
    def forward(self, image, mask=None, *, scale):
        return self.head(self.body(image))

class Needy(nn.Module):
    def __init__(self, width):
        self.body = self.head = self.mean = width
    def forward(self, x): ...

class NoNetwork:
    def __init__(self):
        self.body = self.head = self.mean = 1
"""


def test_the_likeliest_network_needs_nothing_and_has_few_other_layers(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "nets.py").write_text(NETS)
    (tmp_path / "broken.py").write_text("def forward(:  body head mean")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "other.py").write_text(NETS)
    net, needy = networks_with(["body", "head", "mean"], tmp_path)
    assert (net.factory, net.inputs, net.needs) == ("shop.nets:Net", ("image", "scale"), ())
    assert (needy.factory, needy.needs) == ("shop.nets:Needy", ("width",))
    assert networks_with(["body", "tail"], tmp_path) == []
    assert networks_with([], tmp_path) == []


def test_layers_are_named_at_every_depth_that_all_keys_share() -> None:
    assert layers_of({"module.net.a.weight": 0, "module.net.b.bias": 0}) == [["net"], ["a", "b"]]
    assert layers_of({"fc.weight": 0, "fc.bias": 0}) == [["fc"]]
    assert layers_of({"fc.0.weight": 0, "fc.1.bias": 0}) == [["fc"], ["0", "1"]]
    assert layers_of({"weight": 0}) == [["weight"]]


def test_of_networks_with_the_same_layers_the_one_called_like_the_file_comes_first(
    tmp_path: Path,
) -> None:
    body = "    def __init__(self):\n        self.head = 1\n    def forward(self, x): ...\n"
    (tmp_path / "nets.py").write_text(
        "".join(f"class {each}:\n{body}" for each in ("A", "TwoTower"))
    )
    assert networks_with(["head"], tmp_path)[0].factory == "nets:A"
    assert networks_with(["head"], tmp_path, stem="two-tower_v3")[0].factory == "nets:TwoTower"
