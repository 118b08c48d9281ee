"""How a builder is configured, for both flavours of TensorRT: targets, precision, flags and profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt.installed import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def configure(builder: Any, compute_capabilities: Sequence[str]) -> tuple[Any, list[str]]:
    """A builder configuration for these targets, and those that this builder does not offer."""
    trt = load()
    config = builder.create_builder_config()
    # Kernels and ONNX nodes of the layers; same size and speed (measured with TensorRT-RTX 1.6.1).
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    offered = getattr(trt, "ComputeCapability", None)
    # Only TensorRT-RTX can choose; the full TensorRT builds for the GPU it runs on.
    names = {text: "SM" + text.replace(".", "") for text in compute_capabilities}
    known = [
        t
        for t, n in names.items()
        if hasattr(config, "set_compute_capability") and hasattr(offered, n)
    ]
    if known:
        config.num_compute_capabilities = len(known)
        for i, text in enumerate(known):
            config.set_compute_capability(getattr(offered, names[text]), i)
    return config, [text for text in names if text not in known]


def set_precision(builder_config: Any, precision: str | None) -> None:
    """Allow a lower precision where networks are weakly typed; elsewhere the model decides."""
    flag = getattr(load().BuilderFlag, (precision or "").upper(), None)
    if flag is not None:
        builder_config.set_flag(flag)


def flags_of(builder_config: Any) -> list[str]:
    """Names of the builder flags that are set, as "tf32": TensorRT sets some by itself."""
    flags = load().BuilderFlag.__members__
    return [name.lower() for name, flag in flags.items() if builder_config.get_flag(flag)]


def make_profile(builder: Any, network: Any, profile: Mapping[str, Any]) -> Any:
    """An optimization profile from `inputs` (shapes) and `values` (contents of shape tensors).

    Raises:
        RuntimeError: TensorRT refuses a shape or a value at once.
    """
    made = builder.create_optimization_profile()
    names = {network.get_input(i).name for i in range(network.num_inputs)}
    for name, span in profile.get("inputs", {}).items():
        if name in names and name not in profile.get("values", {}):
            made.set_shape(name, *(tuple(shape) for shape in span))
    for name, span in profile.get("values", {}).items():
        if name in names:
            made.set_shape_input(name, *(tuple(values) for values in span))
    return made
