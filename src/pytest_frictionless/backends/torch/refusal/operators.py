"""Refusals of an operation, or of a kind of tensor, that has no counterpart in ONNX."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.torch.refusal.failure import place_of_fx_node
from pytest_frictionless.rewrites.arrays import dense

if TYPE_CHECKING:
    from pytest_frictionless.backends.torch.refusal.failure import Failure
    from pytest_frictionless.finding import Finding, Place

_NO_FUNCTION = re.compile(
    r"No ONNX function found for (?:<OpOverload\(op='|<function )?(?P<op>[\w.:]+)"
)
_NO_SYMBOLIC = re.compile(r"(?:ONNX export of operator |Exporting the operator '?)(?P<op>[\w:]+)")
_COMPLEX = re.compile(r"complex-valued input|ComplexFloat|ComplexDouble")
_NO_FAKE = re.compile(r"There was no fake impl registered for <CustomOpDef\((?P<op>[\w:.]+)\)>")
_OTHER_LAYOUT = re.compile(r"Cannot view a tensor with shape .* and strides")
_SPARSE = re.compile(r"[Ss]parse")
_QUANTISED = re.compile(r"quantized|dequantize|quantize_per|PackedParams|QuantizedCPU")
_OPERATOR = re.compile(r"^(?P<op>\w+\.\w+)\.\w+$")
_TORCH = ("aten", "prims", "prim", "torchvision", "torch", "_sym", "quantized", "onnx")

_COMPLEX_FORMS = {
    "mul": "re = a_re * b_re - a_im * b_im\nim = a_re * b_im + a_im * b_re",
    "exp": "re = torch.exp(z_re) * torch.cos(z_im)\nim = torch.exp(z_re) * torch.sin(z_im)",
    "div": "d = b_re**2 + b_im**2\nre = (a_re * b_re + a_im * b_im) / d\nim = (a_im * b_re - a_re * b_im) / d",
    "abs": "magnitude = torch.sqrt(z_re**2 + z_im**2)",
    "angle": "phase = torch.atan2(z_im, z_re)",
    "polar": "re = r * torch.cos(phi)\nim = r * torch.sin(phi)",
    "matmul": "re = a_re @ b_re - a_im @ b_im\nim = a_re @ b_im + a_im @ b_re",
}


def complex_numbers(failure: Failure) -> Finding | None:
    """FR214: ONNX has no complex numbers."""
    text = next((each for each in failure.texts if _COMPLEX.search(each)), "")
    match = _NO_FUNCTION.search(text) or _NO_SYMBOLIC.search(text)
    if not text or match is None:
        return None
    failure = failure.at(_place_of_target(failure, match["op"]) if failure.place is None else None)
    name = match["op"].rpartition(".")[2].rpartition("::")[2]
    form = _COMPLEX_FORMS.get(name, "re, im = torch.view_as_real(z).unbind(-1)  # then real alone")
    return failure.finding(
        "FR214", f"{match['op']} is asked for complex numbers, and ONNX has none",
        cause=failure.reason.splitlines()[0],
        remedy=f"Carry the real and the imaginary part as two tensors:\n{form}",
    )  # fmt: skip


def bias_with_gradient(failure: Failure) -> Finding | None:
    """FR201 where attention adds a learned bias: with a gradient, torch 2.13 writes it out in another layout."""
    text = next((each for each in failure.texts if _OTHER_LAYOUT.search(each)), "")
    learned = any(each.requires_grad for each in getattr(failure.module, "parameters", tuple)())
    if not text or failure.program is None or not learned:
        return None
    calls = (str(node.target) for node in failure.program.graph.nodes)
    if not any("scaled_dot_product_attention" in call for call in calls):
        return None
    return failure.finding(
        "FR201", "scaled_dot_product_attention with a bias that has a gradient is not written out",
        cause=failure.reason,
        remedy="Export without gradients: let the factory return net.eval().requires_grad_(False).",
    )  # fmt: skip


def sparse_tensors(failure: Failure) -> Finding | None:
    """FR215: ONNX has no sparse tensors that runtimes compute with."""
    text = next((each for each in failure.texts if _SPARSE.search(each)), "")
    if not text or not _is_operator_missing(failure):
        return None
    code = dense(failure.file, failure.line)
    return failure.finding(
        "FR215", f"a sparse tensor is computed with: {text.splitlines()[0]}", cause=failure.reason,
        remedy=f"Keep it dense, in the checkpoint too (tensor.to_dense()):\n{code}" if code else "",
    )  # fmt: skip


def quantised_tensors(failure: Failure) -> Finding | None:
    """FR216: eager quantisation keeps weights in objects that torch.export cannot open."""
    text = next((each for each in failure.texts if _QUANTISED.search(each)), "")
    if not text or "fake_quantize" in text:
        return None
    names = [
        name for name, layer in _layers(failure.module) if ".quantized" in type(layer).__module__
    ]
    where = f": {', '.join(names[:4])}" if names else ""
    return failure.finding(
        "FR216", f"the model is quantised in eager mode{where}", cause=text.splitlines()[0]
    )


def _layers(module: object) -> list[tuple[str, object]]:
    named = getattr(module, "named_modules", None)
    return [(name, layer) for name, layer in named()] if named is not None else []


def no_fake_implementation(failure: Failure) -> Finding | None:
    """FR211: a custom operator without a rule for its output's shape."""
    for text in failure.texts:
        if match := _NO_FAKE.search(text):
            function = match["op"].rpartition("::")[2]
            return failure.finding(
                "FR211", f"custom operator {match['op']} says nothing of its output's shape",
                cause=text.splitlines()[0],
                remedy=f"Register it:\n@{function}.register_fake\n"
                "def _(x):\n    return torch.empty_like(x)  # shape and type of the output\n"
                "ONNX needs a translation too: see FR210.",
            )  # fmt: skip
    return None


