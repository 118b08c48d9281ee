"""What is the machine's fault and not the model's: memory, a broken library, the wrong hardware.

These never read as "unsupported": the same model passes where there is more memory, a whole
installation, or the processor that a library was built for. PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSTORED = ("FR001", "FR003", "FR005", "FR009")
"""Findings that another machine, or a mended installation, may not have: never cached."""

REFUSED: dict[str, str] = {}
"""What importing a package said the first time: numpy and others say something else the second."""

_MEMORY = re.compile(
    r"out ?of ?memory|insufficient memory|std::bad_alloc|cudaErrorMemoryAllocation"
    r"|can(?:'|no)t allocate memory|[Mm]emory could not be allocated|[Ff]ailed to allocate memory"
    # EAGAIN of pthread_create: there is no room for the stack of another thread.
    r"|Resource temporarily unavailable",
    re.IGNORECASE,
)
_HARDWARE = re.compile(
    r"no kernel image is available|SM \d+ is not supported by this TensorRT release"
    r"|Unsupported SM\b|but your machine doesn't support|cannot run on this GPU"
    r"|is not compatible with the current PyTorch installation"
)
_NO_FILE = re.compile(r"(?P<file>\S+\.so[\w.]*): cannot open shared object file")
_NO_VERSION = re.compile(r"version [`'](?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\w.]+)' not found")
_OTHER_BUILD = re.compile(
    r"undefined symbol|binary incompatibility|compiled using NumPy|multiarray failed to import"
)


def is_memory(text: str) -> bool:
    """Whether a library's words are about memory that it did not get."""
    return _MEMORY.search(text) is not None


def is_hardware(text: str) -> bool:
    """Whether a library's words are about a processor or GPU that it was not built for."""
    return _HARDWARE.search(text) is not None


def chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, outermost first."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        inner = error.__cause__ or error.__context__
        if inner is None:
            return
        error = inner


def memory_words(error: BaseException) -> str:
    """What was said of memory anywhere in the causes of an exception; empty where nothing was."""
    for each in chain(error):
        text = str(each).strip()
        if isinstance(each, MemoryError) or is_memory(text):
            return text or type(each).__name__
    return ""


def hardware_finding(step: str, words: str) -> Finding:
    """FR009 for what a library says of the hardware."""
    return Finding(code="FR009", message=f"{step} cannot run on this machine: {_line(words)}")


def hardware_fault(step: str, error: BaseException) -> Finding | None:
    """FR009 where the causes of an exception speak of hardware."""
    words = next((str(each) for each in chain(error) if is_hardware(str(each))), "")
    return hardware_finding(step, words) if words else None


def broken_library(package: str, version: str | None, error: BaseException) -> Finding:
    """FR005 for an installed package that does not import, with what would mend it."""
    words = REFUSED.get(package) or _words(error)
    first = str(error).strip() if package not in REFUSED else words
    if match := _NO_FILE.search(first):
        remedy = f"Install the package that brings {match['file']}, or put its folder on LD_LIBRARY_PATH."
    elif match := _NO_VERSION.search(first):
        remedy = (
            f"{package} was built for a newer system, one with {match['version']}: use a newer base "
            f"image, or an older {package}."
        )
    elif _OTHER_BUILD.search(first):
        remedy = (
            f"{package} and a package it uses come from different builds: install both again, "
            "together, in one pip install."
        )
    elif isinstance(error, ModuleNotFoundError):
        remedy = f"Install {error.name}, which {package} imports."
    else:
        remedy = f"Try: python -c 'import {package}', and install {package} again."
    name = f"{package} {version}" if version else package
    return Finding(
        code="FR005", message=f"{name} is installed and cannot be loaded: {_line(words)}",
        cause=words if "\n" in words else "", remedy=remedy,
    )  # fmt: skip


def outdated(step: str, cause: str) -> Finding | None:
    """FR005 where a loaded package is older than what this project was written for."""
    from packaging.requirements import Requirement

    try:
        stated = metadata.requires("pytest-frictionless") or ()
    except metadata.PackageNotFoundError:
        return None
    for text in stated:
        wanted = Requirement(text)
        if wanted.name not in sys.modules or not wanted.specifier:
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            needed = f"{wanted.name}{wanted.specifier}"
            return Finding(
                code="FR005",
                message=f"{step} failed with {wanted.name} {version}, and pytest-frictionless is "
                f"written for {needed}",
                cause=cause, remedy=f"pip install '{needed}'",
            )  # fmt: skip
    return None


def _words(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__


def _line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no word why")
