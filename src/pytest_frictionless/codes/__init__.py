"""The finding codes: stable names for what can go wrong, each with a record beside this file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pytest_frictionless.codes.record import Code, read_record

RECORDS = Path(__file__).parent / "records"
"""One file a code: what it means, how it arises, an example that raises it, and how to mend it."""


class _Codes(Mapping[str, Code]):
    """Codes by id, in order; a record is read where its words are asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.glob("FR*.md"))}
        self._read = cache(lambda name: read_record(self._paths[name].read_text(encoding="utf-8")))

    def __getitem__(self, name: str) -> Code:
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


CODES: Mapping[str, Code] = _Codes(RECORDS)
"""Every finding code by its id."""
