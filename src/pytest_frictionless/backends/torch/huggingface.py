"""From a Hugging Face folder to a module that exports: inputs and sizes come from its config."""

from __future__ import annotations

import difflib
import inspect
import json
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.load import Subject
from pytest_frictionless.backends.torch.refusal import packages
from pytest_frictionless.backends.torch.refusal.failure import failure_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_frictionless.artifacts.checkpoint import InputRecord

TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids")
_SOUND = {
    "input_values": "float32[batch, 16000]",  # one second at 16 kHz
    "input_features": "float32[batch, {mels}, {frames}]",
}


def build(folder: Path, *, trusted: bool) -> Subject:
    """The model as it is served, without gradients; its inputs and the sizes its config allows.

    A learned position bias with a gradient, as of T5, is refused: see `operators.bias_with_gradient`.
    """
    require("torch", purpose="building a Hugging Face model")  # transformers is imported without
    transformers = require("transformers", purpose="building a Hugging Face model")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trusted)
        if hasattr(config, "use_cache"):
            config.use_cache = False  # a DynamicCache among the outputs cannot be exported
        name = (config.architectures or [None])[0]
        cls = getattr(transformers, name) if name else transformers.AutoModel
        model, keys = cls.from_pretrained(
            folder, config=config, output_loading_info=True, local_files_only=True
        )
    except Exception as error:
        failure = failure_of(error)
        for recognised in (packages.missing, packages.mismatched):
            if (found := recognised(failure)) is not None:
                raise StepFailed(found) from error
        raise StepFailed(_refusal(folder, transformers, error, failure.last)) from error
    inputs, ranges, declared = _inputs(model, config)
    return Subject(
        model.eval().requires_grad_(False), model.state_dict(), inputs=inputs, ranges=ranges, declared=declared,
        missing=sorted(keys.get("missing_keys", ())),
        unexpected=sorted(keys.get("unexpected_keys", ())),
    )  # fmt: skip


def _refusal(folder: Path, transformers: Any, error: Exception, root: BaseException) -> Finding:
    """Why transformers built no model, by what config.json says of itself."""
    config = _config(folder)
    kind, ours = config.get("model_type"), transformers.__version__
    wrote = str(config.get("transformers_version", ""))
    first = (str(root).strip().splitlines() or [type(root).__name__])[0]
    message = f"transformers {ours} cannot build the model of {folder.name}: {first}"
    remedy = ""
    names = [name for name in config.get("architectures") or [] if isinstance(name, str)]
    if config.get("auto_map") and "trust_remote_code" in str(error):
        message = f"the model of {folder.name} brings code of its own, which was not run"
        remedy = (
            "If you trust the Python files of the folder, write in frictionless.yaml:\n"
            "  trusted: {reason: why these files may run}"
        )
    elif kind not in transformers.CONFIG_MAPPING:
        near = difflib.get_close_matches(str(kind), list(transformers.CONFIG_MAPPING.keys()), 1)
        message = f"transformers {ours} does not know the model type {kind!r} of {folder.name}"
        message += f": did you mean {near[0]!r}?" if near else ""
        newer = f" (config.json was written by {wrote})" if wrote else ""
        remedy = f"Install a transformers that knows {kind}{newer}, or correct `model_type`."
    elif names and not hasattr(transformers, names[0]):
        message = f"transformers {ours} has no class {names[0]!r}, which {folder.name} asks for"
        near = difflib.get_close_matches(names[0], dir(transformers), 1)
        message += f": did you mean {near[0]!r}?" if near else ""
        remedy = "Correct `architectures` in config.json, or install the transformers that has it."
    return Finding(code="FR112", message=message, cause=str(error), remedy=remedy)


def _config(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _inputs(model: Any, config: Any) -> tuple[list[InputRecord], dict[str, list[int | None]], bool]:
    """Inputs, the sizes that are allowed, and whether the config tells them or they are a guess."""
    accepted = inspect.signature(model.forward).parameters
    main, parts = model.main_input_name, getattr(config, "sub_configs", {})
    if main == "input_ids":
        inputs, ranges = _texts(accepted, config.get_text_config())
        if "pixel_values" in accepted and "vision_config" in parts:  # texts and images side by side
            return [*inputs, _image(config.vision_config, batch="images")], ranges, False
        return inputs, ranges, bool(inputs)
    if main == "pixel_values":
        return [_image(getattr(config, "vision_config", config))], {"batch": [1, None]}, True
    sound = _SOUND.get(main, "float32[batch]")
    known = {"mels": _size(config, "num_mel_bins", 80)}
    known["frames"] = 2 * _size(config, "max_source_positions", 1500)
    inputs = [{"name": main, "type": sound.format_map(known)}]
    if config.is_encoder_decoder:
        inputs += _texts(accepted, config)[0][-1:]
    return inputs, {}, False


def _size(config: Any, name: str, default: int) -> int:
    return int(getattr(config, name, None) or default)


def _texts(
    accepted: Mapping[str, Any], config: Any
) -> tuple[list[InputRecord], dict[str, list[int | None]]]:
    """What a text model takes; without a vocabulary nothing is known."""
    words = getattr(config, "vocab_size", None)
    if words is None:
        return [], {}
    longest = getattr(config, "max_position_embeddings", None)
    high = {
        "input_ids": words, "attention_mask": 2,
        "token_type_ids": getattr(config, "type_vocab_size", 0),
        "decoder_input_ids": words if getattr(config, "is_encoder_decoder", False) else 0,
    }  # fmt: skip
    inputs: list[InputRecord] = [
        {
            "name": name,
            "type": f"int64[batch, {'decoder_seq' if name == 'decoder_input_ids' else 'seq'}]",
            "low": int(name == "attention_mask"),
            "high": high[name],
        }
        for name in TEXT_INPUTS
        if name in accepted and high[name]
    ]
    return inputs, {"batch": [1, None], "seq": [1, longest], "decoder_seq": [1, longest]}


def _image(config: Any, *, batch: str = "batch") -> InputRecord:
    size = getattr(config, "image_size", 224)
    height, width = (size, size) if isinstance(size, int) else size
    channels = getattr(config, "num_channels", 3)
    return {"name": "pixel_values", "type": f"float32[{batch}, {channels}, {height}, {width}]"}
