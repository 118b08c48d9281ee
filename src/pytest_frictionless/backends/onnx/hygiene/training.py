"""Layers that still behave as in training, and what draws random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.picture import attribute
from pytest_frictionless.backends.onnx.hygiene.wording import finding, plural
from pytest_frictionless.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

RANDOM = (
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial",
)  # fmt: skip


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR401 for dropout and FR402 for batch norm in training mode, FR703 for chance; in bodies too."""
    dropouts = [node for node in picture.all_nodes if _drops(picture, node)]
    if dropouts:
        yield finding(
            "FR401",
            f"{plural(len(dropouts), 'Dropout node')} in training mode: the outputs are random",
            picture=picture, nodes=dropouts, severity=Severity.ERROR,
            cause="training_mode is true in the file: the model was exported in training mode",
        )  # fmt: skip
    norms = [node for node in picture.all_nodes if _normalises_batch(picture, node)]
    if norms:
        yield finding(
            "FR402",
            f"{plural(len(norms), 'BatchNormalization node')} in training mode: each output depends "
            "on the other samples of its batch",
            picture=picture, nodes=norms, severity=Severity.ERROR,
            cause="statistics of the batch are used and not those of the training",
        )  # fmt: skip
    drawing = [node for node in picture.all_nodes if _draws(picture, node)]
    if drawing:
        kinds = ", ".join(dict.fromkeys(node.op_type for node in drawing))
        yield finding(
            "FR703",
            f"{plural(len(drawing), 'node')} ({kinds}) {'draws' if len(drawing) == 1 else 'draw'} "
            "random numbers: no two runs agree",
            picture=picture, nodes=drawing,
            remedy="Draw outside of the model and pass the numbers in, or export its mean.",
        )  # fmt: skip


def _draws(picture: Picture, node: onnx.NodeProto) -> bool:
    own = node.domain in ("", "ai.onnx") and node.op_type in RANDOM
    return own and not any(each.name == "seed" for each in node.attribute)


def _drops(picture: Picture, node: onnx.NodeProto) -> bool:
    if node.op_type != "Dropout" or node.domain not in ("", "ai.onnx"):
        return False
    if picture.opset < 7:
        return not attribute(node, "is_test", 0)
    if picture.opset < 12 or len(node.input) < 3 or not node.input[2]:
        return False
    mode = picture.constant_of(node.input[2])
    if mode is None or not bool(picture.array(mode).any()):
        return False
    ratio = picture.constant_of(node.input[1]) if node.input[1] else None
    return ratio is None or bool(picture.array(ratio).any())


def _normalises_batch(picture: Picture, node: onnx.NodeProto) -> bool:
    if node.op_type != "BatchNormalization" or node.domain not in ("", "ai.onnx"):
        return False
    if picture.opset >= 14:
        return bool(attribute(node, "training_mode", 0))
    if picture.opset < 7:
        return not attribute(node, "is_test", 0)
    return len([name for name in node.output if name]) > 1
