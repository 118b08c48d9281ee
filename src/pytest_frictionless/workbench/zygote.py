"""The process that children are forked from, and what a child does. PYTEST_DONT_REWRITE.

Importing torch costs more than a second, and every checkpoint deserves a clean process. So one
process imports the libraries once and never computes; each checkpoint gets a fork of it, which costs
20 ms, shares its memory, and can crash, hang or be killed without harm to anybody else.

Messages are JSON over `multiprocessing.connection`: nothing is pickled between the processes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless import machine
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.workbench.sources import Opened, imported_sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

PING = "ping"
GARBAGE_THRESHOLDS = (50_000, 20, 20)
"""Python's own (700, 10, 10) take a sixth of the time of an export, and free nothing it would miss."""


def main(control_fd: int) -> None:
    """Answer `fork` and `wait` requests until the other end closes."""
    control = socket.socket(fileno=control_fd)
    connection = Connection(os.dup(control_fd))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # imports leave no garbage worth a search
    children: set[int] = set()
    told: set[str] = set()
    while (request := _receive(connection)) is not None:
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            children.discard(request["wait"])
            reply = {"status": status}
        else:
            _preload(request["preload"])
            before = set(sys.modules)
            _preload(request["told"])
            told |= sys.modules.keys() - before
            _, fds, _, _ = socket.recv_fds(control, 1, 1)
            gc.freeze()  # else the first collection of each child copies every page it shares
            child = os.fork()
            if not child:
                control.close()
                connection.close()
                _serve(Connection(fds[0]), request, told)
            os.close(fds[0])
            children.add(child)
            reply = {"pid": child}
        connection.send_bytes(json.dumps(reply).encode())
    for child in children:
        os.kill(child, signal.SIGKILL)


def _receive(connection: Connection) -> dict[str, Any] | None:
    try:
        request: dict[str, Any] = json.loads(connection.recv_bytes())
    except (EOFError, OSError):
        return None
    return request


def _preload(modules: Sequence[str]) -> None:
    """Import ahead of the fork; what cannot be imported is reported by the step that needs it."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            machine.REFUSED.setdefault(module, str(error) or type(error).__name__)
            traceback.print_exc()


def _serve(connection: Connection, request: dict[str, Any], told: AbstractSet[str]) -> None:
    """Carry out steps, one after another, until the other end closes; never returns.

    `told` names modules that were imported ahead, and that are sources all the same.
    """
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(request["cwd"])
    sys.path[:] = request["sys_path"]
    before = frozenset(sys.modules) - told
    root = Path(request["cwd"])
    opened = Opened(root, without=Path(request["log"]).parent.parent)
    sys.addaudithook(opened)
    memory: dict[str, Any] = {}
    try:
        while (order := _receive(connection)) is not None:
            answer = _carry_out(order, memory)
            answer["sources"] = imported_sources(root, before=before)
            if _runs_code(order["inputs"]):
                answer["sources"] |= opened.sources(_checkpoint(order["inputs"]))
            connection.send_bytes(json.dumps(answer).encode())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # no exit handlers: they belong to the process this one was forked from


def _runs_code(inputs: Mapping[str, Any]) -> bool:
    """Whether a step calls functions of the user, which may open files."""
    return bool(
        (inputs.get("source") or {}).get("factory")
        or any("make" in each for each in inputs.get("inputs", ()))
        or any(each.endswith(".py") for each in inputs.get("plugins", ()))
    )


def _checkpoint(inputs: Mapping[str, Any]) -> Path:
    """The file that a step works on, which its key names already."""
    return Path((inputs.get("source") or inputs).get("path", ""))


def _carry_out(order: dict[str, Any], memory: dict[str, Any]) -> dict[str, Any]:
    """Run one step; what it keeps in `memory` lasts as long as this child."""
    name = order["step"].rpartition(":")[2]
    try:
        module, _, function = order["step"].partition(":")
        run = getattr(importlib.import_module(module), function)
        return {"record": run(memory, order["folder"], **order["inputs"])}
    except StepFailed as failed:
        # A backend that blames the model may not know what its library ran out of.
        if words := machine.memory_words(failed):
            return {"memory": words}
        finding = machine.hardware_fault(name, failed) or failed.finding
        return {"finding": finding.to_json()}
    except MissingDependency as missing:
        return {"missing": str(missing)}
    except Exception as error:
        if words := machine.memory_words(error):
            return {"memory": words}
        text = traceback.format_exc()
        fault = machine.hardware_fault(name, error) or machine.outdated(name, text)
        return {"finding": fault.to_json()} if fault else {"bug": text}
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
