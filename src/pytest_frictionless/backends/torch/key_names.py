"""Names of weights: prefixes that wrappers put before them, and the part of a file that is meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Parts of a key that DataParallel, torch.compile, FSDP and activation checkpointing put in."""
_DEEPEST_PREFIX = 3
_SHOWN = 5
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen(Generic[T]):
    """Weights of a file under the names of a network."""

    state: dict[str, T]
    notes: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    """Names in the file that are not below the prefix."""


def under_names_of(
    own: Mapping[str, object],
    state: dict[str, T],
    *,
    covers: Callable[[Mapping[str, T]], bool],
) -> Chosen[T]:
    """Call the weights as the network does.

    A prefix is taken off, or put on, where every weight of the network is found only then; it takes
    off a wrapper's also where weights are missing, so that those are named as the network does.

    Args:
        own: The network's weights by name.
        state: The file's.
        covers: Whether these hold every weight of the network.

    Raises:
        StepFailed: FR107 where several parts of the file fit.
    """
    if covers(state):
        return Chosen(state)
    plain, words = _without_wrappers(state)
    if words and covers(plain):
        return Chosen(plain, [words])
    fits: dict[str, dict[str, T]] = {}
    for prefix, below in _below_prefixes(state):
        if not prefix.startswith(tuple(fits)) and covers(below):
            fits[prefix] = below
    if len(fits) > 1:
        raise _ambiguous(list(fits))
    for prefix, below in fits.items():
        beside = [key for key in state if not key.startswith(prefix)]
        return Chosen(below, [_taken_off(prefix, beside)], beside)
    for prefix in dict.fromkeys(name.partition(".")[0] for name in own):
        longer = {f"{prefix}.{key}": value for key, value in state.items()}
        if covers(longer):
            return Chosen(longer, [f"the network keeps what is in the file under {prefix + '.'!r}"])
    best, notes = state, []
    whole = [
        (_taken_off(prefix, []), below)
        for prefix, below in _below_prefixes(state)
        if len(below) == len(state)
    ]
    for said, candidate in [(words, plain), *whole]:
        if len(own.keys() & candidate.keys()) > len(own.keys() & best.keys()):
            best, notes = candidate, [said]
    return Chosen(best, notes)


def layers_of(state: Mapping[str, object]) -> list[list[str]]:
    """Names of the outermost layers; and of those below, as long as all keys begin alike."""
    names = list(_without_wrappers(state)[0])
    layers = [sorted({name.partition(".")[0] for name in names})]
    while len(layers[-1]) == 1 and all(name.count(".") > 1 for name in names):
        names = [name.partition(".")[2] for name in names]
        layers.append(sorted({name.partition(".")[0] for name in names}))
    return layers


def _without_wrappers(state: Mapping[str, T]) -> tuple[dict[str, T], str]:
    """Keys without the parts that wrappers put in, also inside; and the words that say so."""
    plain: dict[str, T] = {}
    touched: dict[str, int] = {}
    for key, value in state.items():
        parts = key.split(".")
        for part in dict.fromkeys(part for part in parts if part in WRAPPERS):
            touched[part] = touched.get(part, 0) + 1
        plain[".".join(part for part in parts if part not in WRAPPERS)] = value
    if not touched or len(plain) < len(state):
        return dict(state), ""
    prefix = ".".join(touched) + "."
    if all(key.startswith(prefix) for key in state):
        return plain, _taken_off(prefix, [])
    names = " and ".join(repr(f"{part}.") for part in touched)
    return (
        plain,
        f"{names} of a wrapper was left out of {max(touched.values())} of {len(state)} keys",
    )


def _below_prefixes(state: Mapping[str, T]) -> Iterator[tuple[str, dict[str, T]]]:
    """Every prefix of the keys, and what is below it without it, shortest prefix first."""
    for depth in range(1, _DEEPEST_PREFIX + 1):
        prefixes = dict.fromkeys(
            ".".join(key.split(".")[:depth]) + "." for key in state if key.count(".") >= depth
        )
        for prefix in prefixes:
            below = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            yield prefix, _without_wrappers(below)[0]


def _taken_off(prefix: str, beside: list[str]) -> str:
    if not beside:
        return f"every key started with {prefix!r}: stripped"
    more = f" and {len(beside) - _SHOWN} more" if len(beside) > _SHOWN else ""
    return f"weights taken from below {prefix!r}; beside them: {', '.join(beside[:_SHOWN])}{more}"


def _ambiguous(prefixes: list[str]) -> StepFailed:
    first = prefixes[0]
    return StepFailed(
        Finding(
            code="FR107",
            message=f"{len(prefixes)} parts of the file fit the network: the weights below "
            f"{' and those below '.join(map(repr, prefixes))}",
            cause="The file does not say which of them is served.",
            remedy="Write a file with those that are served, as:\n"
            f"  torch.save({{k.removeprefix({first!r}): v for k, v in state.items() "
            f"if k.startswith({first!r})}}, path)",
        )
    )
