"""What is done to read real checkpoints, and what is refused: nothing in silence."""

from __future__ import annotations

import argparse
import os
import pathlib
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file, save_model  # noqa: E402
from torch import nn  # noqa: E402

from pytest_frictionless.backends.torch.guess import guessed_inputs  # noqa: E402
from pytest_frictionless.backends.torch.keys import Fitted, fit  # noqa: E402
from pytest_frictionless.backends.torch.script import read_script  # noqa: E402
from pytest_frictionless.backends.torch.state import Weights, not_finite, read_weights  # noqa: E402
from pytest_frictionless.errors import StepFailed  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.finding import Finding

pytestmark = pytest.mark.real


class Tied(nn.Module):
    def __init__(self, *, tie: bool = True) -> None:
        super().__init__()
        self.embed = nn.Embedding(6, 4)
        self.lm_head = nn.Linear(4, 6, bias=False)
        if tie:
            self.lm_head.weight = self.embed.weight


class Net(nn.Module):
    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, outputs)
        self.register_buffer("position_ids", torch.arange(4))


def read(path: Path) -> Weights:
    kind = "safetensors" if path.suffix == ".safetensors" else "pickle"
    return read_weights(
        {"path": str(path), "format": kind, "factory": None, "trusted": False, "root": ""}
    )


def saved(folder: Path, content: Any) -> Path:
    torch.save(content, folder / "net.pt")
    return folder / "net.pt"


def refusal(function: Any, *arguments: Any) -> Finding:
    with pytest.raises(StepFailed) as failed:
        function(*arguments)
    return failed.value.finding


def test_tied_weights_that_safetensors_keeps_once_are_not_missing(tmp_path: Path) -> None:
    save_file({"embed.weight": torch.ones(6, 4)}, tmp_path / "net.safetensors")
    module = Tied()
    fitted = fit(module, read(tmp_path / "net.safetensors").state)
    assert (fitted.missing, fitted.unexpected) == ([], [])
    assert fitted.notes == ["lm_head.weight is tied to embed.weight, which is in the file"]
    assert bool((module.lm_head.weight == 1).all())


def test_a_network_that_does_not_tie_gets_both_as_the_metadata_says(tmp_path: Path) -> None:
    save_model(Tied(), str(tmp_path / "net.safetensors"))
    weights = read(tmp_path / "net.safetensors")
    assert "is kept in the file as" in weights.notes[0]
    module = Tied(tie=False)
    assert fit(module, weights.state).missing == []
    assert torch.equal(module.lm_head.weight, module.embed.weight)


def test_a_weight_that_is_missing_and_not_tied_is_missing() -> None:
    assert fit(Tied(tie=False), {"embed.weight": torch.ones(6, 4)}).missing == ["lm_head.weight"]


def test_two_weights_for_one_tied_tensor_are_refused() -> None:
    finding = refusal(fit, Tied(), dict(Tied(tie=False).state_dict()))
    assert finding.code == "FR107"
    assert "embed.weight and lm_head.weight differ in the file" in finding.message


def test_a_buffer_of_whole_numbers_may_be_missing() -> None:
    state = {k: v for k, v in Net().state_dict().items() if k != "position_ids"}
    fitted = fit(Net(), state)
    assert fitted.missing == []
    assert "position_ids is not in the file" in fitted.notes[0]


def test_another_number_of_outputs_is_named() -> None:
    finding = refusal(fit, Net(outputs=10), dict(Net().state_dict()))
    assert finding.code == "FR107"
    assert "head.weight is [3, 4] in the file and [10, 4] in the network" in finding.message
    assert "build 3 outputs in place of 10" in finding.next_step


def test_a_renamed_layer_is_paired_by_its_shape() -> None:
    state = {k.replace("head", "classifier"): v for k, v in Net().state_dict().items()}
    fitted: Fitted = fit(Net(), state)
    assert fitted.renamed == [
        ("head.weight", "classifier.weight"), ("head.bias", "classifier.bias"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ({"state_dict": "W", "epoch": 3}, "weights taken from 'state_dict'; beside it: epoch"),
        ({"epoch": torch.tensor(3), "model_state": "W"}, "taken from 'model_state'; beside it: epoch"),
        ({"model": "W", "ema": "W"}, "'model'; beside it: ema (the same weights again, not used)"),
        ({"model": {"state_dict": "W"}}, "weights taken from 'model/state_dict'"),
        ({"policy": "W", "step": 1}, "weights taken from 'policy'; beside it: step"),
    ],
)  # fmt: skip
def test_weights_are_taken_out_of_a_training_checkpoint(
    tmp_path: Path, content: dict[str, Any], note: str
) -> None:
    state = Net().state_dict()

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(each) for key, each in value.items()}
        return state if isinstance(value, str) else value

    weights = read(saved(tmp_path, filled(content)))
    assert weights.state.keys() == state.keys()
    assert note in weights.notes[0]


