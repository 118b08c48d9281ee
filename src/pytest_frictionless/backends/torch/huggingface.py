"""From a Hugging Face folder to a module that exports: inputs and sizes come from its config."""

from __future__ import annotations

import difflib
import inspect
import json
import os
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.torch.refusal import packages
from pytest_frictionless.backends.torch.refusal.failure import failure_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.checkpoint import InputRecord

TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def build(
    folder: Path, *, trusted: bool
) -> tuple[Any, list[InputRecord], dict[str, list[int | None]], dict[str, list[str]]]:
    """The model in eval mode, its inputs, the sizes its config allows, and the keys that differ."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
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
    inputs, ranges = _inputs(model, config)
    differing = {key: sorted(keys.get(key, ())) for key in ("missing_keys", "unexpected_keys")}
    return model.eval(), inputs, ranges, differing


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


def _inputs(model: Any, config: Any) -> tuple[list[InputRecord], dict[str, list[int | None]]]:
    accepted = inspect.signature(model.forward).parameters
    if model.main_input_name == "input_ids":
        high = {"input_ids": config.vocab_size, "attention_mask": 2}
        high["token_type_ids"] = getattr(config, "type_vocab_size", 0)
        longest = getattr(config, "max_position_embeddings", None)
        inputs: list[InputRecord] = [
            {
                "name": name,
                "type": "int64[batch, seq]",
                "low": int(name == "attention_mask"),
                "high": high[name],
            }
            for name in TEXT_INPUTS
            if name in accepted and high[name]
        ]
        return inputs, {"batch": [1, None], "seq": [1, longest]}
    if model.main_input_name == "pixel_values":
        size = getattr(config, "image_size", 224)
        height, width = (size, size) if isinstance(size, int) else size
        channels = getattr(config, "num_channels", 3)
        tensor = f"float32[batch, {channels}, {height}, {width}]"
        return [{"name": "pixel_values", "type": tensor}], {"batch": [1, None]}
    return [], {}
