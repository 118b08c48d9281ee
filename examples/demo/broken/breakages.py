"""One checkpoint for each way to fail: a function makes the file, and says which finding it earns."""

from __future__ import annotations

import shutil
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Make = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Breakage:
    """A broken checkpoint and the finding it must earn."""

    file: str
    check: str
    code: str
    make: Make

    @property
    def story(self) -> str:
        """What is wrong with it."""
        return (self.make.__doc__ or "").strip().splitlines()[0]


BREAKAGES: list[Breakage] = []


def earns(code: str, check: str, file: str) -> Callable[[Make], Make]:
    """Register the function that writes `file`: `check` must fail with `code`, and nothing else."""

    def register(make: Make) -> Make:
        BREAKAGES.append(Breakage(file, check, code, make))
        return make

    return register


def weights(network: str, path: Path, **changes: Any) -> None:
    """Save the state_dict of one of the faulty networks."""
    import faulty
    import torch

    torch.manual_seed(0)
    torch.save({**getattr(faulty, network)().state_dict(), **changes}, path)


# Files that are no checkpoints


@earns("FR101", "load", "truncated.pt")
def truncated(path: Path) -> None:
    """The upload stopped half-way."""
    weights("Healthy", path)
    path.write_bytes(path.read_bytes()[:900])


@earns("FR101", "load", "empty.safetensors")
def empty(path: Path) -> None:
    """The disk was full."""
    path.touch()


@earns("FR101", "load", "zeroed.onnx")
def zeroed(path: Path) -> None:
    """The machine died before the blocks were written."""
    path.write_bytes(bytes(4096))


@earns("FR101", "load", "login_page.pt")
def login_page(path: Path) -> None:
    """The download gave the page that asks to log in."""
    path.write_text("<!DOCTYPE html>\n<html><title>Sign in</title></html>\n")


@earns("FR101", "load", "lying_header.safetensors")
def lying_header(path: Path) -> None:
    """Its header promises more bytes than the file has."""
    header = b'{"linear.weight":{"dtype":"F32","shape":[8,8],"data_offsets":[0,4096]}}'
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(256))


@earns("FR102", "load", "lfs_pointer.onnx")
def lfs_pointer(path: Path) -> None:
    """Git LFS left its pointer."""
    path.write_text(
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{'4d7a214614ab2935c943f9e0ff69d22e' * 2}\nsize 97781203\n"
    )


@earns("FR103", "load", "dangling.safetensors")
def dangling(path: Path) -> None:
    """A link to a file that was cleaned up."""
    path.symlink_to("../blobs/9f86d081884c7d65")


# Files that cannot be trusted, or do not fit


class Payload:
    """Unpickled, it would write a file: harmless here."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Call Path.touch on loading."""
        return Path.touch, (Path(__file__).parent / "models" / "PAYLOAD_RAN",)


@earns("FR104", "load", "malicious.pt")
def malicious(path: Path) -> None:
    """Loading it would run code; the demo looks whether it did."""
    import torch

    torch.save({"linear.weight": torch.zeros(8, 8), "epoch": Payload()}, path)


@earns("FR006", "load", "misspelt_entry.pt")
def misspelt_entry(path: Path) -> None:
    """Its entry in frictionless.yaml says `profile` for `profiles`."""
    weights("Healthy", path)


@earns("FR105", "load", "anonymous.pt")
def anonymous(path: Path) -> None:
    """Nobody said which network these weights are of."""
    weights("Healthy", path)


@earns("FR106", "load", "factory_renamed.pt")
def factory_renamed(path: Path) -> None:
    """The factory was renamed."""
    weights("Healthy", path)


@earns("FR106", "load", "factory_raises.pt")
def factory_raises(path: Path) -> None:
    """The factory needs a file that is not there."""
    weights("Healthy", path)


@earns("FR107", "load", "other_network.pt")
def other_network(path: Path) -> None:
    """Weights of another network."""
    weights("Narrower", path)


@earns("FR108", "load", "diverged.pt")
def diverged(path: Path) -> None:
    """Training diverged, and the checkpoint was kept."""
    import torch

    weights("Healthy", path, **{"linear.bias": torch.full((8,), torch.nan)})


@earns("FR109", "load", "vocabulary.pt")
def vocabulary(path: Path) -> None:
    """Saved with torch.save, and no model at all."""
    import torch

    torch.save({"words": ["yes", "no"], "version": 3}, path)


