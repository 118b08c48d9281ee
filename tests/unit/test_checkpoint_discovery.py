"""Discovery by names and header bytes, on files made by hand: no framework is imported."""

from __future__ import annotations

import io
import json
import os
import pickle
import socket
import stat
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_frictionless.checkpoint.discovery import (
    Checkpoint,
    Format,
    dangling,
    find_checkpoints,
    identify,
)
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Finding, Severity

LEGACY_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)


def zip_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    return buffer.getvalue()


def torch_zip(content: Any = None) -> bytes:
    pickled = pickle.dumps({"fc.weight": 1} if content is None else content, protocol=2)
    return zip_bytes(**{"data.pkl": pickled, "version": b"3", "data/0": bytes(64)})


def torchscript_zip() -> bytes:
    return zip_bytes(
        **{"data.pkl": b"\x80\x02.", "constants.pkl": b"\x80\x02.", "code/a.py": b"pass"}
    )


def pt2_zip() -> bytes:
    return zip_bytes(**{"archive_format": b"pt2", "models/model.json": b"{}"})


def safetensors_bytes(header: Any = None, body: bytes = bytes(16)) -> bytes:
    if header is None:
        header = {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def field(number: int, content: bytes) -> bytes:
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    tag = number << 3 | 2
    head = bytes([tag]) if tag < 0x80 else bytes([tag & 0x7F | 0x80, tag >> 7])
    return head + length + bytes([size]) + content


GRAPH = field(7, field(1, b"\x0a\x01x\x12\x01y\x22\x04Relu") + field(2, b"g" * 9000))
OPSET = field(8, b"\x10\x12")
ONNX = b"\x08\x0a" + field(2, b"pytorch") + GRAPH + OPSET


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def found(path: Path) -> Checkpoint:
    checkpoint = identify(path)
    assert checkpoint is not None
    return checkpoint


def problem(path: Path) -> Finding:
    finding = found(path).problem
    assert finding is not None
    assert "\n" not in finding.message
    finding.render().encode()
    return finding


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.onnx", ONNX, Format.ONNX),
        ("graph_first.onnx", GRAPH + OPSET + b"\x08\x0a", Format.ONNX),
        ("opset_first.onnx", OPSET + b"\x08\x0a" + GRAPH, Format.ONNX),
        ("functions.onnx", ONNX + field(25, b"\x0a\x01f") * 20, Format.ONNX),
        ("newer.onnx", ONNX + field(30, b"what comes"), Format.ONNX),
        ("before_opsets.onnx", b"\x08\x01" + GRAPH, Format.ONNX),
        ("a.pt", torch_zip(), Format.PICKLE),
        ("a.PTH", torch_zip(), Format.PICKLE),
        ("training.ckpt", torch_zip({"step": 1, "state": {}, "param_groups": []}), Format.PICKLE),
        ("legacy.pt", LEGACY_MAGIC + bytes(9), Format.PICKLE),
        ("bare.pt", pickle.dumps({"a": 1}, protocol=4), Format.PICKLE),
        ("script.pt", torchscript_zip(), Format.TORCHSCRIPT),
        ("a.jit", torchscript_zip(), Format.TORCHSCRIPT),
        ("a.ts", torchscript_zip(), Format.TORCHSCRIPT),
        ("a.torchscript", torchscript_zip(), Format.TORCHSCRIPT),
        ("a.pt2", pt2_zip(), Format.EXPORTED_PROGRAM),
        (
            "old.pt2",
            zip_bytes(**{"serialized_exported_program.json": b""}),
            Format.EXPORTED_PROGRAM,
        ),
        ("a.safetensors", safetensors_bytes(), Format.SAFETENSORS),
        (
            "meta.safetensors",
            safetensors_bytes({"__metadata__": {"a": "b"}}, b""),
            Format.SAFETENSORS,
        ),
        ("pytorch_model.bin", torch_zip(), Format.PICKLE),
        ("other.bin", LEGACY_MAGIC + bytes(9), Format.PICKLE),
    ],
)
def test_formats_are_told_by_bytes(
    tmp_path: Path, name: str, content: bytes, expected: Format
) -> None:
    checkpoint = found(put(tmp_path / name, content))
    assert (checkpoint.format, checkpoint.problem) == (expected, None)
    assert checkpoint.path == tmp_path / name
    assert str(checkpoint) == (tmp_path / name).as_posix()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("readme.md", ONNX),
        ("index.ts", b"export const a = 1"),
        ("zipped.ts", torch_zip()),
        ("video.ts", b"\x47" * 188),
        ("firmware.bin", bytes(range(64))),
        ("empty.bin", b""),
        ("bare.bin", pickle.dumps({"a": 1})),
        ("zip.bin", zip_bytes(a=b"")),
        ("pointer.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        ("optimizer.pt", torch_zip()),
        ("optimizer_1.bin", torch_zip()),
        ("scheduler.pt", torch_zip()),
        ("scaler.pt", torch_zip()),
        ("rng_state_0.pth", torch_zip()),
        ("training_args.bin", torch_zip()),
        ("mp_rank_00_optim_states.pt", torch_zip()),
        ("adam.pt", torch_zip({"state": {0: 1}, "param_groups": [{"lr": 1}]})),
        ("big_adam.pt", torch_zip({"state": dict.fromkeys(range(9999), "x"), "param_groups": []})),
        ("model-00001-of-00002.safetensors", safetensors_bytes()),
        ("config.json", b'{"model_type": "bert"}'),
    ],
)
def test_what_is_no_model_is_passed_over(tmp_path: Path, name: str, content: bytes) -> None:
    assert identify(put(tmp_path / name, content)) is None


