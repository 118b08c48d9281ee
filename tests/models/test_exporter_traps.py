"""Traps of torch's exporter that sound models fall into: told with the way out, or not told at all."""

from __future__ import annotations

import pytest

from pytest_frictionless.backends.onnx.check import check
from pytest_frictionless.errors import StepFailed
from tests.project import Project

pytestmark = pytest.mark.real
torch = pytest.importorskip("torch")
pytest.importorskip(
    "torch._dynamo"
)  # a second import, by a test whose modules pytester forgets, would fail

NETS = """
import torch
from torch import nn
import torch.nn.functional as F


class Bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(16, 16)
        self.bias = nn.Parameter(torch.ones(1, 2, 6, 6))

    def forward(self, x):
        q = self.query(x).view(x.shape[0], 6, 2, 8).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, q, q, attn_mask=self.bias + 1)
        return y.transpose(1, 2).reshape(x.shape[0], 6, 16)


def frozen():
    return Bias().eval().requires_grad_(False)


class Echo(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        return self.layer(x), x


class Voice(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(4, 8, 3, stride=2, padding=1)
        self.memory = nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        return self.memory(self.convolution(x).transpose(1, 2))[0]


class Boxes(nn.Module):
    def __init__(self, checked):
        super().__init__()
        self.layer, self.checked = nn.Linear(8, 4), checked

    def forward(self, x):
        y = self.layer(x).flatten()
        kept = y[y > y.mean()]
        if self.checked:
            torch._check(kept.numel() != 0)
        if kept.numel() == 0:
            return y
        return kept


def boxes():
    return Boxes(False)


def checked():
    return Boxes(True)


class Warp(nn.Module):
    def __init__(self, even=True):
        super().__init__()
        self.layer, self.even = nn.Linear(8, 8), even

    def forward(self, x):
        size = x.shape[1]
        if self.even:
            return self.layer(x) + torch.linspace(-1, 1, size)[:, None]
        return self.layer(x) + (-1 + (1 - -1) * torch.arange(size) / (size - 1))[:, None]


def arithmetic():
    return Warp(False)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.EmbeddingBag(2, 8, mode="mean")

    def forward(self, x):
        return self.table(x)


class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        return self.layer(x)
"""
SETTINGS = """
models:
  net:
    path: models/net.pt
    factory: nets:{factory}
    inputs: {{x: "{kind}"}}
    profiles: {{p: {sizes}}}
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    made = Project(pytester.path, pytester)
    made.write("nets.py", NETS)
    return made


def judged(
    project: Project, factory: str, kind: str, sizes: str, **run: bool
) -> dict[str, tuple[str, str]]:
    """Outcome and text of the items of a model with random weights."""
    names: dict[str, object] = {}
    exec(NETS, names)
    torch.manual_seed(0)
    made = names[factory]()  # type: ignore[operator]
    (project.root / "models").mkdir(exist_ok=True)
    torch.save(
        (made.half() if run.get("half") else made).state_dict(), project.root / "models/net.pt"
    )
    project.write("frictionless.yaml", SETTINGS.format(factory=factory, kind=kind, sizes=sizes))
    items = project.run("-p", "no:cacheprovider", "models").of("models/net.pt")
    return {name: (item.outcome, item.text) for name, item in items.items()}


def test_a_learned_bias_of_attention_is_refused_with_the_line_that_exports_it(
    project: Project,
) -> None:
    kind, sizes = "float32[batch, 6, 16]", "{batch: [1, 2, 4]}"
    outcome, text = judged(project, "Bias", kind, sizes)["export"]
    assert outcome == "failed"
    assert text.startswith("FR201 scaled_dot_product_attention")
    assert "requires_grad_(False)" in text
    assert judged(project, "frozen", kind, sizes)["parity-p-max"][0] == "passed"


def test_a_model_may_hand_on_its_input(project: Project) -> None:
    items = judged(project, "Echo", "float32[batch, 8]", "{batch: [1, 2, 4]}")
    for name in ("export", "operators", "dynamic-p", "parity-p-min", "parity-p-max", "build-p"):
        assert items[name][0] == "passed", items[name]


def test_a_size_that_is_declared_wrong_behind_a_gru_is_a_warning(project: Project) -> None:
    sizes = "{batch: [1, 2, 4], time: [8, 50, 100]}"
    items = judged(project, "Voice", "float32[batch, 4, time]", sizes)
    for name in ("dynamic-p", "parity-p-min", "parity-p-max", "build-p"):
        assert items[name][0] == "passed", items[name]


def test_weights_in_half_precision_in_a_network_in_full_are_told_apart(project: Project) -> None:
    items = judged(project, "Half", "float16[batch, 8]", "{batch: [1, 2, 4]}", half=True)
    outcome, text = items["export"]
    assert outcome == "failed"
    assert text.startswith("FR206")
    assert "The network computes in float32" in text
    assert "net.half()" in text


def test_an_operator_that_a_later_opset_has_in_this_type_is_told_with_the_opset(
    project: Project,
) -> None:
    onnx = pytest.importorskip("onnx")
    path = project.onnx(
        "net.onnx", header='<ir_version: 10, opset_import: ["" : 18]>',
        text="g (bfloat16[b, 3, 8, 8] x, bfloat16[1, 3, 1, 1] w) => (bfloat16[b, 1, 8, 8] y)"
        " { [conv] y = Conv(x, w) }",
    )  # fmt: skip
    with pytest.raises(StepFailed) as failed:
        check(str(path), onnx.load(path))
    assert failed.value.finding.code == "FR205"
    assert "Conv takes bfloat16 from opset 22 on" in failed.value.finding.remedy


def test_a_size_that_only_the_data_knows_is_checked_as_the_example_has_it(
    project: Project,
) -> None:
    kind, sizes = "float32[batch, 8]", "{batch: [1, 2, 4]}"
    outcome, text = judged(project, "boxes", kind, sizes)["export"]
    assert outcome == "failed"
    assert "torch._check(kept.numel() != 0)" in text
    assert judged(project, "checked", kind, sizes)["export"][0] == "passed"


def test_even_steps_of_an_open_size_are_told_as_arithmetic(project: Project) -> None:
    kind, sizes = "float32[batch, time, 8]", "{batch: [1, 2, 4], time: [2, 16, 30]}"
    outcome, text = judged(project, "Warp", kind, sizes)["dynamic-p"]
    assert outcome == "failed"
    assert text.startswith("FR601 dimension time became a constant")
    assert "-1 + (1 - -1) * torch.arange(size) / (size - 1)" in text
    assert judged(project, "arithmetic", kind, sizes)["parity-p-max"][0] == "passed"


def test_a_bag_of_embeddings_is_told_as_rows_and_their_mean(project: Project) -> None:
    kind, sizes = "int64[batch, words]", "{batch: [1, 2, 4], words: [2, 5, 9]}"
    outcome, text = judged(project, "Bag", kind, sizes)["operators"]
    assert outcome == "failed"
    assert "y = F.embedding(ids, weight).mean(1)" in text
    assert "in place of the sequence" not in text
