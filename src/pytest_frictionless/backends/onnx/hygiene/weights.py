"""Weights that are stored twice, read by nobody, or open to the caller."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.wording import finding, plural, size
from pytest_frictionless.backends.onnx.walk import references
from pytest_frictionless.backends.onnx.weights import bytes_of, raw_bytes, stored_at
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture

LARGE_WASTE = 64 * 1024
"""Bytes stored for nothing, from which it is told."""
ONE_TENSOR = 1024
_SAMPLE = 4096


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR408 for equal weights, FR410 for unread ones, FR417 for those that are inputs."""
    yield from _stored_twice(picture)
    yield from _unread(picture)
    open_to_all = [name for name in picture.weights if name in picture.given]
    if open_to_all and picture.model.ir_version >= 4:
        yield _listed(
            "FR417",
            f"{plural(len(open_to_all), 'weight')} ({size(picture.weight_bytes(open_to_all))}) are "
            "inputs too: a caller may replace them, and nothing that depends on them can be folded",
            [(name, size(picture.weight_bytes([name]))) for name in open_to_all],
        )


def _listed(code: str, message: str, rows: list[tuple[str, str]]) -> Finding:
    shown = rows[:8] + ([("...", f"and {len(rows) - 8} more")] if len(rows) > 8 else [])
    return Finding(code=code, message=message, evidence=tuple(shown), severity=Severity.WARNING)


def _stored_twice(picture: Picture) -> Iterator[Finding]:
    """Equal weights; only those with a twin of the same type and sizes are read at all."""
    alike: dict[tuple[int, tuple[int, ...]], list[str]] = {}
    for name, tensor in picture.stored.items():
        if bytes_of(tensor.data_type, tensor.dims) >= ONE_TENSOR:
            alike.setdefault((tensor.data_type, tuple(tensor.dims)), []).append(name)
    groups = [
        group for names in alike.values() if len(names) > 1 for group in _equal(picture, names)
    ]
    wasted = {group[0]: picture.weight_bytes(group[1:]) for group in groups}
    if (waste := sum(wasted.values())) < LARGE_WASTE:
        return
    groups.sort(key=lambda group: -wasted[group[0]])
    first, second, *_ = groups[0]
    yield finding(
        "FR408",
        f"{plural(sum(len(group) - 1 for group in groups), 'weight')} stored twice: {size(waste)}, "
        f"first {second} as {first}",
        picture=picture, nodes=picture.readers.get(second, [])[:1], costs=[f"reads {second}"],
        cause="\n".join(
            " = ".join(group[:4]) + " ..." * (len(group) > 4) + f": {size(wasted[group[0]])}"
            for group in groups[:8]
        ),
    )  # fmt: skip


def _equal(picture: Picture, names: list[str]) -> list[list[str]]:
    """Names in groups of equal content; samples are read first, and all bytes where they agree."""
    once = {stored_at(picture.stored[name]) or name: name for name in reversed(names)}
    groups = [[*reversed(once.values())]]
    for whole in (False, True):
        finer: list[list[str]] = []
        for group in groups:
            found: dict[bytes, list[str]] = {}
            for name in group:
                raw = memoryview(raw_bytes(picture.stored[name], picture.folder))
                found.setdefault(_digest(raw, whole=whole), []).append(name)
            finer += [each for each in found.values() if len(each) > 1]
        groups = finer
    return groups


def _digest(raw: memoryview, *, whole: bool) -> bytes:
    middle = len(raw) // 2
    ends = [raw[:_SAMPLE], raw[middle : middle + _SAMPLE], raw[-_SAMPLE:]]
    digest = hashlib.blake2b(digest_size=16)
    for part in [raw] if whole else ends:
        digest.update(part)
    return digest.digest()


def _unread(picture: Picture) -> Iterator[Finding]:
    read = references(picture.graph) | set(picture.output_names)
    unread = [name for name in picture.weights if name not in read]
    wasted = picture.weight_bytes(unread)
    if wasted >= LARGE_WASTE:
        rows = sorted(((picture.weight_bytes([name]), name) for name in unread), reverse=True)
        yield _listed(
            "FR410",
            f"{plural(len(unread), 'weight')} that no node reads: {size(wasted)}, first {rows[0][1]}",
            [(name, size(count)) for count, name in rows],
        )
