"""A pin: what one line of one file says about the version of one component."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

PACKAGES = {
    "torch": "torch", "pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch",
    "onnxscript": "onnxscript", "onnx": "onnx", "numpy": "numpy", "python": "python",
    "onnxruntime": "onnxruntime", "onnxruntime-gpu": "onnxruntime", "onnxslim": "simplifier",
    "tensorrt": "tensorrt", "tensorrt-cu12": "tensorrt", "tensorrt-cu13": "tensorrt",
    "tensorrt-cu11": "tensorrt", "tensorrt-lean": "tensorrt", "tensorrt-dispatch": "tensorrt",
    "tensorrt-rtx": "tensorrt_rtx", "tensorrt-rtx-cu12": "tensorrt_rtx",
    "tensorrt-rtx-cu13": "tensorrt_rtx",
    "cuda-version": "cuda_toolkit", "cuda-toolkit": "cuda_toolkit", "cudatoolkit": "cuda_toolkit",
    "cudnn": "cudnn",
}  # fmt: skip
"""Packages of pip and conda by their normalised name, with the key of `COMPONENTS` they stand for.

The wheels of CUDA and cuDNN that torch brings are left out: they lie beside those of an image, and
differ from them by design.
"""

_WORDS = re.compile("|".join(sorted(PACKAGES, key=len, reverse=True)), re.IGNORECASE)
_PATH = re.compile(r"[a-z+]+://|\.{0,2}/")
_TENSORRT = ("tensorrt", "tensorrt_rtx")
_BUILD = 4
"""Numbers of a TensorRT version; the last counts builds, and many wheels leave it out."""


class Unreadable(Exception):
    """A file that pins cannot be read from; the message says why."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One component, as one line pins it."""

    component: str
    """A key of `COMPONENTS`."""
    text: str
    """As it is written: `torch>=2.9`, or the version alone that an image or a lock file names."""
    allowed: SpecifierSet
    """Every version that will do."""
    version: Version | None = None
    """The only version that will do; None for a range."""
    file: str = ""
    """From the root of the repository, posix."""
    line: int = 0
    image: str = ""
    """The image that brings it; empty where the file asks for it itself."""
    in_image: bool = False
    """Whether it is installed while an image is built, and not where the tests run."""

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def agrees_with(self, other: Pin) -> bool:
        """Whether one version can satisfy both; two ranges are taken to."""
        if self.version is None and other.version is None:
            return True
        return other._takes(self.version) or self._takes(other.version)

    def _takes(self, version: Version | None) -> bool:
        return version is not None and self.allowed.contains(version.public, prereleases=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUse:
    """A container image that a file builds on, or runs in."""

    image: str
    file: str
    line: int
    copied: bool = False
    """Whether files are copied from it, and nothing is built on it."""

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Reading:
    """What one file says: readers write into it."""

    file: str
    in_image: bool = False
    """Set by a reader whose file tells how an image is built."""
    pins: list[Pin] = field(default_factory=list)
    images: list[ImageUse] = field(default_factory=list)
    missed: list[tuple[int, str]] = field(default_factory=list)
    """Lines that pin something in a form that is not read, each with what it says."""

    def require(self, requirement: str, line: int) -> None:
        """Note what a requirement of pip says, as `torch>=2.9; python_version < "3.12"`.

        Raises:
            Unreadable: It is no requirement.
        """
        if _PATH.match(requirement):
            self._fetch(requirement, line)
            return
        try:
            parsed = Requirement(requirement)
            if parsed.marker is not None and not parsed.marker.evaluate({"extra": ""}):
                return
        except (InvalidRequirement, UndefinedEnvironmentName) as error:
            raise Unreadable(line, str(error).splitlines()[0]) from None
        if parsed.url:
            self._fetch(parsed.url, line, parsed.name)
        self.note(parsed.name, str(parsed.specifier), line)

    def _fetch(self, url: str, line: int, package: str = "") -> None:
        """Note the version that the name of a wheel, or of a source archive, tells."""
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        parse = parse_wheel_filename if name.endswith(".whl") else parse_sdist_filename
        try:
            told, version, *_ = parse(name)
        except (InvalidWheelFilename, InvalidSdistFilename):
            if is_component(package):
                self.miss(line, f"{package} @ {url}")
            return
        self.note(told, f"=={version}", line)

    def note(self, package: str, specifier: str, line: int, *, text: str = "") -> None:
        """Note that versions of this package are pinned; what is no component, or no pin, is not kept."""
        component = PACKAGES.get(canonicalize_name(package))
        if component is None or not specifier:
            return
        text = text or f"{package}{specifier}"
        made = pin(component, specifier, file=self.file, line=line, text=text)
        if made is None:
            self.miss(line, text)
        else:
            self.pins.append(replace(made, in_image=self.in_image))

    def miss(self, line: int, text: str) -> None:
        """Keep what a line pins in a form that is not read: it is told, and never left out in silence."""
        self.missed.append((line, text))

    def use(self, image: str, line: int, *, copied: bool = False) -> None:
        """Note that an image is built on, run in, or copied from."""
        self.images.append(ImageUse(image=image, file=self.file, line=line, copied=copied))


def is_component(package: str) -> bool:
    """Whether a package is a component of the stack."""
    return canonicalize_name(package) in PACKAGES


def names_a_component(text: str) -> bool:
    """Whether a text can pin anything at all: it is looked at before it is parsed."""
    return _WORDS.search(text) is not None


def pin(
    component: str,
    specifier: str,
    *,
    text: str = "",
    file: str = "",
    line: int = 0,
    image: str = "",
) -> Pin | None:
    """A pin of one component by a specifier as `>=2.9,<3`; None where it is none of PEP 440's."""
    try:
        allowed = SpecifierSet(specifier)
        version = _only(allowed)
    except (InvalidSpecifier, InvalidVersion):
        return None
    if version is not None:
        allowed = _same_as(version, longer=component in _TENSORRT and len(version.release) < _BUILD)
    return Pin(
        component=component, text=text or specifier, allowed=allowed, version=version,
        file=file, line=line, image=image,
    )  # fmt: skip


def as_precise_as_written(
    component: str, version: str, *, file: str = "", line: int = 0, image: str = ""
) -> Pin | None:
    """A pin by a version of which the first numbers may be all that is known, as Python 3.12."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return None
    return Pin(
        component=component, text=version, allowed=_same_as(parsed, longer=True), version=parsed,
        file=file, line=line, image=image,
    )  # fmt: skip


def _same_as(version: Version, *, longer: bool) -> SpecifierSet:
    """Every build of a version; where `longer`, also versions that begin with its numbers."""
    # The label behind a + tells builds apart: 2.13.0+cpu is 2.13.0.
    is_plain = not (version.is_prerelease or version.is_postrelease)
    return SpecifierSet(f"=={version.public}.*" if longer and is_plain else f"=={version.public}")


def _only(allowed: SpecifierSet) -> Version | None:
    """The version that alone will do, where there is one."""
    for each in allowed:
        if each.operator in ("==", "===") and not each.version.endswith(".*"):
            return Version(each.version)
    return None
