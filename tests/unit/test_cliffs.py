"""The scan for jumps of latency, on curves that are known."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cliffs.line import Line, lines_of
from pytest_frictionless.cliffs.scan import MOST, MOST_FAILED, scan
from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_frictionless.cliffs.curve import Curve


def line_of(low: int, opt: int, high: int) -> Line:
    (line,) = lines_of(Profile("p", {"batch": Range(low, opt, high)}))
    return line


def scanned(
    latency: Callable[[int], float | None], *, low: int = 1, opt: int = 16, high: int = 256,
    noise: float = 0.0, jump: float = 0.25, time_left: Callable[[], float] = lambda: 1.0,
    seed: int = 0,
) -> Curve:  # fmt: skip
    chance = random.Random(seed)

    def measure(sizes: Mapping[str, int]) -> float | None:
        ms = latency(sizes["batch"])
        return None if ms is None else ms * math.exp(chance.gauss(0, noise))

    return scan(line_of(low, opt, high), measure, jump=jump, time_left=time_left)


def pairs(curve: Curve) -> list[tuple[int, int]]:
    """Sizes below and above each jump, in order."""
    size = curve.line.sizes
    return sorted((size(j.below)["batch"], size(j.above)["batch"]) for j in curve.jumps())


SMOOTH: dict[str, Callable[[int], float]] = {
    "flat": lambda n: 1.0,
    "in proportion": lambda n: 0.01 * n,
    "a start and in proportion": lambda n: 0.4 + 0.01 * n,
    "square": lambda n: 0.001 * n * n,
    "a start and square": lambda n: 0.3 + 0.0001 * n * n,
    "root": lambda n: math.sqrt(n),
    "n log n": lambda n: 0.2 + 0.01 * n * math.log2(n + 1),
    "until the GPU is full": lambda n: 0.5 + 0.02 * max(0, n - 40),
    "waves of a GPU, fine against the rest": lambda n: 1.0 + 0.1 * -(-n // 8),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_smooth_curve_has_no_jump(name: str, noise: float) -> None:
    for seed in range(20 if noise else 1):
        curve = scanned(SMOOTH[name], noise=noise, seed=seed)
        assert curve.jumps() == []
        assert curve.dips() == []
        assert curve.hidden() == []


@pytest.mark.parametrize("at", [2, 3, 7, 17, 33, 65, 100, 200, 255, 256])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_jump_is_found_between_its_two_neighbours(at: int, noise: float) -> None:
    def latency(n: int) -> float:
        return (0.4 + 0.01 * n) * (1.4 if n >= at else 1.0)

    for seed in range(10 if noise else 1):
        curve = scanned(latency, noise=noise, seed=seed)
        found = curve.jumps()
        change = latency(at) / latency(at - 1) / (at / (at - 1)) - 1
        if change < 0.25:  # of twice the batch twice the time is expected
            assert found == []
            continue
        assert pairs(curve) == [(at - 1, at)]
        assert found[0].change == pytest.approx(change, abs=0.08)


def test_a_jump_at_the_first_size_is_found() -> None:
    curve = scanned(lambda n: 1.0 if n == 1 else 3.2 + 0.01 * n)
    assert pairs(curve) == [(1, 2)]
    assert curve.jumps()[0].change == pytest.approx(0.61, abs=0.01)


def test_several_jumps_are_found() -> None:
    curve = scanned(lambda n: (1 + 0.01 * n) * (1.5 if n > 32 else 1) * (1.5 if n > 100 else 1))
    assert pairs(curve) == [(32, 33), (100, 101)]


def test_coarse_waves_are_told_by_their_steps_and_come_back() -> None:
    curve = scanned(lambda n: 1.0 * -(-n // 32))
    assert pairs(curve) == [(32, 33), (64, 65), (96, 97)]  # then a step is below 25 %
    first = curve.jumps()[0]
    assert first.change == pytest.approx(2 / (33 / 32) - 1)
    assert first.back is not None
    assert curve.line.sizes(first.back) == {"batch": 64}


MEASURED = {
    1: 0.04106, 2: 0.05081, 8: 0.05111, 16: 0.05161, 31: 0.05182, 32: 0.05189, 33: 0.05197,
    64: 0.05205, 65: 0.05244, 128: 0.05315, 129: 0.05304, 256: 0.05577, 257: 0.07561, 512: 0.07642,
    513: 0.07626, 1024: 0.07884, 1025: 0.10256, 2048: 0.10854, 4096: 0.15827,
}  # fmt: skip
"""Milliseconds of eight products of [batch, 512] and [512, 512], on an H200 by TensorRT-RTX 1.6.1."""


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_curve_that_was_measured_has_the_jumps_of_its_kernels(noise: float) -> None:
    def latency(n: int) -> float:
        below = max(size for size in MEASURED if size <= n)
        above = min(size for size in MEASURED if size >= n)
        share = (n - below) / max(above - below, 1)
        return MEASURED[below] + share * (MEASURED[above] - MEASURED[below])

    for seed in range(10 if noise else 1):
        curve = scanned(latency, opt=64, high=4096, noise=noise, seed=seed)
        assert pairs(curve) == [(256, 257), (1024, 1025)]
        assert curve.dips() == []


def test_a_jump_that_stays_does_not_come_back() -> None:
    (jump,) = scanned(lambda n: 0.01 * n * (1.5 if n > 32 else 1)).jumps()
    assert jump.back is None


def test_a_jump_below_the_smallest_is_left_alone() -> None:
    def latency(n: int) -> float:
        return 1.0 * (1.15 if n > 32 else 1)

    assert scanned(latency).jumps() == []
    assert pairs(scanned(latency, jump=0.1)) == [(32, 33)]


def test_a_measurement_that_was_disturbed_is_no_jump() -> None:
    asked: list[int] = []

    def latency(n: int) -> float:
        asked.append(n)
        return 2.0 if n == 16 and asked.count(16) == 1 else 1.0

    curve = scanned(latency)
    assert (curve.jumps(), curve.dips()) == ([], [])
    assert asked.count(16) >= 3


def test_noise_as_large_as_the_jump_is_no_jump() -> None:
    found = [scanned(lambda n: 1.0, noise=0.3, seed=seed).jumps() for seed in range(20)]
    assert sum(map(bool, found)) <= 1


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_size_that_is_slower_than_a_larger_one(noise: float) -> None:
    def latency(n: int) -> float:
        return (1.0 + 0.005 * n) * (1.0 if n <= 32 or n >= 40 else 1.5)

    curve = scanned(latency, noise=noise)
    size = curve.line.sizes
    (dip,) = curve.dips()
    assert (size(dip.slower), size(dip.faster)) == ({"batch": 39}, {"batch": 40})
    assert size(dip.first)["batch"] == 33
    assert dip.change == pytest.approx(latency(40) / latency(39) - 1, abs=0.03)
    assert pairs(curve) == [(32, 33)]


def test_odd_sizes_that_are_slow_are_seen() -> None:
    curve = scanned(lambda n: (1.0 + 0.005 * n) * (1.4 if n % 2 else 1.0))
    assert curve.dips()
    assert all(curve.line.sizes(dip.slower)["batch"] % 2 for dip in curve.dips())
    assert sum(map(len, curve.samples.values())) <= MOST + 2


def test_the_range_is_seen_in_few_measurements() -> None:
    counted = scanned(SMOOTH["a start and in proportion"], high=4096)
    assert len(counted.samples) < 50
    found = scanned(lambda n: 1.0 if n <= 1000 else 1.4, high=4096)
    assert pairs(found) == [(1000, 1001)]
    assert len(found.samples) < 50


def test_a_short_range_is_measured_whole() -> None:
    assert len(scanned(lambda n: 1.0, low=1, opt=4, high=8).points) == 8
    curve = scanned(lambda n: None if n % 2 else 1.0, low=2, opt=4, high=8)
    assert [curve.line.sizes(point)["batch"] for point in curve.failed] == [3, 5, 7]


def test_time_that_is_up_leaves_what_is_hidden() -> None:
    ticks = iter([1.0] * 3 + [0.0] * 1000)
    curve = scanned(lambda n: 0.01 * n * (3 if n > 100 else 1), time_left=lambda: next(ticks))
    assert curve.jumps() == []
    assert [tuple(curve.line.sizes(p)["batch"] for p in gap) for gap in curve.hidden()]
    assert {0, 15, 255} <= set(curve.samples)


@pytest.mark.parametrize("span", [(7, 8, 8), (7, 7, 8)])
def test_two_sizes(span: tuple[int, int, int]) -> None:
    low, opt, high = span
    assert scanned(lambda n: 1.0, low=low, opt=opt, high=high).jumps() == []
    curve = scanned(lambda n: 1.0 if n == 7 else 2.0, low=low, opt=opt, high=high)
    assert pairs(curve) == [(7, 8)]


def test_a_size_that_does_not_run_is_kept_apart() -> None:
    curve = scanned(lambda n: None if n == 137 else 1.0 if n < 137 else 2.0, opt=136)
    assert [curve.line.sizes(point) for point in curve.failed] == [{"batch": 137}]
    assert pairs(curve) == [(136, 138)]


def test_an_engine_that_runs_at_few_sizes_ends_the_scan() -> None:
    curve = scanned(lambda n: 1.0 if n % 32 == 0 else None, low=32, opt=64, high=1024)
    assert len(curve.failed) <= MOST_FAILED + 1
    assert curve.jumps() == []


def test_lines_of_a_profile() -> None:
    profile = Profile(
        "p", {"batch": Range(1, 4, 8), "seq": Range(16, 64, 512), "width": Range(3, 3, 3)}
    )
    batch, seq, both = lines_of(profile)
    assert (str(batch), str(seq), str(both)) == ("batch", "seq", "batch and seq")
    assert batch.sizes(0) == {"batch": 1, "seq": 64, "width": 3}
    assert batch.sizes(batch.last) == {"batch": 8, "seq": 64, "width": 3}
    assert seq.sizes(seq.opt) == {"batch": 4, "seq": 64, "width": 3}
    assert (batch.elements(7), seq.elements(0)) == (8, 16)
    assert both.sizes(0) == {"batch": 1, "seq": 16, "width": 3}
    assert both.sizes(both.last) == {"batch": 8, "seq": 512, "width": 3}
    assert both.elements(both.last) == 8 * 512
    assert lines_of(Profile("fixed", {"width": Range(3, 3, 3)})) == []


def test_a_jump_of_two_symbols_together_is_found_on_the_diagonal() -> None:
    line = lines_of(Profile("p", {"batch": Range(1, 4, 8), "seq": Range(16, 64, 512)}))[-1]

    def measure(sizes: Mapping[str, int]) -> float:
        elements = sizes["batch"] * sizes["seq"]
        return 0.2 + 1e-3 * elements * (1.6 if elements > 900 else 1)

    curve = scan(line, measure, jump=0.25, time_left=lambda: 1.0)
    (jump,) = curve.jumps()
    assert jump.above == jump.below + 1
    assert line.elements(jump.below) <= 900 < line.elements(jump.above)
