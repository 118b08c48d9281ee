"""The system underneath: glibc, Python, the GPU's name, the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

MANYLINUX = "https://peps.python.org/pep-0600/"
TAGS = "https://packaging.python.org/specifications/platform-compatibility-tags/"


def glibc(asked: Comparison) -> Verdict | None:
    """Binary packages name the oldest glibc they run with: an older one may be too old."""
    old, new = release(asked.old, 2), release(asked.new, 2)
    if old is None or new is None or old == new:
        return None
    if new < old:
        return Verdict(
            kind=Kind.BREAKING, code="FR065", source=MANYLINUX,
            why="packages that were built for the newer one do not load on the older",
            remedy="Use an image with the glibc that is recorded, or a later one.",
        )  # fmt: skip
    return Verdict(
        kind=Kind.COMPATIBLE, source=MANYLINUX, why="what runs on one runs on later ones"
    )


def python(asked: Comparison) -> Verdict | None:
    """Extension modules are built for one minor version of Python."""
    old, new = release(asked.old, 2), release(asked.new, 2)
    if old is None or new is None or old == new:
        return None
    return Verdict(
        kind=Kind.UNKNOWN, source=TAGS,
        why="packages with extension modules are other builds there, and the checkpoint may hold code",
        remedy="Use the recorded Python, or run the suite with this one and write the manifest again.",
    )  # fmt: skip


def operating_system(asked: Comparison) -> Verdict | None:
    """A Linux is judged by its glibc."""
    if asked.both and asked.old != asked.new and asked.running.get("glibc"):
        return Verdict(kind=Kind.COMPATIBLE, why="judged with glibc", source=MANYLINUX)
    return None


def gpu(asked: Comparison) -> Verdict | None:
    """A GPU is judged by its compute capability."""
    if asked.both and asked.old != asked.new and asked.running.get("compute_capability"):
        return Verdict(kind=Kind.COMPATIBLE, why="judged with the compute capability")
    return None


def container(asked: Comparison) -> Verdict | None:
    """An image is judged by what is inside of it."""
    if asked.both and asked.old != asked.new:
        return Verdict(kind=Kind.COMPATIBLE, why="judged by what is inside of it")
    return None


def container_digest(asked: Comparison) -> Verdict | None:
    """The same tag may name another image tomorrow."""
    if not asked.both or asked.old == asked.new:
        return None
    if asked.recorded.components.get("container") != asked.running.get("container"):
        return Verdict(kind=Kind.COMPATIBLE, why="another tag is another image")
    return Verdict(
        kind=Kind.UNKNOWN, why="the same tag holds another image",
        remedy="Name the image by its digest, as image@sha256:..., and write the manifest again.",
    )  # fmt: skip
