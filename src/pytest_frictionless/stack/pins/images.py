"""What the name of a container image tells of its contents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.containers import contents_of
from pytest_frictionless.stack.pins.pin import Pin, as_precise_as_written

if TYPE_CHECKING:
    from collections.abc import Iterator

NGC = "nvcr.io/nvidia/"
_IMAGE = re.compile(
    r"(?P<repository>[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)*?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DOCKER_HUB = re.compile(r"^(?:docker\.io/)?(?:library/)?")
_TAGS = {
    "python": re.compile(r"(?P<python>\d+(?:\.\d+)*)"),
    "nvidia/cuda": re.compile(r"(?P<cuda_toolkit>\d+(?:\.\d+)*)"),
    "pytorch/pytorch": re.compile(
        r"(?P<torch>\d+(?:\.\d+)*)(?:-cuda(?P<cuda_toolkit>\d+(?:\.\d+)*))?"
    ),
}
"""Images of Docker Hub whose tag begins with versions, and what these are versions of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The parts of an image's name."""

    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def tagged(self) -> str:
        """The name without its digest."""
        return f"{self.repository}:{self.tag}" if self.tag else self.repository


def image_from(name: str) -> Image | None:
    """The parts of a name as `nvcr.io/nvidia/tensorrt:25.10-py3`; None where it is none."""
    match = _IMAGE.fullmatch(name.strip())
    if match is None:
        return None
    repository = _DOCKER_HUB.sub("", match["repository"])
    return Image(repository=repository, tag=match["tag"] or "", digest=match["digest"] or "")


def versions_in(name: str) -> dict[str, str] | None:
    """Versions inside of an image by component; None where the table does not know its tag.

    Empty for an image of which nothing is told by its name, as `ubuntu:24.04`.
    """
    image = image_from(name)
    if image is None:
        return {}
    if image.repository.startswith(NGC):
        known = contents_of(image.tagged)
        return None if known is None else dict(known)
    pattern = _TAGS.get(image.repository)
    match = pattern.match(image.tag) if pattern else None
    return (
        {name: version for name, version in match.groupdict().items() if version} if match else {}
    )


def pins_of_image(name: str, *, file: str, line: int) -> Iterator[Pin]:
    """What an image pins, where it is built on."""
    for component, version in (versions_in(name) or {}).items():
        made = as_precise_as_written(component, version, file=file, line=line, image=name)
        if made is not None:
            yield made