def test_of_several_networks_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    state = {"actor": Net().state_dict(), "critic": nn.Linear(2, 2).state_dict()}
    fitted = fit(Net(), read(saved(tmp_path, state)).state)
    assert fitted.missing == []
    assert "below 'actor.'" in fitted.notes[0]


def test_objects_beside_the_weights_are_not_made(tmp_path: Path) -> None:
    options = argparse.Namespace(root=pathlib.PurePosixPath("/data"), lr=0.1)
    content = {"state_dict": Net().state_dict(), "hyper_parameters": options}
    weights = read(saved(tmp_path, content))
    assert weights.state.keys() == Net().state_dict().keys()
    assert weights.unread == ["argparse.Namespace", "pathlib.PurePosixPath"]


class Attack:
    def __init__(self, function: Any, witness: Path) -> None:
        self.function, self.witness = function, witness

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, (f"open({str(self.witness)!r}, 'w')",)


@pytest.mark.parametrize("function", [eval, exec, os.system])
def test_an_attack_beside_the_weights_is_refused(tmp_path: Path, function: Any) -> None:
    witness = tmp_path / "ran"
    content = {"state_dict": Net().state_dict(), "hyper_parameters": Attack(function, witness)}
    finding = refusal(read, saved(tmp_path, content))
    assert finding.code == "FR104"
    assert function.__name__ in finding.cause
    assert "Do not load" in finding.remedy
    assert not witness.exists()


def test_a_module_inside_is_refused_with_the_command_that_writes_its_weights(
    tmp_path: Path,
) -> None:
    finding = refusal(read, saved(tmp_path, {"model": nn.Linear(2, 2), "epoch": 1}))
    assert finding.code == "FR104"
    assert "torch.nn.modules.linear.Linear" in finding.message
    assert "state_dict()" in finding.remedy


def test_masks_are_no_damage() -> None:
    notes: list[str] = []
    mask = torch.triu(torch.full((4, 4), -torch.inf), 1)
    bias = torch.tensor([-torch.inf, 0.5, 0.25])
    assert not_finite({"mask": mask, "bias": bias}, {"bias"}, notes) == []
    assert "mask holds -inf in 6 of 16 elements: a mask" in notes
    assert len(not_finite({"bias": bias}, set(), notes)) == 1
    assert len(not_finite({"mask": mask * torch.nan}, {"mask"}, notes)) == 1


def test_what_is_not_finite_is_counted_by_kind() -> None:
    tensor = torch.tensor([torch.nan, torch.inf, -torch.inf, 1.0]).half()
    assert not_finite({"w": tensor}, set(), []) == [
        "w (1 NaN, 1 +inf, 1 -inf of 4 elements, float16)"
    ]


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(40, 8)

    def forward(self, mels: Any, lengths: Any, hidden: Any = None) -> Any: ...


def test_inputs_are_guessed_under_the_names_of_forward() -> None:
    module = Reader()
    assert [(each["name"], each["type"]) for each in guessed_inputs(module.state_dict(), module)] == [
        ("mels", "float32[batch, time, 40]"), ("lengths", "float32[batch]"),
    ]  # fmt: skip
    assert [each["name"] for each in guessed_inputs(module.state_dict())] == ["x"]


def test_the_first_layer_is_found_in_a_file_that_is_sorted_by_name() -> None:
    state = {"blocks.fc.weight": torch.zeros(64, 16), "blocks.fc.bias": torch.zeros(64)}
    state |= {"stem.weight": torch.zeros(16, 3, 4, 4)}
    [guessed] = guessed_inputs(state)
    assert guessed["type"] == "float32[batch, 3, height, width]"


def test_a_matrix_without_a_bias_and_with_more_rows_than_columns_looks_tokens_up() -> None:
    table, bias = torch.zeros(100, 16), torch.zeros(100)
    [guessed] = guessed_inputs({"e.weight": table})
    assert (guessed["type"], guessed["low"], guessed["high"]) == ("int64[batch, seq]", 0, 100)
    [guessed] = guessed_inputs({"e.weight": table, "e.bias": bias})
    assert guessed["type"] == "float32[batch, 16]"


def test_a_script_that_calls_an_operator_of_nobody_is_told(tmp_path: Path) -> None:
    library = torch.library.Library("acme_test", "DEF")
    library.define("twice(Tensor x) -> Tensor")

    class Calls(nn.Module):
        def forward(self, x):  # type: ignore[no-untyped-def]
            return torch.ops.acme_test.twice(x)

    torch.jit.script(Calls()).save(tmp_path / "net.pt")
    library._destroy()
    finding = refusal(read_script, str(tmp_path / "net.pt"))
    assert finding.code == "FR101"
    assert "acme_test::twice" in finding.message
