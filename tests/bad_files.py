"""Files that are bad in every way we know of, and what each must be told."""

from __future__ import annotations

import json
import os
import pickle
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.project import MLP

if TYPE_CHECKING:
    from tests.project import Project


@dataclass(frozen=True, slots=True)
class Bad:
    """One bad input: the item that fails, its code, and words its text must have."""

    path: str
    check: str
    code: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.path.replace("/", "-")


FACTORIES = """
import torch
class Net(torch.nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.linear = torch.nn.Linear(8, width)
    def forward(self, x):
        return self.linear(x).relu()
def net(): return Net()
def wide(): return Net(5)
def deep():
    module = Net()
    module.second = torch.nn.Linear(4, 4)
    return module
def raising(): raise RuntimeError("no config for this model")
def needing(width, depth): return Net(width)
def no_module(): return {"not": "a module"}
"""
IMPORTING = "import a_package_that_nobody_has\ndef net(): return None\n"
SPECS: dict[str, dict[str, Any]] = {
    "wrong_module": {"factory": "shop.netz:net"},
    "wrong_name": {"factory": "shop.nets:nett"},
    "needs_package": {"factory": "shop.importing:net"},
    "raising": {"factory": "shop.nets:raising"},
    "needing": {"factory": "shop.nets:needing"},
    "no_module": {"factory": "shop.nets:no_module"},
    "wrong_input": {"inputs": {"picture": "float32[batch, 8]", "mask": "bool[batch]"}},
    "wrong_size": {"inputs": {"x": "float32[batch, 9]"}},
    "wrong_type": {"inputs": {"x": "int64[batch, 8]"}},
    "missing_keys": {"factory": "shop.nets:deep"},
    "other_shape": {"factory": "shop.nets:wide"},
    "nan": {}, "numbers": {}, "pickled_module": {}, "truncated_zip": {},
    "profile": {"profiles": {"one": {"batch": [4, 2, 8]}}},
    "no_range": {"inputs": {"x": "float32[batch, width]"}},
    "sample": {"inputs": {"x": {"type": "float32[batch, 8]", "sample": "nowhere.npy"}}},
}  # fmt: skip
"""What is special about each state_dict's entry in frictionless.yaml."""

BAD = (
    Bad("empty.onnx", "load", "FR101", ("empty",)),
    Bad("empty.pt", "load", "FR101", ("empty",)),
    Bad("truncated.onnx", "load", "FR101"),
    Bad("truncated_zip.pt", "load", "FR101"),
    Bad("truncated.safetensors", "load", "FR101"),
    Bad("zeros.onnx", "load", "FR101", ("zero",)),
    Bad("zeros.pt", "load", "FR101", ("zero",)),
    Bad("zeros.safetensors", "load", "FR101"),
    Bad("page.pt", "load", "FR101", ("HTML",)),
    Bad("page.onnx", "load", "FR101", ("HTML",)),
    Bad("evil.pt", "load", "FR104", ("system", "nothing was run", "trusted:")),
    Bad("evil_legacy.pth", "load", "FR104", ("system",)),
    Bad("pickled_module.pt", "load", "FR104", ("Linear",)),
    Bad("lying.safetensors", "load", "FR101"),
    Bad("external.onnx", "load", "FR207", ("gone.data",)),
    Bad("opset99.onnx", "opset", "FR302", ("99",)),
    Bad("no_outputs.onnx", "export", "FR208"),
    Bad("recursive.onnx", "export", "FR205", ()),
    Bad("unsorted.onnx", "export", "FR205", ("topologically sorted",)),
    Bad("unknown_operator.onnx", "export", "FR205", ("Frobnicate",)),
    Bad("custom_operator.onnx", "operators", "FR503", ("MyCustomNMS",)),
    Bad("pointer.safetensors", "load", "FR102", ("git lfs pull --include 'bad/pointer.safetensors'",)),
    Bad("dangling.onnx", "load", "FR103", ("dangling",)),
    Bad("loop.onnx", "load", "FR103", ("loop",)),
    Bad("fifo.pt", "load", "FR103", ("FIFO",)),
    Bad(r"latin\xff.onnx", "load", "FR111"),
    Bad("weights_only.safetensors", "load", "FR105",
        ("path: bad/weights_only.safetensors", "factory: ",
         'x: "float32[batch, 8]"', "batch: [1, 4, 8]")),
    Bad("wrong_module.pt", "load", "FR106", ("shop.netz",)),
    Bad("wrong_name.pt", "load", "FR106", ("nett", "Did you mean shop.nets:net?")),
    Bad("needs_package.pt", "load", "FR230", ("a_package_that_nobody_has", "shop/importing.py")),
    Bad("raising.pt", "load", "FR106", ("no config for this model", "shop/nets.py:")),
    Bad("needing.pt", "load", "FR106", ("width, depth",)),
    Bad("no_module.pt", "load", "FR106", ("dict",)),
    Bad("missing_keys.pt", "load", "FR107", ("second.weight", "second.bias")),
    Bad("other_shape.pt", "load", "FR107", ("linear.weight",)),
    Bad("nan.pt", "load", "FR108", ("linear.bias",)),
    Bad("numbers.pt", "load", "FR109", ("rate", "steps")),
    Bad("profile.pt", "load", "FR006", ("[4, 2, 8]", "models.profile.profiles.one")),
    Bad("no_range.pt", "load", "FR006", ("width",)),
    Bad("wrong_input.pt", "export", "FR204", ("picture, mask", "takes x")),
    Bad("wrong_size.pt", "export", "FR206", ("shop/nets.py:8", "self.linear(x)")),
    Bad("wrong_type.pt", "export", "FR206", ("shop/nets.py:8",)),
    Bad("sample.pt", "export", "FR204", ("nowhere.npy",)),
)  # fmt: skip


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def write_onnx_files(project: Project) -> None:
    import onnx
    import onnx.parser

    whole = project.onnx("healthy/a.onnx").read_bytes()
    project.write("bad/truncated.onnx", whole[: len(whole) // 2])
    project.write("bad/suffix.pt", whole)
    project.write("bad/latin.onnx", whole)
    (project.root / "bad/latin.onnx").rename(
        os.fsdecode(os.fsencode(project.root) + b"/bad/latin\xff.onnx")
    )
    project.onnx("bad/opset99.onnx", header='<ir_version: 10, opset_import: ["" : 99]>')
    project.onnx("bad/no_outputs.onnx", "g (float[batch, 8] x) => () { y = Relu(x) }")
    custom = '<ir_version: 10, opset_import: ["" : 19, "acme.ops" : 1]>'
    project.onnx("bad/recursive.onnx", "g (float[b, 8] x) => (float[b, 8] y) { y = acme.ops.f(x) }"
                 '\n<domain: "acme.ops", opset_import: ["" : 19, "acme.ops" : 1]>'
                 " f (x) => (y) { a = Relu(x)  y = acme.ops.f(a) }", header=custom)  # fmt: skip
    project.onnx(
        "bad/unsorted.onnx",
        "g (float[batch, 8] x) => (float[batch, 8] y) { y = Relu(a)  a = Neg(x) }",
    )
    project.onnx("bad/unknown_operator.onnx", MLP.replace("Neg", "Frobnicate"))
    project.onnx(
        "bad/custom_operator.onnx",
        "g (float[batch, 8] x) => (float[batch, 8] y) { a = Relu(x)  y = acme.ops.MyCustomNMS(a) }",
        header=custom,
    )
    weights = "<float[2] w = {1, 2}>"
    model = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["" : 19]>\n'
        f"g (float[batch, 2] x) => (float[batch, 2] y) {weights} {{ y = Mul(x, w) }}"
    )
    tensor = model.graph.initializer[0]
    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), "w"))
    path = project.root / "bad/external.onnx"
    onnx.save(model, path, save_as_external_data=True, location="gone.data", size_threshold=0)
    (project.root / "bad/gone.data").unlink()


