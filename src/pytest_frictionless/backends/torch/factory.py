"""The user's factory: imported, called without arguments, and every way in which that can fail."""

from __future__ import annotations

import difflib
import importlib
import inspect
import shlex
import sys
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.told import tell_safetensors
from pytest_frictionless.backends.torch.refusal import packages
from pytest_frictionless.backends.torch.refusal.failure import failure_of
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted
from pytest_frictionless.place import place_of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from pytest_frictionless.artifacts.checkpoint import SourceRecord


def module_from_factory(source: SourceRecord) -> torch.nn.Module:
    """Call the user's factory; every way in which it can fail is a finding FR106."""
    torch = require("torch", purpose="building the model")
    tell_safetensors()
    path = source["factory"] or ""
    module_name, _, attribute = path.partition(":")
    try:
        factory: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not missing or (module_name != missing and not module_name.startswith(f"{missing}.")):
            raise _raises(f"factory {path}: importing {module_name}", error, source) from error
        raise _factory_failed(
            f"factory {path}: no module named {missing!r}",
            "Paths are looked up from the folder of frictionless.yaml.",
        ) from error
    except Exception as error:
        raise _raises(f"factory {path}: importing {module_name}", error, source) from error
    for name in attribute.split("."):
        if not hasattr(factory, name):
            raise _factory_failed(
                f"factory {path}: {module_name} has no {attribute!r}",
                _instead(module_name, attribute),
            )
        factory = getattr(factory, name)
    required = _required_parameters(factory)
    if required:
        raise _factory_failed(
            f"factory {path} needs the argument{'s' * (len(required) > 1)} {', '.join(required)}",
            "A factory is called without arguments. Write a function with the values of this model:\n"
            f"  def {PurePath(source['path']).stem.lower()}():\n"
            f"      return {attribute}({', '.join(f'{name}=...' for name in required)})",
        )
    try:
        module = factory()
    except Exception as error:
        raise _raises(f"factory {path}", error, source) from error
    if not isinstance(module, torch.nn.Module):
        raise _factory_failed(
            f"factory {path} gave a {type(module).__name__}, and a torch.nn.Module is needed"
        )
    return module


def _instead(module_name: str, attribute: str) -> str:
    """The name that was meant, else what the module can be asked for."""
    module = sys.modules[module_name]
    names = [
        name for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module_name and name[0] != "_"
    ]  # fmt: skip
    near = difflib.get_close_matches(attribute, names, 1)
    return f"Did you mean {module_name}:{near[0]}?" if near else f"It has: {', '.join(names)}"


def _required_parameters(factory: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]


def _factory_failed(message: str, remedy: str = "") -> StepFailed:
    return StepFailed(Finding(code="FR106", message=message, remedy=remedy))


def _raises(what: str, error: Exception, source: SourceRecord) -> StepFailed:
    """FR106 in the words of the user's own code, with its line and how to call it alone."""
    failure = failure_of(error)
    for recognised in (packages.missing, packages.mismatched):
        if (found := recognised(failure)) is not None:
            return StepFailed(
                replace(found, message=f"factory {source['factory']}: {found.message}")
            )
    message, cause = quoted(f"{what} raises {type(error).__name__}", str(error))
    module, _, name = (source["factory"] or "").partition(":")
    alone = shlex.quote(f"import {module}; {module}.{name}()")
    return StepFailed(
        Finding(
            code="FR106", message=message, cause=cause, place=place_of_error(error),
            remedy="Make it work without arguments, in the folder of frictionless.yaml:\n"
            f"  python -c {alone}",
        )
    )  # fmt: skip


def one_line(error: BaseException) -> str:
    """Class and first line of an exception."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
