"""Packages that the model's code wants: not installed, or not of one make with each other."""

from __future__ import annotations

import re
import traceback
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.backends.torch.refusal.words import first_line

if TYPE_CHECKING:
    from pytest_frictionless.backends.torch.refusal.failure import Failure
    from pytest_frictionless.finding import Finding

_MISMATCH = re.compile(
    r"operator (?P<op>\w+)::\w+ does not exist|Could not load (?P<lib>lib\w+)|undefined symbol"
    r"|cannot open shared object file|compiled with different CUDA|compiled using NumPy 1|"
    r"numpy\.dtype size changed|incompatible with the torch version"
)
_LIBRARIES = (
    "torchvision",
    "torchaudio",
    "torchtext",
    "transformers",
    "timm",
    "diffusers",
    "numpy",
)


def missing(failure: Failure) -> Finding | None:
    """FR230: the model's code imports what is not there."""
    error = failure.last
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    package = error.name.partition(".")[0]
    wants = f", which {Path(failure.file).name} imports" if failure.file else ""
    return failure.finding(
        "FR230", f"no module named {error.name!r}{wants}", remedy=f"pip install {package}"
    )


def mismatched(failure: Failure) -> Finding | None:
    """FR231: the last cause of the chain says which package is not made for which."""
    text = next((each for each in reversed(failure.texts) if _MISMATCH.search(each)), "")
    if not text:
        return None
    match = _MISMATCH.search(text)
    named = (match["op"] or "") if match else ""
    names = [named, *_in_frames(failure)]
    culprit = next((each for each in names if each in _LIBRARIES), named or "a package")
    versions = [f"{name} {_version(name)}" for name in (culprit, "torch") if _version(name)]
    outer = failure.texts[0] if failure.texts[0] != text else ""
    return failure.finding(
        "FR231", f"{culprit} does not fit torch: {first_line(text)}",
        cause="; ".join(filter(None, [f"installed: {', '.join(versions)}", first_line(outer)])),
        remedy=f"Install the {culprit} that is made for torch {_version('torch')}, from the same index.",
    )  # fmt: skip


def _in_frames(failure: Failure) -> list[str]:
    """Packages whose code was running when it failed, innermost first."""
    found = []
    for error in reversed(failure.chain):
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            found += [part for part in Path(frame.filename).parts if part in _LIBRARIES]
    return found


def _version(package: str) -> str:
    for name in packages_distributions().get(package, [package]):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""