def write_torch_files(project: Project) -> None:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    state = {"linear.weight": torch.randn(4, 8), "linear.bias": torch.randn(4)}
    folder = project.root / "bad"
    for name in SPECS:
        torch.save(state, folder / f"{name}.pt")
    torch.save(state | {"linear.bias": torch.tensor([0.0, float("nan"), 1, 2])}, folder / "nan.pt")
    parameter = torch.nn.Parameter(torch.zeros(2))
    torch.save(torch.optim.Adam([parameter]).state_dict(), folder / "adam.pt")
    torch.save({"rate": 0.1, "steps": [1, 2]}, folder / "numbers.pt")
    torch.save(torch.nn.Linear(8, 4), folder / "pickled_module.pt")
    zipped = (folder / "wrong_size.pt").read_bytes()
    project.write("bad/truncated_zip.pt", zipped[: len(zipped) // 2])
    torch.save({"state_dict": Evil(f"touch {project.root}/payload")}, folder / "evil.pt")
    project.write(
        "bad/evil_legacy.pth", pickle.dumps(Evil(f"touch {project.root}/payload"), protocol=2)
    )
    save_file(state, folder / "weights_only.safetensors")
    whole = (folder / "weights_only.safetensors").read_bytes()
    project.write("bad/truncated.safetensors", whole[:-10])
    lie = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 1 << 40]}}).encode()
    project.write("bad/lying.safetensors", struct.pack("<Q", len(lie)) + lie + bytes(16))


def write_strange_files(project: Project) -> None:
    for suffix in ("onnx", "pt", "safetensors"):
        project.write(f"bad/zeros.{suffix}", bytes(4096))
    project.write("bad/empty.onnx", b"")
    project.write("bad/empty.pt", b"")
    page = (
        "<!DOCTYPE html><html><head><title>404</title></head><body>Not Found</body></html>\n" * 30
    )
    project.write("bad/page.pt", page)
    project.write("bad/page.onnx", page)
    project.write(
        "bad/pointer.safetensors",
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 123456789\n",
    )
    bad = project.root / "bad"
    (bad / "dangling.onnx").symlink_to("nowhere.onnx")
    (bad / "loop.onnx").symlink_to("loop.onnx")
    (bad / "deep/deeper").mkdir(parents=True)
    (bad / "deep/deeper/up").symlink_to("../..", target_is_directory=True)
    (bad / "deep/self").symlink_to("self", target_is_directory=True)
    (bad / "folder.onnx").mkdir()
    os.mkfifo(bad / "fifo.pt")


def configuration() -> str:
    lines = ["models:"]
    for name, own in SPECS.items():
        spec: dict[str, Any] = {
            "path": f"bad/{name}.pt", "factory": "shop.nets:net",
            "inputs": {"x": "float32[batch, 8]"}, "profiles": {"one": {"batch": [1, 2, 4]}}, **own,
        }  # fmt: skip
        lines += [f"  {name}:", *(f"    {key}: {json.dumps(value)}" for key, value in spec.items())]
    return "\n".join(lines) + "\n"