def test_legacy_optimizer_and_adapter_are_no_models(tmp_path: Path) -> None:
    pickles = [1001, {"little_endian": True}, {"state": {}, "param_groups": []}]
    legacy = LEGACY_MAGIC + b"".join(pickle.dumps(each, protocol=2) for each in pickles)
    assert identify(put(tmp_path / "adam.pt", legacy)) is None
    adapter = put(tmp_path / "adapter_model.safetensors", safetensors_bytes())
    assert identify(adapter) is not None
    put(tmp_path / "adapter_config.json", b"{}")
    assert identify(adapter) is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pt", b"", "is empty (0 bytes)"),
        ("pytorch_model.bin", b"", "is empty"),
        ("a.onnx", bytes(5000), "holds only zero bytes (5,000)"),
        ("a.pth", bytes(5000) + b"x", "begins with 5,000 zero bytes (of 5,001)"),
        (
            "a.safetensors",
            b"\n<!DOCTYPE html><html><head><title>Sign in \xc2\xb7 Hub</title></head>",
            "is an HTML page, not weights (title: 'Sign in · Hub')",
        ),
        ("a.ckpt", b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is an XML document"),
        ("a.pt", b'{"error": "Repository not found"}', 'JSON, not weights: \'{"error": "Repo'),
        ("a.pt", b"Not Found\nbye", "is text, not weights: 'Not Found'"),
        ("a.onnx", b" \n ", "is text, not weights: only blanks"),
        ("a.pt", torch_zip()[:-60], "is a truncated zip archive: "),
        ("a.ts", torchscript_zip()[:-60], "is a truncated zip archive: "),
        ("a.pt", torch_zip()[:3] + b"\x04", "is a truncated zip archive: 4 bytes without"),
        ("a.pt", torch_zip()[:60] + torch_zip()[80:], "damaged zip archive"),
        ("a.pt", zip_bytes(a=b"1", b=b"2"), "zip archive that torch did not write: archive/a, arc"),
        ("a.pt2", zip_bytes(archive_format=b"pt2"), "holds compiled code only"),
        ("a.pt", zip_bytes(**{".data/extern_modules": b""}), "is a torch.package"),
        ("a.onnx", ONNX[:5000], "is a truncated ONNX file: its graph ends "),
        ("a.onnx", ONNX[:8], "is a truncated ONNX file: its producer name ends 3 bytes beyond"),
        ("a.onnx", b"\x08\x0a" + GRAPH, "ends after its graph, before its opset imports"),
        ("a.onnx", ONNX + bytes(8), f"no field of a model begins at byte {len(ONNX):,}"),
        ("a.onnx", b"\x08\x0a" + OPSET, "is an ONNX file without a graph"),
        ("a.pt", b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        ("a.ckpt", b"\x1f\x8b\x08", "is a gzip archive"),
        ("a.pt", bytes(4) + b"TFL3", "is a TensorFlow Lite model"),
        ("a.pt", b"GGUF\x03", "is a GGUF file"),
        ("a.pt", b"\xfe\xdc\xba\x98", "is in no format known here: 4 bytes beginning fe dc ba 98"),
    ],
)
def test_unreadable_bytes_are_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = put(tmp_path / name, content)
    finding = problem(path)
    assert found(path).format is Format.UNREADABLE
    assert finding.code == "FR101"
    assert finding.message.startswith(f"{path.as_posix()} ")
    assert words in finding.message