def no_counterpart(failure: Failure) -> Finding | None:
    """FR203 for torch's own operators, FR210 for those of anybody else."""
    for text in failure.texts:
        match = _NO_FUNCTION.search(text) or _NO_SYMBOLIC.search(text)
        if match is None and type(failure.chain[0]).__name__ == "UnsupportedOperatorException":
            match = _OPERATOR.match(text.splitlines()[0] if text else "")
        if match is None:
            continue
        name = match["op"]
        place = _place_of_target(failure, name) if failure.place is None else None
        failure = failure.at(place)
        cause = failure.reason.splitlines()[0]
        space, _, function = name.replace("::", ".").partition(".")
        if space not in _TORCH and function:
            return failure.finding(
                "FR210", f"custom operator {name} has no ONNX counterpart", cause=cause,
                remedy=_custom_remedy(space, function),
            )  # fmt: skip
        return failure.finding(
            "FR203", f"{name} has no ONNX counterpart at this opset", cause=cause
        )
    return None


def _custom_remedy(space: str, function: str) -> str:
    return (
        f"Call plain torch where the model is exported, and the operator elsewhere:\n"
        f"if torch.compiler.is_exporting():\n"
        f"    y = {function}_in_torch(x)  # the same in torch's own operators\n"
        f"else:\n"
        f"    y = torch.ops.{space}.{function}(x)\n"
        f"Where TensorRT has a plugin for it, write the plugin's node in that branch:\n"
        f'    y = torch.onnx.ops.symbolic("{space}::{function}", (x,), dtype=x.dtype, shape=x.shape, version=1)'
    )


def _is_operator_missing(failure: Failure) -> bool:
    kinds = {type(each).__name__ for each in failure.chain}
    return bool(
        kinds & {"UnsupportedOperatorException", "DispatchError", "NotImplementedError"}
    ) or ("aten::" in failure.reason)


def _place_of_target(failure: Failure, target: str) -> Place | None:
    """The user's line that calls an operator, from the program that was captured."""
    for node in failure.program.graph.nodes if failure.program is not None else ():
        if str(node.target).startswith(target.replace("::", ".")):
            return place_of_fx_node(node)
    return None