# Models that do not export


@earns("FR202", "export", "branch_on_value.pt")
def branch_on_value(path: Path) -> None:
    """`if x.mean() > 0` in forward()."""
    weights("BranchOnValue", path)


@earns("FR210", "export", "custom_operator.pt")
def custom_operator(path: Path) -> None:
    """An operator without an ONNX counterpart."""
    weights("CustomOperator", path)


@earns("FR204", "export", "renamed_input.pt")
def renamed_input(path: Path) -> None:
    """forward() takes one input, and frictionless.yaml declares two."""
    weights("Healthy", path)


@earns("FR206", "export", "wrong_width.pt")
def wrong_width(path: Path) -> None:
    """forward() raises in eager mode already."""
    weights("WrongWidth", path)


@earns("FR704", "export", "monte_carlo.pt")
def monte_carlo(path: Path) -> None:
    """Dropout that stays on in inference."""
    weights("MonteCarlo", path)


# ONNX files that no tool should take, and some do


def onnx_file(
    path: Path, nodes: list[Any], *, opset: int = 18, dims: Any = ("batch", 8), outputs: Any = None,
    functions: Any = (), domains: Any = (), constants: Any = (), dtype: int = 1,
) -> None:  # fmt: skip
    """Write an ONNX file from x to y."""
    import onnx
    from onnx import helper

    x = helper.make_tensor_value_info("x", dtype, dims)
    y = helper.make_tensor_value_info("y", dtype, dims)
    graph = helper.make_graph(nodes, "broken", [x], [y] if outputs is None else outputs, constants)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10, functions=functions)
    onnx.save(model, path)


@earns("FR205", "export", "unsorted.onnx")
def unsorted(path: Path) -> None:
    """Nodes in the wrong order; TensorRT's parser takes it."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Relu", ["a"], ["y"]), make_node("Neg", ["x"], ["a"])])


@earns("FR205", "export", "cyclic_function.onnx")
def cyclic_function(path: Path) -> None:
    """A function that calls itself: TensorRT's parser dies of it with a signal."""
    from onnx.helper import make_function, make_node, make_opsetid

    domain = "demo"
    imports = [make_opsetid("", 18), make_opsetid(domain, 1)]
    body = [make_node("Again", ["a"], ["b"], domain=domain)]
    again = make_function(domain, "Again", ["a"], ["b"], body, imports)
    node = make_node("Again", ["x"], ["y"], domain=domain)
    onnx_file(path, [node], functions=[again], domains=[domain])


@earns("FR207", "load", "external_missing.onnx")
def external_missing(path: Path) -> None:
    """The weights were stored beside it, and stayed behind."""
    from onnx import TensorProto
    from onnx.helper import make_node

    weight = TensorProto(name="w", data_type=1, dims=[8, 8], data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="external_missing.onnx.data")
    onnx_file(path, [make_node("MatMul", ["x", "w"], ["y"])], constants=[weight])


@earns("FR208", "export", "no_outputs.onnx")
def no_outputs(path: Path) -> None:
    """A graph without outputs; TensorRT's parser takes it."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Relu", ["x"], ["y"])], outputs=[])


@earns("FR301", "opset", "opset_13.pt")
def opset_13(path: Path) -> None:
    """Opset 13 is pinned, and torch writes 18 without a word."""
    weights("Healthy", path)


@earns("FR302", "opset", "opset_26.onnx")
def opset_26(path: Path) -> None:
    """An opset newer than the target's parser."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Relu", ["x"], ["y"])], opset=26)


# Operators that TensorRT refuses


@earns("FR501", "operators", "determinant.onnx")
def determinant(path: Path) -> None:
    """An operator that TensorRT is known not to have."""
    from onnx.helper import make_node, make_tensor_value_info

    y = make_tensor_value_info("y", 1, ["batch"])
    onnx_file(path, [make_node("Det", ["x"], ["y"])], dims=("batch", 4, 4), outputs=[y])


@earns("FR502", "operators", "silero_vad.onnx")
def silero_vad(path: Path) -> None:
    """A real one: Silero's main model has Ifs that parse, and no engine comes of it."""
    shutil.copyfile(PACKAGES / "silero_vad/data/silero_vad.onnx", path)