def entry(begin: int, end: int, shape: list[int] | None = None, dtype: str = "F32") -> Any:
    shape = [(end - begin) // 4] if shape is None else shape
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (safetensors_bytes({"w": entry(0, 400)}), "(384 are missing, in 1 of 1 tensors)"),
        (safetensors_bytes()[:-6], "(6 are missing, in 1 of 1 tensors)"),
        (safetensors_bytes()[:30], "its header alone takes"),
        (safetensors_bytes({"w": entry(0, 16, [5])}), "lies: 'w' is F32[5] and has 16 bytes"),
        (safetensors_bytes({"w": entry(16, 0, [4])}), "lies: 'w' is F32[4] and has -16 bytes"),
        (safetensors_bytes({"a": entry(0, 8), "b": entry(4, 16)}), "'b' overlaps"),
        (safetensors_bytes({"a": entry(0, 4), "b": entry(8, 16)}), "'b' leaves a gap before it"),
        (safetensors_bytes(body=bytes(20)), "has 4 bytes behind the last tensor"),
        (safetensors_bytes({"w": {"dtype": "F32"}}), "whose entry 'w' is malformed"),
        (safetensors_bytes({"w": entry(-4, 12)}), "whose entry 'w' is malformed"),
        (safetensors_bytes({"w": 3}), "whose entry 'w' is malformed"),
        (b"\x05" + bytes(7) + b"{oops, no JSON", "is no JSON"),
        (b"\x20" + bytes(7) + b"{" * 40, "is no JSON"),
        (struct.pack("<Q", 200_000_000) + b"{", "header of 200,000,000 bytes"),
    ],
)
def test_lying_safetensors_headers(tmp_path: Path, content: bytes, words: str) -> None:
    finding = problem(put(tmp_path / "a.safetensors", content))
    assert finding.code == "FR101"
    assert words in finding.message


def test_lfs_pointer_tells_the_size_of_the_file(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 102547200\n"
    path = put(tmp_path / "a.onnx", pointer)
    finding = problem(path)
    assert found(path).format is Format.LFS_POINTER
    assert finding.code == "FR102"
    assert f"pointer of {len(pointer)} bytes; the file itself has 102,547,200" in finding.message
    assert finding.next_step.startswith("git lfs pull")
    assert found(put(tmp_path / "pytorch_model.bin", pointer)).format is Format.LFS_POINTER


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pt", ONNX, "holds an ONNX model, and its suffix promises a file of torch.save"),
        (
            "a.onnx",
            safetensors_bytes(),
            "holds a safetensors file, and its suffix promises an ONNX",
        ),
        ("a.pt", pt2_zip(), "holds a torch exported program"),
        ("a.jit", torch_zip(), "promises a TorchScript archive"),
        ("a.safetensors", torch_zip(), "holds a file of torch.save"),
    ],
)
def test_suffix_and_format_differ(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    finding = problem(put(tmp_path / name, content))
    assert (finding.code, finding.severity) == ("FR110", Severity.WARNING)
    assert words in finding.message
    assert finding.next_step.startswith("Rename it to a.")


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "gone.pt").symlink_to("../store/gone.pt")
    (tmp_path / "annexed.onnx").symlink_to("../.git/annex/objects/k/K")
    (tmp_path / "a.onnx").symlink_to("b.onnx")
    (tmp_path / "b.onnx").symlink_to("a.onnx")
    (tmp_path / "gone.ts").symlink_to("gone.js")
    put(tmp_path / "real.pt", torch_zip())
    (tmp_path / "alias.pt").symlink_to("real.pt")
    gone = problem(tmp_path / "gone.pt")
    assert gone.code == "FR103"
    assert "dangling symbolic link: its target ../store/gone.pt does not exist" in gone.message
    assert problem(tmp_path / "annexed.onnx").next_step.startswith("git annex get")
    assert "is a loop of symbolic links (to b.onnx)" in problem(tmp_path / "a.onnx").message
    assert found(tmp_path / "alias.pt").problem is None
    assert [p.name for p in dangling(tmp_path)] == ["a.onnx", "annexed.onnx", "b.onnx", "gone.pt"]
    assert [c.path.name for c in find_checkpoints(tmp_path)] == [
        "a.onnx", "alias.pt", "annexed.onnx", "b.onnx", "gone.pt", "real.pt",
    ]  # fmt: skip


def test_what_is_no_file_never_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo.pt")
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.onnx")
        (tmp_path / "null.ckpt").symlink_to("/dev/null")
        (tmp_path / "folder.pt").mkdir()
        (tmp_path / "to_folder.onnx").symlink_to("folder.pt")
        os.mkfifo(tmp_path / "config.json")
        told = {str(c.path.name): c.problem for c in find_checkpoints(tmp_path)}
    assert {name: f"{p.code} {p.message}".split(" is ")[1] for name, p in told.items() if p} == {
        "fifo.pt": "a FIFO, not a file",
        "socket.onnx": "a socket, not a file",
        "null.ckpt": "a character device, not a file",
    }
    assert len(told) == 3
    assert [path.name for path in dangling(tmp_path)] == ["fifo.pt", "null.ckpt", "socket.onnx"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "may not be read by user"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
    ],
)
def test_files_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    path = put(tmp_path / "a.pt", torch_zip())
    path.chmod(stat.S_IWUSR)

    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    finding = problem(path)
    assert finding.code == "FR103"
    assert words in finding.message


