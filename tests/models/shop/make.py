"""Writes the checkpoints of the networks in every format. Run as: python -m shop.make FOLDER."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import onnx
import onnx.helper
import torch
from safetensors.torch import save_file
from shop import nets

STATES = {
    "clean": nets.Clean, "encoder": nets.Encoder, "fourier": nets.Fourier, "branch_on_batch": nets.BranchOnBatch,
    "baked_buffer": nets.BakedBuffer, "loop_over_time": nets.LoopOverTime,
    "adaptive_pool": nets.AdaptivePool, "branch_on_value": nets.BranchOnValue,
    "custom_operator": nets.CustomOperator, "training": nets.Dropout,
    "stubborn_dropout": nets.StubbornDropout, "random": nets.Random, "chaotic": nets.Chaotic,
    "double": nets.Double, "half": nets.Half, "integers": nets.Integers, "mapping": nets.Mapping,
    "optional": nets.Optional, "condition": nets.Condition, "embedding": nets.Embedding,
    "old_opset": nets.Upsample, "fp16_asked": nets.Linear, "two_profiles": nets.Linear,
}  # fmt: skip
"""Kept as plain state_dicts; the rest of the formats follows below."""


def main(folder: Path) -> None:
    torch.manual_seed(0)
    for name, network in STATES.items():
        torch.save(network().state_dict(), folder / f"{name}.pt")
    write_torch_formats(folder)
    write_legacy_onnx(folder)
    write_onnx(folder)


def write_torch_formats(folder: Path) -> None:
    state = nets.Linear().state_dict()
    save_file(state, folder / "plain.safetensors")
    wrapped = {f"module.{name}": value for name, value in state.items()}
    torch.save({"epoch": 3, "model_state": wrapped, "optimizer_state": {}}, folder / "nested.ckpt")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    batch = {0: torch.export.Dim("batch", min=1, max=8)}
    program = torch.export.export(
        nets.Linear().eval(), (torch.zeros(4, 8),), dynamic_shapes=(batch,)
    )
    torch.export.save(program, folder / "program.pt2")
    program = torch.export.export(
        nets.Dropout().train(), (torch.zeros(4, 8),), dynamic_shapes=(batch,)
    )
    torch.export.save(program, folder / "dropout.pt2")
    torch.jit.script(nets.Linear().eval()).save(folder / "script.torchscript")


def write_legacy_onnx(folder: Path) -> None:
    for name, network, batch, leading in (
        ("baked_2", nets.IntegerBatch, 2, "batch"), ("baked_1", nets.IntegerBatch, 1, "batch"),
        ("nonzero", nets.NonZero, 2, "count"), ("legacy_clean", nets.Linear, 2, "batch"),
    ):  # fmt: skip
        torch.onnx.export(
            network().eval(), (torch.randn(batch, 8),), str(folder / f"{name}.onnx"),
            opset_version=17, input_names=["x"], output_names=["y"], dynamo=False,
            dynamic_axes={"x": {0: "batch"}, "y": {0: leading}},
        )  # fmt: skip


def write_onnx(folder: Path) -> None:
    def tensor(name: str, *dims: int | str) -> onnx.ValueInfoProto:
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)

    def save(
        name: str,
        nodes: list[onnx.NodeProto],
        ins: list[object],
        outs: list[object],
        **more: object,
    ) -> None:
        graph = onnx.helper.make_graph(nodes, name, ins, outs, **more)
        opsets = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("acme.ops", 1)]
        model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
        onnx.save(model, folder / f"{name}.onnx")

    node = onnx.helper.make_node
    save(
        "two_offenders",
        [
            node("Relu", ["x"], ["a"], "relu"), node("Det", ["a"], ["b"], "determinant"),
            node("MyCustomNMS", ["b"], ["y"], "suppress", domain="acme.ops"),
        ],
        [tensor("x", "batch", 4, 4)], [tensor("y", "batch")],
    )  # fmt: skip
    save(
        "question_marks",
        [node("Relu", ["x"], ["y"])],
        [tensor("x", 1, "?", "?")],
        [tensor("y", 1, "?", "?")],
    )
    save("two_axes", [node("Relu", ["x"], ["y"])], [tensor("x", "n", "m")], [tensor("y", "n", "m")])
    save("static", [node("Relu", ["x"], ["y"])], [tensor("x", 2, 8)], [tensor("y", 2, 8)])
    save("log", [node("Log", ["x"], ["y"])], [tensor("x", "batch", 4)], [tensor("y", "batch", 4)])
    save(
        "wrong_output",
        [node("Relu", ["x"], ["y"])],
        [tensor("x", "batch", 4)],
        [tensor("y", "batch", "batch")],
    )
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            [node("MatMul", ["x", "w"], ["y"])], "external", [tensor("x", "batch", 8)], [tensor("y", "batch", 8)],
            [onnx.numpy_helper.from_array(torch.randn(8, 8).numpy(), "w")],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10,
    )  # fmt: skip
    onnx.save(
        model,
        folder / "external.onnx",
        save_as_external_data=True,
        location="external.data",
        size_threshold=0,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