@earns("FR509", "operators", "suppression.onnx")
def suppression(path: Path) -> None:
    """NonMaxSuppression parses, and TensorRT-RTX's builder has no kernel for it."""
    import numpy as np
    from onnx import numpy_helper
    from onnx.helper import make_node, make_tensor_value_info

    nodes = [
        make_node("ReduceMax", ["x", "axes"], ["best"], keepdims=1),
        make_node("Transpose", ["best"], ["scores"], perm=[0, 2, 1]),
        make_node("NonMaxSuppression", ["x", "scores", "most"], ["y"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([2]), "axes"),
        numpy_helper.from_array(np.array([5]), "most"),
    ]
    y = make_tensor_value_info("y", 7, ["found", 3])
    onnx_file(path, nodes, dims=("batch", 16, 4), outputs=[y], constants=constants)


@earns("FR503", "operators", "spectrum.pt")
def spectrum(path: Path) -> None:
    """A Fourier transform, found at its line of Python."""
    weights("Spectrum", path)


@earns("FR503", "operators", "unknown_operator.onnx")
def unknown_operator(path: Path) -> None:
    """An operator of a domain that no plugin serves."""
    from onnx.helper import make_node

    node = make_node("FusedAttention", ["x"], ["y"], name="attention", domain="acme.fast")
    onnx_file(path, [node], domains=["acme.fast"])


@earns("FR504", "operators", "unsigned.onnx")
def unsigned(path: Path) -> None:
    """An input of a type that TensorRT does not have."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Identity", ["x"], ["y"])], dtype=4)


# Dimensions that are dynamic in name only


@earns("FR601", "dynamic", "loop_over_time.pt")
def loop_over_time(path: Path) -> None:
    """A Python loop over a dynamic axis."""
    weights("LoopOverTime", path)


@earns("FR602", "dynamic", "branch_on_size.pt")
def branch_on_size(path: Path) -> None:
    """`if x.shape[0] > 6`: torch.onnx.export drops that guard in silence."""
    weights("BranchOnSize", path)


@earns("FR603", "dynamic", "static_batch.onnx")
def static_batch(path: Path) -> None:
    """Exported without dynamic axes."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Relu", ["x"], ["y"])], dims=(1, 8))


@earns("FR606", "dynamic", "baked_batch.onnx")
def baked_batch(path: Path) -> None:
    """Traced at batch 1: the axis is dynamic in the file, a Reshape holds the 1, TensorRT builds."""
    import torch

    class Heads(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.reshape(int(x.shape[0]), -1, 4).softmax(dim=-1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Heads(), (torch.zeros(1, 8),), path, dynamo=False, opset_version=18,
            input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
        )  # fmt: skip


@earns("FR605", "dynamic", "fixed_heads.onnx")
def fixed_heads(path: Path) -> None:
    """A Reshape to constants that fits one size only."""
    import numpy as np
    from onnx import numpy_helper
    from onnx.helper import make_node, make_tensor_value_info

    shape = numpy_helper.from_array(np.array([4, 2, 4]), "shape")
    y = make_tensor_value_info("y", 1, [4, 2, 4])
    onnx_file(path, [make_node("Reshape", ["x", "shape"], ["y"])], outputs=[y], constants=[shape])


@earns("FR606", "dynamic", "adaptive_pool.pt")
def adaptive_pool(path: Path) -> None:
    """Right at the size it was exported at, and another output shape at the largest."""
    weights("AdaptivePool", path)


# Numbers that cannot be trusted


@earns("FR702", "parity", "overflow.onnx")
def overflow(path: Path) -> None:
    """The logarithm of negative numbers."""
    from onnx.helper import make_node

    onnx_file(path, [make_node("Log", ["x"], ["y"])])


@earns("FR703", "parity", "noisy.pt")
def noisy(path: Path) -> None:
    """Random numbers in forward()."""
    weights("Noisy", path)


@earns("FR705", "parity", "chaotic.pt")
def chaotic(path: Path) -> None:
    """A chaotic map: no two runtimes can agree, and none is to blame."""
    weights("Chaotic", path)


# Engines that do not come out as asked


@earns("FR804", "build", "not_half.pt")
def not_half(path: Path) -> None:
    """fp16 is asked for, and the network computes in float32."""
    weights("Healthy", path)


@earns("FR806", "build", "rapidocr_cls.onnx")
def rapidocr_cls(path: Path) -> None:
    """A real one: height and width are both called '?', and TensorRT takes them as equal."""
    origin = "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx"
    shutil.copyfile(PACKAGES / origin, path)


PACKAGES = Path(__file__).resolve().parents[1] / "packages"
