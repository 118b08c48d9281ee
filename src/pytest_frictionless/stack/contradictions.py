"""Where the files of a repository, its images, its target and what is installed contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.pins import read_pins
from pytest_frictionless.stack.pins.images import image_from, pins_of_image, versions_in
from pytest_frictionless.stack.pins.pin import as_precise_as_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_frictionless.settings.settings import Settings
    from pytest_frictionless.settings.target import Target
    from pytest_frictionless.stack.pins import Pins
    from pytest_frictionless.stack.pins.images import Image
    from pytest_frictionless.stack.pins.pin import ImageUse, Pin

ENGINES = ("tensorrt", "tensorrt_rtx")
"""Components that must be the same wherever an engine is built, and wherever it runs."""
_OF_THE_PLATFORM = ("cuda_toolkit", "cudnn")
"""Components of which an image, the system and an environment of conda each have their own."""


class Kind(IntEnum):
    """What a version is told by; a finding names the earlier of two first."""

    FILE = 0
    IMAGE = 1
    TARGET = 2
    RUNNING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that one file, one image, the target or the environment says of one component."""

    kind: Kind
    name: str
    """How it is called where it is no file with a line."""
    pins: tuple[Pin, ...]

    @property
    def is_exact(self) -> bool:
        """Whether it names versions, and not a range alone."""
        return any(pin.version is not None for pin in self.pins)

    @property
    def said(self) -> str:
        """What it says: versions where it names some."""
        named = [pin for pin in self.pins if pin.version is not None] or list(self.pins)
        return " or ".join(
            dict.fromkeys(str(pin.version) if pin.version else str(pin.allowed) for pin in named)
        )

    @property
    def where(self) -> str:
        """File and line, behind the image where one brings it."""
        place = self.pins[0].place
        return f"{self.name} ({place})" if self.name and place else self.name or place

    def agrees_with(self, other: Source) -> bool:
        """Whether anything that this one takes, the other takes too."""
        return any(one.agrees_with(two) for one in self.pins for two in other.pins)


def findings_of_repository(
    root: Path, settings: Settings, running: Mapping[str, str]
) -> list[Finding]:
    """What the versions that a repository pins contradict: one finding a component.

    Args:
        root: Folder of the repository.
        settings: Its frictionless.yaml: the target, and `exclude`.
        running: Exact version of each component that is installed here, by the keys of `COMPONENTS`;
            empty compares with none.
    """
    pins = read_pins(root, exclude=settings.exclude)
    return [*pins.problems, *contradictions(pins, settings.target, running)]


def contradictions(pins: Pins, target: Target, running: Mapping[str, str]) -> Iterator[Finding]:
    """FR070 to FR074 of what was read, and FR076 for images of which nothing is known."""
    sources = _sources(pins, target, running)
    aim = image_from(target.container or "")
    for component in COMPONENTS:
        said = sources.get(component, [])
        pairs = [
            (_code(component, one, two, aim), one, two)
            for one, two in combinations(said, 2)
            if not one.agrees_with(two)
        ]
        worst = min((pair for pair in pairs if pair[0]), key=lambda pair: pair[0], default=None)
        if worst is not None:
            yield _finding(component, *worst, said)
    yield from _other_tags(pins.images, aim)
    yield from _unknown(pins.images)


def _sources(pins: Pins, target: Target, running: Mapping[str, str]) -> dict[str, list[Source]]:
    """Everything that is said, by component."""
    said: dict[tuple[str, Kind, str], list[Pin]] = {}
    for pin in pins.pins:
        said.setdefault((pin.component, Kind.FILE, pin.file), []).append(pin)
    for use in pins.images:
        for pin in pins_of_image(use.image, file=use.file, line=use.line):
            said.setdefault((pin.component, Kind.IMAGE, use.image), []).append(pin)
    for component in ENGINES:
        _add(said, component, Kind.TARGET, getattr(target, component))
    for component, version in running.items():
        _add(said, component, Kind.RUNNING, version.rpartition(" ")[2])
    found: dict[str, list[Source]] = {}
    for (component, kind, name), each in said.items():
        shown = "" if kind is Kind.FILE else name
        found.setdefault(component, []).append(Source(kind=kind, name=shown, pins=tuple(each)))
    return {name: sorted(each, key=lambda source: source.kind) for name, each in found.items()}


def _add(
    said: dict[tuple[str, Kind, str], list[Pin]], component: str, kind: Kind, version: str | None
) -> None:
    name = "target of frictionless.yaml" if kind is Kind.TARGET else "this environment"
    if version and (pin := as_precise_as_written(component, version)) is not None:
        said[component, kind, name] = [pin]


def _code(component: str, one: Source, two: Source, aim: Image | None) -> str:
    """Code of two sources that do not agree; empty where they may differ."""
    match one.kind, two.kind:
        case Kind.FILE, Kind.FILE:
            return "FR070" if one.is_exact and two.is_exact else "FR071"
        case Kind.FILE, Kind.IMAGE:
            return "" if component in _OF_THE_PLATFORM else "FR072"
        case Kind.IMAGE, Kind.IMAGE:
            # One image trains and another serves: only what engines depend on has to be the same.
            return "FR072" if component in ENGINES else ""
        case Kind.FILE, Kind.TARGET:
            return "FR073"
        case Kind.IMAGE, Kind.TARGET:
            # Of the target's own image the tag alone is told.
            image = image_from(one.name)
            return "" if aim and image and image.repository == aim.repository else "FR073"
        case Kind.FILE, Kind.RUNNING:
            return "" if component in _OF_THE_PLATFORM or one.pins[0].in_image else "FR074"
    return ""  # an image, or the target, against what runs here: the manifest judges that


def _finding(
    component: str, code: str, one: Source, two: Source, said: Iterable[Source]
) -> Finding:
    title = COMPONENTS[component]
    pin = one.pins[0]
    return Finding(
        code=code, message=f"{title} is {one.said} in {one.where}, and {two.said} in {two.where}",
        place=Place(file=pin.file, line=pin.line), severity=Severity.WARNING,
        evidence=tuple((each.where, _written(each)) for each in said),
    )  # fmt: skip


def _written(source: Source) -> str:
    return ", ".join(dict.fromkeys(pin.text for pin in source.pins))


def _other_tags(images: Iterable[ImageUse], aim: Image | None) -> Iterator[Finding]:
    """FR073 for an image that is the target's, but for its tag."""
    other = [
        use for use in images
        if aim and (image := image_from(use.image)) and image.repository == aim.repository
        and image.tag != aim.tag
    ]  # fmt: skip
    if aim and other:
        first = other[0]
        yield Finding(
            code="FR073", severity=Severity.WARNING,
            message=f"target.container of frictionless.yaml is {aim.tagged}, and {first.image} is used "
            f"in {first.place}",
            place=Place(file=first.file, line=first.line),
            evidence=tuple((use.place, use.image) for use in other),
        )  # fmt: skip


def _unknown(images: Iterable[ImageUse]) -> Iterator[Finding]:
    """FR076, once an image, where the table does not know what it holds."""
    for name, use in {use.image: use for use in images}.items():
        if versions_in(name) is None:
            yield Finding(
                code="FR076", severity=Severity.SKIP,
                message=f"what {name} holds is not known, so no pin was compared with it ({use.place})",
                place=Place(file=use.file, line=use.line),
            )  # fmt: skip
