"""Imports of a pickle that torch's weights_only loader allows."""

from __future__ import annotations

from functools import cache

_STORAGES = (
    "Double", "Float", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool", "BFloat16",
    "ComplexDouble", "ComplexFloat", "QUInt8", "QInt8", "QInt32", "QUInt4x2", "QUInt2x4", "Untyped",
)  # fmt: skip
_IN_TORCH = (
    "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8",
    "uint16", "uint32", "uint64", "bool", "complex32", "complex64", "complex128", "qint8", "qint32",
    "quint8", "quint4x2", "float8_e4m3fn", "float8_e5m2", "per_tensor_affine", "per_channel_affine",
    "Size", "Tensor", "device",
)  # fmt: skip
_REBUILDERS = (
    "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_tensor",
    "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_sparse_tensor",
    "_rebuild_meta_tensor_no_storage", "_rebuild_device_tensor_from_cpu_tensor",
)  # fmt: skip
_KNOWN = frozenset(
    {
        "collections.OrderedDict", "collections.Counter", "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout", "_codecs.encode", "builtins.bytearray", "builtins.set",
        "builtins.complex", "torch._tensor._rebuild_from_type_v2", "torch.storage.TypedStorage",
        "torch.storage.UntypedStorage",
        *(f"torch.{device}{name}Storage" for name in _STORAGES for device in ("", "cuda.")),
        *(f"torch.{name}" for name in _IN_TORCH),
        *(f"torch._utils.{name}" for name in _REBUILDERS),
    }
)  # fmt: skip
"""torch/_weights_only_unpickler.py of torch 2.13, where torch itself cannot be asked."""
_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle"}


def is_allowed(name: str) -> bool:
    """True for a global that torch.load(weights_only=True) takes from its own list."""
    return name in _KNOWN or name in _of_installed_torch()


def python_3(name: str) -> str:
    """Name of today for a global that a pickle of protocol 2 or older spells as Python 2 did."""
    module, _, rest = name.partition(".")
    return f"{_PYTHON_2.get(module, module)}.{rest}"


@cache
def _of_installed_torch() -> frozenset[str]:
    try:
        from torch import _weights_only_unpickler

        return frozenset(_weights_only_unpickler._get_allowed_globals())
    except (ImportError, AttributeError):
        return frozenset()
