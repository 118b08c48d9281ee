"""Objects that are created and never changed: files of a folder, or what fsspec reaches by a URL."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from pytest_frictionless.errors import ConfigError, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Objects(Protocol):
    """Where objects are; names are posix paths."""

    where: str

    def create(self, name: str, content: bytes) -> bool:
        """Create an object, whole or not at all; False where one of this name is there."""

    def read(self, name: str) -> bytes | None:
        """The content, None where there is no such object."""

    def names(self, prefix: str) -> list[str]:
        """Names of all objects below a prefix."""

    def delete(self, name: str) -> None:
        """Delete an object; it may be gone."""


def open_objects(where: str | Path, root: Path) -> Objects:
    """The objects at a URL, or in a folder given from `root`."""
    return Remote(str(where)) if "://" in str(where) else Folder(root / where)


class Folder:
    """Objects as files. They appear complete: written beside, then linked to their name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)

    def create(self, name: str, content: bytes) -> bool:
        """Create a file that was not there."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.parent / f".new-{secrets.token_hex(8)}"
        try:
            beside.write_bytes(content)
            os.link(beside, path)  # fails where the name is taken, unlike a rename
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            return _create_in_place(path, content)
        finally:
            beside.unlink(missing_ok=True)
        return True

    def read(self, name: str) -> bytes | None:
        """The file's content."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, prefix: str) -> list[str]:
        """Paths below the folder, without hidden files."""
        files = (path for path in self.path.rglob("*") if path.is_file())
        found = (path.relative_to(self.path) for path in files if path.name[0] != ".")
        return sorted(path.as_posix() for path in found if path.as_posix().startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove the file."""
        (self.path / name).unlink(missing_ok=True)


def _create_in_place(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    return True


class Remote:
    """Objects of a bucket. S3 and Google create them with a condition: one of two writers is told."""

    def __init__(self, url: str) -> None:
        self.where = url.rstrip("/")
        try:
            import fsspec
        except ImportError:
            raise MissingDependency("fsspec", purpose=f"reading {url}", extra="gpu") from None
        try:
            # Listings are of now: other jobs write.
            self._files, self._root = fsspec.url_to_fs(
                self.where, use_listings_cache=False, skip_instance_cache=True
            )
        except (ImportError, ValueError) as error:
            raise ConfigError([f"baselines.runs: {url} cannot be opened: {error}"]) from None

    def create(self, name: str, content: bytes) -> bool:
        """Put an object that was not there."""
        with self._told(f"{name} cannot be written"):
            try:
                self._files.pipe_file(f"{self._root}/{name}", content, mode="create")
            except FileExistsError:
                return False
        return True

    def read(self, name: str) -> bytes | None:
        """Get an object."""
        with self._told(f"{name} cannot be read"):
            try:
                return bytes(self._files.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def names(self, prefix: str) -> list[str]:
        """List what is below the prefix."""
        folder = f"{self._root}/{prefix}".rstrip("/")
        with self._told("its objects cannot be listed"):
            self._files.invalidate_cache()
            found = self._files.find(folder)
        start = len(self._root.rstrip("/")) + 1
        return sorted(path[start:] for path in found)

    def delete(self, name: str) -> None:
        """Delete an object."""
        with self._told(f"{name} cannot be deleted"), suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Name the place in whatever the store's own library raises: it is of many kinds."""
        try:
            yield
        except Exception as error:
            raise ConfigError([f"{self.where}: {what}: {error}"]) from error
