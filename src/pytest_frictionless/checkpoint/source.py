"""An open file read in bounded pieces: never a FIFO, never a device, never the whole of it."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES = 4096
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A regular file, open for reading: its size and its first bytes."""

    descriptor: int
    size: int
    head: bytes

    def read_at(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset`; fewer where the file ends before."""
        if offset >= 0 and offset + count <= len(self.head):
            return self.head[offset : offset + count]
        if not 0 <= offset < self.size:
            return b""
        return os.pread(self.descriptor, min(count, self.size - offset), offset)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a regular file; raises OSError where it cannot be read."""
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        size = os.fstat(descriptor).st_size
        yield Source(descriptor, size, os.pread(descriptor, HEAD_BYTES, 0))
    finally:
        os.close(descriptor)


def is_regular(path: Path) -> bool:
    """True for a regular file, through links; false for all else, without raising."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def kind_problem(path: Path, mode: int) -> Finding:
    """FR103 for what has a checkpoint's name and is neither a file nor a folder."""
    kind = next((noun for test, noun in _KINDS if test(mode)), "no regular file")
    return Finding(
        code="FR103",
        message=f"{spelled(path)} is {kind}, not a file",
        remedy="Move it out of the roots.",
    )


def access_problem(path: Path, error: OSError) -> Finding:
    """FR103 that tells why a file cannot be opened: link, loop, permission or device."""
    name = spelled(path)
    target = _target(path)
    if error.errno == errno.ELOOP:
        return Finding(code="FR103", message=f"{name} is a loop of symbolic links (to {target})")
    if target and isinstance(error, FileNotFoundError | NotADirectoryError):
        annex = "/annex/objects/" in target
        return Finding(
            code="FR103",
            message=f"{name} is a dangling symbolic link: its target {target} does not exist",
            remedy=f"git annex get {name}"
            if annex
            else f"Bring the file to {target}, link {name} to where it is here, or remove the link.",
        )
    if isinstance(error, PermissionError):
        closed = _mode(path)
        return Finding(
            code="FR103",
            message=f"{name} may not be read by {_user()}{closed}",
            remedy=f"chmod +r {shlex.quote(name)}   # as its owner" if "mode" in closed else "",
        )
    return Finding(code="FR103", message=f"{name} cannot be read: {error.strerror or error}")


def _target(path: Path) -> str:
    try:
        return spelled(Path(os.readlink(path)))
    except OSError:
        return ""


def _user() -> str:
    return f"user {os.geteuid()}" if hasattr(os, "geteuid") else "this user"


def _mode(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ": a folder on the way is closed"
    return f": its mode is {stat.filemode(found.st_mode)}, its owner {found.st_uid}"
