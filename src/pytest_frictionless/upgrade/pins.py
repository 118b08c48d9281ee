"""Exact versions, from a manifest, a constraints file, or words on the command line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.manifest_file import manifest_in
from pytest_frictionless.stack.pins import reader_of
from pytest_frictionless.stack.pins.locks import read_lock
from pytest_frictionless.stack.pins.requirements import OPTION, entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_frictionless.stack.manifest import Manifest

Pins = dict[str, str]
"""Version by distribution of PyPI, or by component of a manifest that is no distribution."""

DISTRIBUTIONS = {
    "torch": "torch", "onnxscript": "onnxscript", "onnx": "onnx", "onnxruntime": "onnxruntime", "numpy": "numpy",
}  # fmt: skip
"""Components of a manifest that are one distribution of PyPI."""
BY_CUDA = {"tensorrt": "tensorrt-cu{}", "tensorrt_rtx": "tensorrt-rtx-cu{}"}
"""Components whose distribution is named after the major version of CUDA."""
NEWEST_CUDA = "13"


def read_pins(text: str, root: Path) -> Pins:
    """The versions that one side of an upgrade names; a later word wins.

    Args:
        text: A manifest, a constraints or requirements file, or several of these and
            pins such as `torch==2.13.0` and `opset==18`, separated by blanks.
        root: Folder that relative paths start from.

    Raises:
        ConfigError: A word is neither a file nor an exact version.
    """
    words = [text] if (root / text).is_file() else shlex.split(text)
    pins: Pins = {}
    for word in words:
        path = root / word
        if path.is_file():
            pins |= pins_in(path.read_text(errors="replace"), path, included=True)
        elif (pin := _pin(word)) is None:
            raise ConfigError([f"{word} is no file, and no exact version as onnx==1.23.2"])
        else:
            pins |= dict([pin])
    if not pins and any(reader_of(word) is read_lock for word in words):
        raise ConfigError([f"{text} is a lock file: give the requirements that `uv export` or "
                           "`poetry export` writes of it"])  # fmt: skip
    if not pins:
        raise ConfigError([f"{text!r} names no exact version, as onnx==1.23.2"])
    return pins


def pins_in(text: str, path: Path, *, included: bool = False) -> Pins:
    """The versions that a file names: a manifest where it is YAML, else a requirements file.

    Args:
        text: What is in it; it may be another state than that on the disk.
        path: Its place, for messages, and for files that it includes.
        included: Read the files that `-r` and `-c` name too.
    """
    if path.suffix in (".yaml", ".yml"):
        return pins_of_manifest(manifest_in(text, path))
    return dict(_required(text, path, included=included))


def pins_of_manifest(manifest: Manifest) -> Pins:
    """The components of a manifest, by their distributions where they have one, and its opset."""
    said = manifest.components
    cuda = said.get("cuda_toolkit") or said.get("cuda_runtime") or NEWEST_CUDA
    pins: Pins = {}
    for component in COMPONENTS:
        version = said.get(component, "")
        if not version:
            continue
        if component == "simplifier" and " " in version:
            name, version = version.rsplit(" ", 1)
        elif component in BY_CUDA:
            name = BY_CUDA[component].format(cuda.partition(".")[0])
        else:
            name = DISTRIBUTIONS.get(component, component)
        pins[name] = version
    if manifest.graph is not None:
        pins["opset"] = str(manifest.graph.opset)
    return pins


def _required(text: str, path: Path, *, included: bool) -> Iterator[tuple[str, str]]:
    for line, entry in entries(text):
        option, _, value = entry.replace("=", " ", 1).partition(" ")
        if included and option in ("-r", "-c", "--requirement", "--constraint"):
            other = path.parent / value.strip()
            if not other.is_file():
                raise ConfigError([f"{path.name}:{line}: there is no {other}"])
            yield from _required(other.read_text(errors="replace"), other, included=True)
        elif not entry.startswith("-") and (pin := _pin(OPTION.sub("", entry).strip())) is not None:
            yield pin


def _pin(text: str) -> tuple[str, str] | None:
    """Distribution and version of `onnx==1.23.2`; None for a range, a URL, or another machine."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    exact = [each for each in requirement.specifier if each.operator in ("==", "===")]
    if len(exact) != 1 or exact[0].version.endswith("*"):
        return None
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    return _key(requirement.name), exact[0].version


def _key(name: str) -> str:
    """The distribution's canonical name; the manifest's word for what is none."""
    component = name.replace("-", "_").lower()
    plain = component in COMPONENTS and component not in (*DISTRIBUTIONS, *BY_CUDA)
    return component if plain else canonicalize_name(name)
