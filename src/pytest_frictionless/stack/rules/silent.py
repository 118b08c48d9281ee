"""What changes the result and raises no error anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

STRONGLY_TYPED_SINCE = 11
TYPED = (
    "https://docs.nvidia.com/deeplearning/tensorrt/11.0.0/api/migration/tensorrt-10x-to-11x.html"
)
TYPED_RTX = "measured: TensorRT-RTX 1.7.1 has no precision flags, and builds float32 where fp16 is asked for"
LOWER = ("fp16", "bf16", "int8", "fp8")
TF32 = "NVIDIA_TF32_OVERRIDE"
TF32_SOURCE = (
    "measured: with NVIDIA_TF32_OVERRIDE=0 an engine of TensorRT-RTX 1.6.1 on an H200 gave other "
    "numbers, and a cleared builder flag did not"
)
OPSET_SOURCE = (
    "measured: torch 2.13 writes opset 18 where 11 or 13 is asked for, and raises nothing"
)
TORCH_TF32_SOURCE = (
    "environment of the images nvcr.io/nvidia/pytorch:24.01-py3 and 25.10-py3: it is set to 1"
)


def precision_ignored(asked: Comparison) -> Verdict | None:
    """A precision that was a builder flag, and that strongly typed networks ignore."""
    if asked.precision not in LOWER or not asked.new or not is_typed(asked.component, asked.new):
        return None
    plan = asked.recorded.plan
    delivered = plan.precision if plan else ""
    if delivered == asked.precision and _was_typed(asked):
        return None  # the types are in the graph
    if not delivered and (not asked.old or is_typed(asked.component, asked.old)):
        return None  # nothing is recorded of the engine: `build` reads it back
    return Verdict(
        kind=Kind.BREAKING, code="FR062",
        source=TYPED_RTX if asked.component == "tensorrt_rtx" else TYPED,
        why=f"it has no precision flags: precision {asked.precision} is ignored, and the engine "
        "computes in the types of the ONNX file",
        remedy="Write the types into the ONNX file, as with ModelOpt AutoCast or Q/DQ nodes.",
    )  # fmt: skip


def tf32_override(asked: Comparison) -> Verdict | None:
    """NVIDIA's libraries read NVIDIA_TF32_OVERRIDE as they start, whatever the builder was told."""
    off = [text == "0" for text in (asked.old, asked.new)]
    if off[0] == off[1]:
        return _means_the_same(asked)
    return _other_mantissa(
        f"float32 {'is computed in full' if off[1] else 'may be computed in TF32, with 10 bits of mantissa'}",
        TF32_SOURCE, f"Set {TF32} as it was where the engine was accepted.",
    )  # fmt: skip


def torch_tf32_override(asked: Comparison) -> Verdict | None:
    """Float32 is multiplied in TF32 by torch where its override is 1, as in NVIDIA's images."""
    on = [text == "1" for text in (asked.old, asked.new)]
    if on[0] == on[1]:
        return _means_the_same(asked)
    return _other_mantissa(
        f"torch multiplies float32 {'in TF32' if on[1] else 'in full'} by default, so references differ",
        TORCH_TF32_SOURCE, "Set TORCH_ALLOW_TF32_CUBLAS_OVERRIDE as it was.",
    )  # fmt: skip


def opset(asked: Comparison) -> Verdict | None:
    """The opset of the file that was delivered, against the pin and against the file of today."""
    graph = asked.recorded.graph
    if graph is None:
        return None
    if asked.delivered is not None and asked.delivered.opset != graph.opset:
        return _other_opset(f"opset {asked.delivered.opset} is delivered now", OPSET_SOURCE)
    if asked.pin is not None and asked.pin.version != graph.opset:
        return _other_opset(f"opset {asked.pin.version} is pinned in frictionless.yaml")
    return None


def _other_opset(why: str, source: str = "") -> Verdict:
    return Verdict(
        kind=Kind.BREAKING, code="FR060", why=why,
        source=source,
        remedy="Export at the pinned opset, compare the numbers, and write the manifest again.",
    )  # fmt: skip


def _means_the_same(asked: Comparison) -> Verdict | None:
    """An unset variable is one of its values: it is not missing here."""
    return Verdict(kind=Kind.IDENTICAL) if asked.old else None


def _other_mantissa(why: str, source: str, remedy: str) -> Verdict:
    return Verdict(kind=Kind.BREAKING, code="FR061", why=why, source=source, remedy=remedy)


def is_typed(component: str, version: str) -> bool:
    """Whether the builder of this version computes in the types of the file alone."""
    numbers = release(version, 1)
    return component == "tensorrt_rtx" or (
        numbers is not None and numbers[0] >= STRONGLY_TYPED_SINCE
    )


def _was_typed(asked: Comparison) -> bool:
    plan = asked.recorded.plan
    header = getattr(plan, asked.component, None) if plan else None
    return is_typed(asked.component, header or asked.old) if header or asked.old else False
