"""What a scan says: the words of FR930, FR931, FR932, FR933 and FR934, and where profiles are split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checks.cliffs import CHECK, _first_told
from pytest_frictionless.cli.profile import baseline_command
from pytest_frictionless.cliffs import findings
from pytest_frictionless.cliffs.layers import slowed, title
from pytest_frictionless.cliffs.line import lines_of
from pytest_frictionless.cliffs.record import record_of
from pytest_frictionless.cliffs.scan import scan
from pytest_frictionless.cliffs.split import place_to_split, shared, split
from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.project import Project

    from pytest_frictionless.cliffs.record import (
        CurveRecord,
        LayerRecord,
        PairRecord,
        ProfiledRecord,
    )

OFFLINE = Profile("offline", {"batch": Range(1, 16, 128)})


def curve(latency: Callable[[int], float | None], time_left: float = 1.0) -> CurveRecord:
    def measure(sizes: Mapping[str, int]) -> float | None:
        return latency(sizes["batch"])

    return record_of(scan(lines_of(OFFLINE)[0], measure, jump=0.25, time_left=lambda: time_left))


def layers(**ms: float | tuple[float, str]) -> ProfiledRecord:
    def layer(name: str, value: Any) -> LayerRecord:
        took, kernel = value if isinstance(value, tuple) else (value, "")
        return {"name": name, "ms": took, "kind": "gemm", "kernel": kernel, "nodes": [f"/{name}"]}

    return {
        "engine": "e", "gpu": "g", "sizes": {}, "ms": 1.0,
        "layers": [layer(*each) for each in ms.items()],
    }  # fmt: skip


def pair(batch: int, here: float, there: float) -> PairRecord:
    return {"sizes": {"batch": batch}, "ms": [here, there], "turns": [[here, there]] * 5}


def test_a_jump_that_comes_back_names_both_sizes_and_what_to_serve() -> None:
    line = curve(lambda n: 0.2 * -(-n // 32))
    finding = findings.of_jumps("offline", line, None)
    assert finding.code == "FR930"
    assert str(finding.severity) == "warning"
    assert finding.message == (
        "offline: latency per element jumps by +94 % from batch 32 to batch 33: 0.2 ms to 0.4 ms"
    )
    assert finding.remedy.startswith("Serve batch 32 or batch 64 and nothing between")
    assert dict(finding.evidence)["also at"] == "batch 65 (+48 %); batch 97 (+32 %)"


def test_a_jump_that_stays_is_worth_a_profile() -> None:
    finding = findings.of_jumps("offline", curve(lambda n: 0.01 * n * (1.5 if n > 32 else 1)), None)
    assert finding.remedy == "Serve batch 32 at most, or give what is above a profile of its own."


def test_layers_that_run_other_kernels_are_named() -> None:
    line = curve(lambda n: 0.2 * -(-n // 64))
    below = layers(a=(0.1, "k64"), b=(0.1, "k1"), c=(0.1, "k2"))
    above = layers(a=(0.3, "k128"), b=(0.1016, "k1"), c=(0.103, "k3"))
    finding = findings.of_jumps("offline", line, (below, above))
    assert finding.cause == "these layers run other kernels"
    assert finding.evidence[-1] == ("  /a", "0.1 ms to 0.3 ms, kernel k64 to k128")


def test_where_kernels_are_not_told_the_layers_that_grow_most_are_named() -> None:
    line = curve(lambda n: 0.2 * -(-n // 64))
    finding = findings.of_jumps("offline", line, (layers(a=0.1, b=0.1), layers(a=0.3, b=0.1)))
    assert "which kernel runs is not told" in finding.cause
    assert finding.evidence[-1] == ("  /a", "0.1 ms to 0.3 ms")


def test_layers_are_ordered_by_what_they_take_beyond_their_share() -> None:
    found = slowed(layers(a=1.0, b=2.0, c=0.01), layers(a=3.0, b=5.0, c=0.05), wider=1.5)
    assert [each.above["name"] for each in found] == ["b", "a"]
    assert [each.extra_ms for each in found] == pytest.approx([2.0, 1.5])
    assert slowed(layers(a=1.0), layers(a=1.0), wider=1.5) == []
    assert slowed(layers(a=1.0), layers(other=9.0), wider=1.0) == []


def test_a_layer_without_nodes_has_its_own_name() -> None:
    (layer,) = layers(a=1.0)["layers"]
    assert title(layer) == "/a"
    assert title({**layer, "nodes": []}) == "a"
    assert title({**layer, "nodes": list("abcd")}) == "a + b + c + ..."


def test_a_dip_says_what_to_pad() -> None:
    line = curve(lambda n: 1.0 if n <= 32 or n >= 40 else 1.5)
    finding = findings.of_dips("offline", line)
    assert finding.code == "FR931"
    assert finding.message.startswith("offline: batch 39 takes longer than batch 40: 1.5 ms")
    assert finding.remedy == "Pad batch 33 to batch 39 up to batch 40: -33 %."


def test_what_the_time_did_not_suffice_for_is_told() -> None:
    line = curve(lambda n: 0.01 * n * (3 if n > 100 else 1), time_left=0)
    assert line["open"]
    finding = findings.of_hidden("offline", line, 30)
    assert finding.code == "FR933"
    assert "between batch 16 and batch 128; the 30 s of the scan ended" in finding.message
    falls = findings.of_hidden("offline", curve(lambda n: 1.0 if n > 100 else 2.0, 0), 30)
    assert "latency falls from 2 ms to 1 ms" in falls.message


def test_a_size_that_does_not_run_fails() -> None:
    refused = [{"sizes": {"batch": n}, "reason": "no volume"} for n in (33, 35)]
    finding = findings.of_refused("offline", {"refused": refused})  # type: ignore[typeddict-item]
    assert (finding.code, str(finding.severity)) == ("FR934", "error")
    assert "does not run at batch 33, which the profile takes" in finding.message
    assert finding.evidence == (("nor at", "batch 35"),)


def test_a_split_that_gains_says_where_and_how_to_write_it() -> None:
    parts = split(OFFLINE, "batch", 32)
    pairs = [pair(1, 1.0, 0.9), pair(32, 1.0, 0.72), pair(33, 2.0, 2.0)]
    finding = findings.of_split(OFFLINE, parts, "batch", pairs)
    assert finding is not None
    assert finding.code == "FR932"
    assert finding.message.startswith(
        "offline: split at batch 33: -28 % for 1..32 (1 ms to 0.72 ms"
    )
    assert "offline_small: {batch: [1, 16, 32]}" in finding.remedy
    assert "offline_large: {batch: [33, 33, 128]}" in finding.remedy
    assert len(finding.evidence) == 3
    assert findings.of_split(OFFLINE, parts, "batch", [pair(1, 1.0, 0.97)]) is None
    by_chance = pair(1, 1.0, 0.9)
    by_chance["turns"][0] = [0.9, 1.0]
    assert findings.of_split(OFFLINE, parts, "batch", [by_chance]) is None


def test_another_profile_that_is_faster_is_named() -> None:
    online = Profile("online", {"batch": Range(1, 4, 32)})
    finding = findings.of_other(OFFLINE, online, [pair(32, 1.0, 0.72)])
    assert finding is not None
    assert "profile online takes -28 % at batch 32" in finding.message
    assert findings.of_other(OFFLINE, online, [pair(32, 1.0, 1.3)]) is None


def test_a_profile_is_split_below_its_largest_jump_else_in_the_middle_of_a_wide_range() -> None:
    def jump(n: int) -> float:
        return 0.01 * n * (1.5 if n > 50 else 1)

    assert place_to_split(OFFLINE, [curve(jump)]) == ("batch", 50)
    assert place_to_split(OFFLINE, [curve(lambda n: 1.0)]) == ("batch", 11)
    assert place_to_split(Profile("p", {"batch": Range(4, 8, 12)}), []) is None
    assert place_to_split(Profile("p", {"batch": Range(0, 1, 1)}), []) is None
    small, large = split(OFFLINE, "batch", 11)
    assert (small.ranges["batch"], large.ranges["batch"]) == (Range(1, 11, 11), Range(12, 16, 128))


def test_profiles_are_compared_where_both_take_the_sizes() -> None:
    one = Profile("a", {"batch": Range(1, 4, 32), "seq": Range(8, 8, 8)})
    other = Profile("b", {"batch": Range(8, 16, 64), "seq": Range(4, 8, 16)})
    assert shared(one, other) == [
        {"batch": 8, "seq": 8}, {"batch": 16, "seq": 8}, {"batch": 32, "seq": 8},
    ]  # fmt: skip
    assert shared(one, Profile("c", {"batch": Range(33, 33, 40), "seq": Range(8, 8, 8)})) == []


def test_the_diagonal_is_silent_where_a_symbol_alone_tells() -> None:
    line = curve(lambda n: 0.2 * -(-n // 32))
    diagonal: CurveRecord = {**line, "symbols": ["batch", "seq"]}
    assert _first_told([line, diagonal], "jumps") == [line]
    assert _first_told([{**line, "jumps": []}, diagonal], "jumps") == [diagonal]


def test_the_baseline_command_is_that_of_the_flavour(tmp_path: Path) -> None:
    plan = tmp_path / "a b.plan"
    rtx = baseline_command("TensorRT-RTX 1.6.1", plan, 1, {"x": (4, 3), "n": ()})
    assert rtx.startswith(f"tensorrt_rtx '--loadEngine={plan}' --shapes=x:4x3 --useProfile=1")
    assert baseline_command("TensorRT 10.15", plan, 0, {}).startswith("trtexec ")


def test_without_a_gpu_the_item_is_skipped_as_latency_is(project: Project) -> None:
    from tests.gpu.conftest import has_gpu

    if has_gpu():
        pytest.skip("there is a GPU here")
    project.onnx("net.onnx")
    items = project.run("-k", "latency or cliffs").of("net.onnx")
    assert items["cliffs-default"].outcome == "skipped"
    assert items["cliffs-default"].text == items["latency-default-opt"].text
    assert "no GPU here" in items["cliffs-default"].text
    assert CHECK.after[-1] == "run"
