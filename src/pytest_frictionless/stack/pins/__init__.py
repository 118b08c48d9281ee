"""What the files of a repository pin: one small reader for each format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.stack.pins.conda import read_conda_lock, read_environment, read_explicit
from pytest_frictionless.stack.pins.dockerfile import read_dockerfile
from pytest_frictionless.stack.pins.files import MAX_ENTRIES, TooMany, pinning_files, repository_of
from pytest_frictionless.stack.pins.locks import read_lock
from pytest_frictionless.stack.pins.pin import ImageUse, Pin, Reading, Unreadable
from pytest_frictionless.stack.pins.pyproject import read_pyproject
from pytest_frictionless.stack.pins.requirements import read_requirements
from pytest_frictionless.stack.pins.services import read_devcontainer, read_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Read = Callable[[str, Reading], None]

READERS: dict[str, Read] = {
    r"[\w.-]*(requirements|constraints)[\w.-]*\.(txt|in)": read_requirements,
    r"(requirements|constraints)/[\w.-]+\.(txt|in)": read_requirements,
    r"(uv|poetry)\.lock|pylock(\.[\w-]+)?\.toml": read_lock,
    r"pyproject\.toml": read_pyproject,
    r"[\w.-]*environment[\w.-]*\.ya?ml": read_environment,
    r"[\w.-]*conda-lock\.ya?ml": read_conda_lock,
    r"conda-[\w-]+\.lock": read_explicit,
    r"(Dockerfile|Containerfile)(\.(?!dockerignore)[\w.-]+)?|[\w.-]+\.[Dd]ockerfile": read_dockerfile,
    r"\.github/workflows/[^/]+\.ya?ml|\.gitlab/[^/]+\.ya?ml": read_jobs,
    r"[\w.-]*\.gitlab-ci[\w.-]*\.ya?ml|(docker-)?compose[\w.-]*\.ya?ml": read_jobs,
    r"\.devcontainer/([^/]+/)?devcontainer\.json|\.devcontainer\.json": read_devcontainer,
}
"""The end of a path, whole folders and name, and what reads such a file."""

MAX_BYTES = 8 << 20
"""Of one file: a lock file of a large project has one or two MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """All that the files of a repository pin."""

    pins: tuple[Pin, ...]
    images: tuple[ImageUse, ...]
    problems: tuple[Finding, ...]
    """FR075 for a file that could not be read, FR079 for a line that was not understood."""


def read_pins(root: Path, *, exclude: Iterable[str] = ()) -> Pins:
    """Read every file that pins, below `root` and beside the folders above it.

    Args:
        root: Folder of the project.
        exclude: Glob patterns of paths to leave out, from `root`.
    """
    pins: list[Pin] = []
    images: list[ImageUse] = []
    problems: list[Finding] = []
    top = repository_of(root)
    try:
        for path in pinning_files(
            root, exclude=exclude, known=lambda name: reader_of(name) is not None
        ):
            reading = Reading(file=_shown(path, root, top))
            try:
                _read(path, path.relative_to(top).as_posix(), reading)
            except Unreadable as error:
                problems.append(_unreadable(reading.file, error))
            pins += reading.pins
            problems += (_not_understood(reading.file, *each) for each in reading.missed)
            images += reading.images
    except TooMany:
        problems.append(_too_many())
    return Pins(pins=tuple(pins), images=tuple(images), problems=tuple(problems))


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, Read]]:
    """All names in one expression, whose group tells the reader: most files are none of them."""
    readers = {f"reader{i}": read for i, read in enumerate(READERS.values())}
    parts = (f"(?P<{name}>{pattern})" for name, pattern in zip(readers, READERS, strict=True))
    return re.compile(f"(?:.*/)?(?:{'|'.join(parts)})", re.DOTALL), readers


def reader_of(name: str) -> Read | None:
    """What reads a file of this path, from the repository, and notes what it pins; None for all others."""
    pattern, readers = _patterns()
    match = pattern.fullmatch(name)
    if match is None:
        return None
    return readers[str(match.lastgroup)]


def _read(path: Path, name: str, into: Reading) -> None:
    read = reader_of(name)
    if read is None:
        return
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(0, f"it is larger than {MAX_BYTES >> 20} MiB")
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(0, error.strerror or str(error)) from None
    try:
        read(raw.decode("utf-8-sig"), into)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, f"byte 0x{raw[error.start]:02x} is not UTF-8") from None


def _shown(path: Path, root: Path, top: Path) -> str:
    """A path from the project; from the repository where it lies above."""
    return path.relative_to(root if path.is_relative_to(root) else top).as_posix()


def _unreadable(file: str, error: Unreadable) -> Finding:
    place = f"{file}:{error.line}" if error.line else file
    return Finding(
        code="FR075", message=f"the versions that {place} pins cannot be read: {error}",
        place=Place(file=file, line=error.line), severity=Severity.WARNING,
    )  # fmt: skip


def _not_understood(file: str, line: int, text: str) -> Finding:
    return Finding(
        code="FR079", severity=Severity.SKIP, place=Place(file=file, line=line),
        message=f"what {file}:{line} pins is not understood, so it was compared with nothing: {text}",
    )  # fmt: skip


def _too_many() -> Finding:
    return Finding(
        code="FR075", severity=Severity.WARNING,
        message=f"the repository has more than {MAX_ENTRIES:,} files: those in deeper folders were not "
        "looked at for pinned versions",
        remedy="Name the folders that hold data in `exclude` of frictionless.yaml.",
    )  # fmt: skip