def test_file_that_vanishes_is_passed_over(tmp_path: Path) -> None:
    assert identify(tmp_path / "never.pt") is None
    assert dangling(tmp_path / "never") == []


@pytest.mark.skipif(sys.platform == "darwin", reason="APFS refuses names that are not UTF-8")
def test_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/mod\xffel.pt")), torch_zip())
    checkpoint = found(path)
    finding = problem(path)
    assert checkpoint.format is Format.PICKLE
    assert finding.code == "FR111"
    assert finding.message.endswith("/mod\\xffel.pt has a name that is not UTF-8")
    assert str(checkpoint).endswith("/mod\\xffel.pt")
    path.write_bytes(ONNX)
    assert problem(path).code == "FR111"  # an error goes before the warning FR110
    path.write_bytes(b"")
    assert problem(path).code == "FR101"


def test_line_breaks_in_names_stay_in_one_line(tmp_path: Path) -> None:
    assert "a\\nb.pt is empty" in problem(put(tmp_path / "a\nb.pt", b"")).message


def test_find_walks_sorted_and_passes_over_what_is_not_ours(tmp_path: Path) -> None:
    names = ["z.pt", "a/b.onnx", "a-b/c.pt", "a/old/d.pt", ".git/e.pt", ".venv/f.pt", ".h/g.pt"]
    names += ["node_modules/h.pt", "__pycache__/i.pt", "env/j.pt", "a/notes.txt"]
    for name in names:
        put(tmp_path / name, ONNX if name.endswith("onnx") else torch_zip())
    put(tmp_path / "env/pyvenv.cfg", b"")
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "latest").symlink_to("a-b")

    def told(*roots: Path, **options: Any) -> list[str]:
        return [
            c.path.relative_to(tmp_path).as_posix() for c in find_checkpoints(*roots, **options)
        ]

    every = ["a-b/c.pt", "a/b.onnx", "a/old/d.pt", "latest/c.pt", "z.pt"]
    assert told(tmp_path) == every
    assert told(tmp_path / "z.pt", tmp_path / "a", tmp_path) == every
    assert told(tmp_path, exclude=["old", "latest/*"]) == ["a-b/c.pt", "a/b.onnx", "z.pt"]
    assert told(tmp_path, exclude=["a/", "**/c.pt"]) == ["z.pt"]
    assert told(tmp_path, exclude=["*"]) == []


def test_relative_roots_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "models/a.pt", torch_zip())
    monkeypatch.chdir(tmp_path)
    assert list(map(str, find_checkpoints("models"))) == ["models/a.pt"]


def test_absent_roots_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_checkpoints(tmp_path, tmp_path / "x", tmp_path / "y")
    assert caught.value.problems == tuple(
        f"{(tmp_path / name).as_posix()} does not exist" for name in "xy"
    )


VALID = [ONNX, torch_zip(), torchscript_zip(), pt2_zip(), safetensors_bytes(), LEGACY_MAGIC * 2]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.one_of(
        st.binary(max_size=64),
        st.builds(
            lambda whole, cut, at, bits: (lambda b: b[:at] + bits + b[at + len(bits) :])(
                whole[: len(whole) - cut]
            ),
            st.sampled_from(VALID), st.integers(0, 400), st.integers(0, 9400), st.binary(max_size=9),
        ),
    ),
    suffix=st.sampled_from([".onnx", ".pt", ".pt2", ".safetensors", ".bin", ".ts", ".jit"]),
)  # fmt: skip
def test_no_bytes_raise(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = put(tmp_path / f"a{suffix}", content)
    checkpoint = identify(path)
    if checkpoint and checkpoint.format is Format.UNREADABLE:
        assert checkpoint.problem is not None
        checkpoint.problem.render().encode()


def test_discovery_is_fast(tmp_path: Path) -> None:
    contents = {".pt": torch_zip(), ".onnx": ONNX, ".safetensors": safetensors_bytes()}
    for number in range(1000):
        suffix = list(contents)[number % 3]
        (tmp_path / f"{number}{suffix}").write_bytes(contents[suffix])
    best = min(_seconds_to_find(tmp_path) for _ in range(3))
    assert best < 0.5


def _seconds_to_find(folder: Path) -> float:
    start = time.perf_counter()
    assert len(find_checkpoints(folder)) == 1000
    return time.perf_counter() - start


def test_discovery_imports_nothing_heavy() -> None:
    code = """if True:
        import sys, pkgutil, importlib
        import pytest_frictionless.checkpoint as room
        for each in pkgutil.iter_modules(room.__path__, room.__name__ + "."):
            importlib.import_module(each.name)
        print({"torch", "onnx", "numpy", "pytest", "picklescan", "safetensors"} & set(sys.modules))
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
