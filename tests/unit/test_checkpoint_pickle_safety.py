"""What a pickle would run is named, and never runs."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checkpoint.discovery import Format, identify
from pytest_frictionless.checkpoint.pickle_safety import is_pickled_module, unsafe_globals
from pytest_frictionless.checkpoint.torch_allowed import is_allowed, python_3
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
SYSTEM = [pickle.dumps(each, protocol=2) for each in (1001, {"little_endian": True})]


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.witness}'",)


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    return Payload(tmp_path / "it_ran")


def zipped(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(f"archive/{name}", content)
    return path


def in_zip(path: Path, pickled: bytes) -> Path:
    return zipped(path, ("data.pkl", pickled), ("version", b"3"))


def in_deflated_zip(path: Path, pickled: bytes) -> Path:
    return zipped(path, ("data.pkl", pickled), method=zipfile.ZIP_DEFLATED)


def in_second_member(path: Path, pickled: bytes) -> Path:
    return zipped(path, ("data.pkl", pickle.dumps({})), ("extra", pickled))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def in_shadowed_member(path: Path, pickled: bytes) -> Path:
    return zipped(path, ("data.pkl", pickled), ("data.pkl", pickle.dumps({})))


def in_nested_zip(path: Path, pickled: bytes) -> Path:
    inner = in_zip(path.with_suffix(".inner"), pickled).read_bytes()
    path.with_suffix(".inner").unlink()
    models = (("archive_format", b"pt2"), ("models/model.json", b"{}"))
    return zipped(path, *models, ("data/sample_inputs/model.pt", inner))


def behind_a_stop(path: Path, pickled: bytes) -> Path:
    return in_zip(path, pickle.dumps({"a": 1}) + pickled)


def in_legacy(path: Path, pickled: bytes) -> Path:
    path.write_bytes(MAGIC + b"".join(SYSTEM) + pickled + pickle.dumps([], protocol=2))
    return path


def bare(path: Path, pickled: bytes) -> Path:
    path.write_bytes(pickled)
    return path


def in_tar(path: Path, pickled: bytes) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in (("sys_info", pickle.dumps({})), ("pickle", pickled)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "wrap",
    [in_zip, in_deflated_zip, in_second_member, in_shadowed_member, in_nested_zip, behind_a_stop,
     in_legacy, bare, in_tar],
)  # fmt: skip
def test_payload_is_named_and_does_not_run(
    tmp_path: Path, payload: Payload, wrap: Callable[[Path, bytes], Path], protocol: int
) -> None:
    content = pickle.dumps({"weights": [1, {"deep": (payload,)}]}, protocol=protocol)
    path = wrap(tmp_path / "model.pt", content)
    assert unsafe_globals(path) == ["posix.system"]
    checkpoint = identify(path)
    assert checkpoint is not None
    assert checkpoint.format in (Format.PICKLE, Format.EXPORTED_PROGRAM)
    assert not payload.witness.exists()
    if protocol == 2 and wrap is bare:
        pickle.loads(content)  # the payload is a real one
        assert payload.witness.exists()


def test_text_pickle_in_an_archive(tmp_path: Path) -> None:
    path = in_zip(tmp_path / "a.pt", b"c__builtin__\neval\n(S'1'\ntR.")
    assert unsafe_globals(path) == ["builtins.eval"]


@pytest.mark.parametrize("wrap", [in_zip, in_legacy])
def test_payload_of_a_damaged_pickle_is_still_named(
    tmp_path: Path, payload: Payload, wrap: Callable[[Path, bytes], Path]
) -> None:
    path = wrap(tmp_path / "a.pt", pickle.dumps(payload, protocol=2)[:-1] + b"\xff")
    assert unsafe_globals(path) == ["posix.system"]


def test_damaged_pickles_are_a_finding(tmp_path: Path) -> None:
    ordered = b"\x80\x02ccollections\nOrderedDict\n"
    with pytest.raises(StepFailed, match=r"FR101 .*a\.pt holds a damaged pickle"):
        unsafe_globals(in_zip(tmp_path / "a.pt", ordered + b"\xff"))
    (tmp_path / "b.pt").write_bytes(MAGIC + SYSTEM[0] + SYSTEM[1][:-4])
    with pytest.raises(StepFailed) as caught:
        unsafe_globals(tmp_path / "b.pt")
    assert "the system ends early, at byte" in caught.value.finding.cause


def test_files_that_are_no_pickles(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").write_bytes(b"")
    with pytest.raises(StepFailed, match=r"FR101 .*is empty"):
        unsafe_globals(tmp_path / "empty.pt")
    with pytest.raises(StepFailed, match="FR103"):
        unsafe_globals(tmp_path / "gone.pt")
    (tmp_path / "a.safetensors").write_bytes(b"\x02" + bytes(7) + b"{}")
    assert unsafe_globals(tmp_path / "a.safetensors") == []


def test_raw_storage_is_no_pickle(tmp_path: Path, payload: Payload) -> None:
    storage = pickle.dumps(payload, protocol=2)
    path = zipped(tmp_path / "a.pt", ("data.pkl", pickle.dumps({})), ("data/0", storage))
    assert unsafe_globals(path) == []


def test_scanner_says_nothing_itself(
    tmp_path: Path, payload: Payload, caplog: pytest.LogCaptureFixture
) -> None:
    unsafe_globals(in_zip(tmp_path / "a.pt", pickle.dumps(payload)))
    assert caplog.records == []


def test_names_of_torch_are_allowed() -> None:
    for name in ("torch._utils._rebuild_tensor_v2", "collections.OrderedDict", "torch.Size",
                 "torch.FloatStorage", "torch.cuda.HalfStorage", "torch.bfloat16"):  # fmt: skip
        assert is_allowed(name)
    assert not is_allowed("torch.nn.modules.linear.Linear")
    assert not is_allowed("torch.load")
    assert python_3("__builtin__.set") == "builtins.set"


def test_hint_of_a_module() -> None:
    assert is_pickled_module(["shop.nets.Net", "torch.nn.modules.linear.Linear"])
    assert not is_pickled_module(["posix.system", "torch.optim.adam.Adam"])


@pytest.mark.real
@pytest.mark.parametrize("zip_format", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
def test_real_files_of_torch_save(tmp_path: Path, zip_format: bool, protocol: int) -> None:
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    payload = Payload(tmp_path / "it_ran")

    def save(content: object, name: str) -> Path:
        torch.save(
            content, tmp_path / name, pickle_protocol=protocol,
            _use_new_zipfile_serialization=zip_format,
        )  # fmt: skip
        return tmp_path / name

    weights = save(net.state_dict(), "weights.pt")
    whole = save(net, "module.pt")
    training = save({"step": 1, "model": net.state_dict(), "o": optimizer.state_dict()}, "t.ckpt")
    evil = save({"model": net.state_dict(), "hook": payload}, "evil.pt")
    adam = save(optimizer.state_dict(), "adam.pt")
    for path in (weights, whole, training, evil):
        found = identify(path)
        assert found is not None
        assert (found.format, found.problem) == (Format.PICKLE, None)
    assert identify(adam) is None
    assert unsafe_globals(weights) == unsafe_globals(training) == unsafe_globals(adam) == []
    assert unsafe_globals(evil) == ["posix.system"]
    assert not payload.witness.exists()
    assert "torch.nn.modules.linear.Linear" in unsafe_globals(whole)
    assert is_pickled_module(unsafe_globals(whole))
    weights.write_bytes(weights.read_bytes()[:300])
    with pytest.raises(StepFailed, match="FR101"):
        unsafe_globals(weights)


@pytest.mark.real
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_real_files_of_other_formats(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
    torch.jit.trace(net, torch.ones(1, 4)).save(str(tmp_path / "script.pt"))
    torch.export.save(torch.export.export(net, (torch.ones(1, 4),)), tmp_path / "program.pt2")
    save_file(net.state_dict(), tmp_path / "weights.safetensors")
    save_file({"e": torch.empty(0), "h": torch.ones(3).half()}, tmp_path / "odd.safetensors")
    torch.onnx.export(net, (torch.ones(1, 4),), tmp_path / "net.onnx", dynamo=False)
    expected = {
        "net.onnx": Format.ONNX,
        "odd.safetensors": Format.SAFETENSORS,
        "program.pt2": Format.EXPORTED_PROGRAM,
        "script.pt": Format.TORCHSCRIPT,
        "weights.safetensors": Format.SAFETENSORS,
    }
    for name, format_ in expected.items():
        found = identify(tmp_path / name)
        assert found is not None
        assert (found.format, found.problem) == (format_, None)
        assert unsafe_globals(tmp_path / name) == []
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) * 2 // 3])
        truncated = identify(tmp_path / name)
        assert truncated is not None
        assert truncated.format is Format.UNREADABLE
        assert truncated.problem is not None
        assert "truncated" in truncated.problem.message
