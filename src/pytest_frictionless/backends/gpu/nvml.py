"""What the GPU was doing while it was measured: clocks, throttling, heat, power and neighbours."""

from __future__ import annotations

import os
import statistics
import threading
from contextlib import suppress
from typing import Any, Self

from pytest_frictionless.backends import require
from pytest_frictionless.errors import MissingDevice

PERIOD_S = 0.03
SLOWED = {
    0x8: "hardware slowdown", 0x20: "heat (software)", 0x40: "heat (hardware)",
    0x80: "power brake", 0x4: "power cap",
}  # fmt: skip
"""Bits of nvmlDeviceGetCurrentClocksEventReasons that lower the clock (nvml.h, ClocksEventReason)."""
HARD = 0x8 | 0x20 | 0x40 | 0x80
"""Those that say the machine is not fit to measure; the power cap is normal for large products."""


def _started() -> Any:
    """NVML, ready to be asked; raises MissingDevice where it does not answer."""
    nvml = require("pynvml", purpose="asking the GPU")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise MissingDevice(f"NVML does not answer: {error}") from error
    return nvml


def _handle(uuid: str) -> tuple[Any, Any]:
    """NVML and its handle of the GPU."""
    nvml = _started()
    try:
        return nvml, nvml.nvmlDeviceGetHandleByUUID(uuid)
    except nvml.NVMLError as error:
        raise MissingDevice(f"NVML does not answer: {error}") from error


def _asked(nvml: Any, name: str, *arguments: Any) -> Any:
    """One answer of NVML; None where this GPU or driver does not give it."""
    with suppress(nvml.NVMLError):
        return getattr(nvml, name)(*arguments)
    return None


def driver() -> dict[str, str]:
    """Version of the driver, and the newest CUDA that it serves."""
    nvml = _started()
    cuda = _asked(nvml, "nvmlSystemGetCudaDriverVersion_v2") or 0
    return {
        "nvidia_driver": str(nvml.nvmlSystemGetDriverVersion()),
        "cuda_driver": f"{cuda // 1000}.{cuda % 1000 // 10}" if cuda else "",
    }


def gpus() -> list[dict[str, str]]:
    """Every GPU of this machine: name, compute capability and UUID, in the order of the bus."""
    nvml = _started()
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    return [
        {
            "gpu": str(nvml.nvmlDeviceGetName(handle)),
            "compute_capability": ".".join(map(str, nvml.nvmlDeviceGetCudaComputeCapability(handle))),
            "uuid": str(nvml.nvmlDeviceGetUUID(handle)),
        }
        for handle in handles
    ]  # fmt: skip


def facts(uuid: str) -> dict[str, Any]:
    """What an environment key is made of: the GPU, its memory, MIG, clock policy, power and driver."""
    nvml, handle = _handle(uuid)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    mig = _asked(nvml, "nvmlDeviceGetMigMode", handle)
    power = _asked(nvml, "nvmlDeviceGetPowerManagementLimit", handle)
    known = driver()
    return {
        "gpu": str(nvml.nvmlDeviceGetName(handle)),
        "uuid": uuid,
        "memory_mib": int(memory.total) >> 20,
        "mig": bool(mig and mig[0]),
        "power_limit_w": None if power is None else round(power / 1000),
        "driver": known["nvidia_driver"],
        "cuda_driver": known["cuda_driver"],
        "sm_clock_max_mhz": _asked(nvml, "nvmlDeviceGetMaxClockInfo", handle, nvml.NVML_CLOCK_SM),
        "sm_clock_application_mhz": _asked(
            nvml, "nvmlDeviceGetApplicationsClock", handle, nvml.NVML_CLOCK_SM
        ),
    }


class _Sampling:
    """Asks NVML in a thread, again and again, while its block runs."""

    period_s = PERIOD_S

    def __init__(self, uuid: str) -> None:
        self._nvml, self._handle = _handle(uuid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.neighbours: list[int] = []
        """Other programs that computed on the GPU when the block ended."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.neighbours = self._others()

    def _sample(self) -> None:
        while not self._end.wait(self.period_s):
            self._look()

    def _look(self) -> None:
        raise NotImplementedError

    def _others(self) -> list[int]:
        """Process ids of other programs that compute on this GPU."""
        running = _asked(self._nvml, "nvmlDeviceGetComputeRunningProcesses", self._handle) or []
        own = _family(os.getpid())
        return sorted(each.pid for each in running if each.pid not in own)


class MemoryWatch(_Sampling):
    """Device memory in use, by whomever: sampled while its block runs, and when asked."""

    period_s = 0.002

    def __init__(self, uuid: str) -> None:
        super().__init__(uuid)
        self.peak_mib = 0.0
        """The most that was seen."""

    def now_mib(self) -> float:
        """What is in use."""
        used = float(self._nvml.nvmlDeviceGetMemoryInfo(self._handle).used / 2**20)
        self.peak_mib = max(self.peak_mib, used)
        return used

    def _look(self) -> None:
        self.now_mib()


class Watch(_Sampling):
    """Clocks, the reasons they are lowered, heat, power and use, while its block runs."""

    def __init__(self, uuid: str) -> None:
        super().__init__(uuid)
        self.samples: list[dict[str, Any]] = []

    def _look(self) -> None:
        nvml, handle = self._nvml, self._handle
        use = _asked(nvml, "nvmlDeviceGetUtilizationRates", handle)
        power = _asked(nvml, "nvmlDeviceGetPowerUsage", handle)
        self.samples.append(
            {
                "sm_mhz": _asked(nvml, "nvmlDeviceGetClockInfo", handle, nvml.NVML_CLOCK_SM),
                "reasons": _asked(nvml, "nvmlDeviceGetCurrentClocksEventReasons", handle) or 0,
                "celsius": _asked(
                    nvml, "nvmlDeviceGetTemperature", handle, nvml.NVML_TEMPERATURE_GPU
                ),
                "watt": None if power is None else power / 1000,
                "use": None if use is None else use.gpu,
            }
        )

    def record(self) -> dict[str, Any]:
        """The samples in short; None where the driver does not tell."""
        reasons = [each["reasons"] for each in self.samples]
        slowed = {
            word: sum(bool(bits & bit) for bits in reasons) / max(len(reasons), 1)
            for bit, word in SLOWED.items()
        }
        return {
            "samples": len(self.samples),
            "sm_mhz": self._median("sm_mhz"), "celsius": self._median("celsius"),
            "watt": self._median("watt"), "use": self._median("use"),
            "slowed": {word: share for word, share in slowed.items() if share},
            "hard_slowdown": sum(bool(bits & HARD) for bits in reasons) / max(len(reasons), 1),
            "neighbours": self.neighbours,
        }  # fmt: skip

    def _median(self, name: str) -> float | None:
        values = [each[name] for each in self.samples if each[name] is not None]
        return float(statistics.median(values)) if values else None


def _family(pid: int) -> set[int]:
    """This process, its parents and what the first of ours among them has started."""
    import psutil

    try:
        process = psutil.Process(pid)
        parents = process.parents()
        family = {pid, *(each.pid for each in parents)}
        family |= {each.pid for each in process.children(recursive=True)}
        if parents:  # the process that children are forked from: its other children are ours
            family |= {each.pid for each in parents[0].children(recursive=True)}
    except psutil.Error:
        return {pid}
    return family
