"""The parts of the stack that move one at a time: in which order, and what moves with each."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What an upgrade moves as one."""

    title: str
    members: tuple[str, ...]
    """Patterns of what belongs to it: distributions of PyPI, and components of a manifest."""
    reason: str
    """Why it moves where it does."""
    together: str = ""
    """Why its members move as one."""
    is_package: bool = True
    """False for what no virtual environment holds: the driver, the image, the GPU."""

    def owns(self, name: str) -> bool:
        """Whether a distribution or a manifest's component belongs to it."""
        return any(fnmatchcase(name, pattern) for pattern in self.members)


STACK = (
    Component(
        title="driver", members=("nvidia_driver", "cuda_driver"), is_package=False,
        reason="a newer driver runs what an older CUDA built, and an older one runs nothing newer",
        together="the driver brings its CUDA",
    ),
    Component(
        title="GPU", members=("gpu", "compute_capability"), is_package=False,
        reason="plans are built for it, and baselines are measured on it: nothing else moves with it",
        together="the compute capability is the GPU's",
    ),
    Component(
        title="image", members=("container", "container_digest", "os", "glibc"), is_package=False,
        reason="everything below is installed into it",
        together="the image brings its operating system",
    ),
    Component(
        title="CUDA", members=("cuda_toolkit", "cuda_runtime", "cudnn"), is_package=False,
        reason="the runtimes are built for one CUDA major, and want it first",
        together="cuDNN and the runtime are built for one toolkit",
    ),
    Component(
        title="TF32", members=("tf32_override", "torch_tf32_override"), is_package=False,
        reason="a variable of the machine, which changes numbers without an error",
        together="both say how float32 is multiplied",
    ),
    Component(
        title="Python", members=("python",),
        reason="every package below is installed for one Python",
    ),
    Component(
        title="NumPy", members=("numpy",),
        reason="the packages below are compiled against its binary interface, and bear a newer one",
    ),
    Component(
        title="ONNX Runtime", members=("onnxruntime", "onnxruntime-*"),
        reason="a reader: it has to know an IR version and an opset before any file has them",
    ),
    Component(
        title="TensorRT",
        members=("tensorrt", "tensorrt-cu*", "tensorrt-libs", "tensorrt-bindings",
                 "tensorrt-lean*", "tensorrt-dispatch*", "onnx_parser"),
        reason="a reader: its parser has to know an operator before any file has it",
        together="each of its packages wants the others at its own version",
    ),
    Component(
        title="TensorRT-RTX", members=("tensorrt-rtx", "tensorrt-rtx-*", "tensorrt_rtx"),
        reason="a reader: its parser has to know an operator before any file has it",
        together="each of its packages wants the others at its own version",
    ),
    Component(
        title="onnx", members=("onnx",),
        reason="it writes the newest IR version that it knows, so the readers go first; exporters "
        "and simplifiers write through it, so it goes before them",
    ),
    Component(
        title="torch", members=("torch", "torchvision", "torchaudio", "triton", "exporter", "onnxscript", "onnx-ir"),
        reason="the exporter: what it writes, onnx and the runtimes can read by now",
        together="extensions are compiled against one torch, and its exporter calls onnxscript "
        "and onnx-ir, which say no range in torch's metadata",
    ),
    Component(
        title="simplifier", members=("onnxslim", "onnxsim", "simplifier"),
        reason="it rewrites what the exporter gave",
    ),
    Component(
        title="transformers", members=("transformers", "tokenizers", "huggingface-hub", "safetensors"),
        reason="it writes the networks, for a torch that is there",
        together="transformers allows one range of tokenizers and of the hub's client",
    ),
)  # fmt: skip
"""In the order in which they move up: readers before writers, from the machine to the file.

So no step asks a program for what it does not know yet. On the way down the order is the reverse.
"""

REST = Component(
    title="everything else", members=("*",),
    reason="no part of the stack: apart from it, so that what it breaks is not put down to it",
    together="packages outside of the stack move in one step",
)  # fmt: skip
OPSET = Component(
    title="opset",
    members=("opset",),
    reason="it asks the most of all others: exporter, onnx and runtimes have to know it",
)

ORDER = (*STACK, REST, OPSET)


def component_of(name: str) -> Component:
    """The component that a distribution, or a component of a manifest, belongs to."""
    if OPSET.owns(name):
        return OPSET
    return next((each for each in STACK if each.owns(name)), REST)
