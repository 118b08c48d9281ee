"""Starting the process that children are forked from, and forking them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import StepInterrupted
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench.isolation import Child, tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path


class Zygote:
    """Parent's end of the process that children are forked from; started at the first fork."""

    def __init__(self, *, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
        self._cwd = cwd
        self._environment = dict(environment or {})
        self._variants: dict[str, Zygote] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._control: Connection | None = None

    def variant(self, **environment: str) -> Zygote:
        """The same with other environment variables: some libraries read theirs only as they start."""
        key = repr(sorted(environment.items()))
        if key not in self._variants:
            self._variants[key] = Zygote(
                cwd=self._cwd, environment={**self._environment, **environment}
            )
        return self._variants[key]

    def fork(self, *, preload: Sequence[str], log: Path, told: Sequence[str] = ()) -> Child:
        """A fresh child that has these modules imported and writes its output to `log`.

        Those of `told` are no tools of the steps: artifacts name them among their sources.
        """
        from multiprocessing.connection import Connection

        if self._process is None or self._process.poll() is not None:
            self._start(log)
        assert self._socket is not None
        ours, theirs = socket.socketpair()
        with theirs:
            message = {
                "preload": list(preload), "told": list(told), "log": str(log), "cwd": str(self._cwd),
                "sys_path": [str(self._cwd), *sys.path],
            }  # fmt: skip
            try:
                self._tell(message)
                socket.send_fds(self._socket, [b"f"], [theirs.fileno()])
                pid = self._answer()["pid"]
            except (EOFError, OSError) as error:
                ours.close()
                self.close()
                raise StepInterrupted(
                    Finding(
                        code="FR003",
                        message=f"importing {', '.join(preload)} ended the process",
                        cause=str(error),
                        remedy=f"Try: python -c 'import {', '.join(preload)}'",
                        log=tail(log, 0),
                    )
                ) from error
        return Child(Connection(ours.detach()), pid=pid, zygote=self, log=log)

    def wait(self, pid: int) -> int:
        """Exit status of a child that has ended, as `os.waitpid` gives it."""
        try:
            self._tell({"wait": pid})
            status: int = self._answer()["status"]
        except (EOFError, OSError):
            return 0
        return status

    def close(self) -> None:
        """End the process; it ends every child that is left."""
        for variant in self._variants.values():
            variant.close()
        if self._control is not None:
            self._control.close()
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._socket = self._control = None

    def _start(self, log: Path) -> None:
        from multiprocessing.connection import Connection

        self.close()
        self._socket, theirs = socket.socketpair()
        self._control = Connection(os.dup(self._socket.fileno()))
        start = (
            f"import sys; sys.path[:] = {sys.path!r}; "
            f"from pytest_frictionless.workbench.zygote import main; main({theirs.fileno()})"
        )
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", start],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **self._environment},
                start_new_session=True,  # Ctrl-C reaches pytest, which closes its children
            )  # fmt: skip

    def _tell(self, message: Mapping[str, Any]) -> None:
        assert self._control is not None
        self._control.send_bytes(json.dumps(message).encode())

    def _answer(self) -> dict[str, Any]:
        assert self._control is not None
        answer: dict[str, Any] = json.loads(self._control.recv_bytes())
        return answer
