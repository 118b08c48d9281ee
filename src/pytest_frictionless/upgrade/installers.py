"""uv or pip: which versions fit together, and how they come into a virtual environment."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from pytest_frictionless.errors import FrictionlessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST", "constraint": "UV_CONSTRAINT", "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT", "cert": "SSL_CERT_FILE",
}  # fmt: skip
"""Settings of pip, and the variable by which uv takes the same."""
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CannotInstall(FrictionlessError):
    """These versions do not go together, or cannot be fetched; the message is the resolver's."""


class Installer(Protocol):
    """What makes virtual environments."""

    name: str

    def resolve(
        self, requirements: Sequence[str], constraints: Sequence[str], python: str
    ) -> list[str]:
        """Every package that would be installed, as lines of a requirements file.

        Raises:
            CannotInstall: There is no such set, with the resolver's reason.
        """  # fmt: skip

    def install(self, lines: Sequence[str], folder: Path, python: str) -> None:
        """Make a virtual environment of exactly these packages; raises CannotInstall."""


def installer() -> Installer:
    """The uv that is installed here, else pip."""
    beside = Path(sys.executable).parent  # where `pip install uv` puts it
    found = shutil.which("uv", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))
    return Uv(found) if found else Pip()


class Uv:
    """uv, with the indexes that pip is configured for."""

    name = "uv"

    def __init__(self, program: str) -> None:
        self.program = program
        self.environment = {**_as_uv(pip_settings()), **os.environ}

    def resolve(
        self, requirements: Sequence[str], constraints: Sequence[str], python: str
    ) -> list[str]:
        """As Installer says, by `uv pip compile`."""
        with TemporaryDirectory() as folder:
            wanted, bounds = Path(folder, "wanted.txt"), Path(folder, "bounds.txt")
            wanted.write_text("\n".join(requirements))
            given = [bounds, *self.environment.get("UV_CONSTRAINT", "").split()]
            bounds.write_text("\n".join(constraints))
            text = self._run(
                "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python", python,
                *(word for path in given for word in ("--constraint", str(path))), str(wanted),
            )  # fmt: skip
        return [line for line in text.splitlines() if line.strip()]

    def install(self, lines: Sequence[str], folder: Path, python: str) -> None:
        """As Installer says; uv links packages from its cache where it can."""
        self._run("venv", "--quiet", "--no-project", "--python", python, str(folder))
        with TemporaryDirectory() as temporary:
            listed = Path(temporary, "lines.txt")
            listed.write_text("\n".join(lines))
            self._run(
                "pip", "install", "--quiet", "--no-deps", "--python", str(python_of(folder)),
                "--requirement", str(listed),
            )  # fmt: skip

    def _run(self, *arguments: str) -> str:
        return _output([self.program, "--color", "never", *arguments], self.environment)


class Pip:
    """pip of the Python that the environments are made of."""

    name = "pip"

    def resolve(
        self, requirements: Sequence[str], constraints: Sequence[str], python: str
    ) -> list[str]:
        """As Installer says, by the report of a dry run."""
        with TemporaryDirectory() as folder:
            bounds, report = Path(folder, "bounds.txt"), Path(folder, "report.json")
            bounds.write_text("\n".join(constraints))
            self._run(
                python, "install", "--dry-run", "--ignore-installed", "--report", str(report),
                "--constraint", str(bounds), *_as_arguments(requirements),
            )  # fmt: skip
            packages = json.loads(report.read_text())["install"]
        return sorted(map(_line, packages))

    def install(self, lines: Sequence[str], folder: Path, python: str) -> None:
        """As Installer says."""
        _output([_interpreter(python), "-m", "venv", str(folder)], os.environ)
        with TemporaryDirectory() as temporary:
            listed = Path(temporary, "lines.txt")
            listed.write_text("\n".join(lines))
            inside = str(python_of(folder))
            self._run(inside, "install", "--no-deps", "--requirement", str(listed))

    def _run(self, python: str, *arguments: str) -> str:
        command = [_interpreter(python), "-m", "pip", "--disable-pip-version-check"]
        return _output([*command, *arguments], {**os.environ, "PIP_NO_COLOR": "1"})


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / "bin" / "python"


def _interpreter(python: str) -> str:
    """Path of an interpreter, from its path or its version; raises CannotInstall without one."""
    named = python if os.sep in python else shutil.which(f"python{python}")
    if named is None:
        raise CannotInstall(
            f"python{python} is not on PATH; with uv installed (pip install uv) it would be fetched"
        )
    return named


def pip_settings() -> dict[str, str]:
    """What pip is configured for here, as `pip config list` tells; the environment goes last."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found: dict[str, str] = {}
    for scope in ("global.", "install.", ":env:."):
        for line in done.stdout.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(scope):
                found[name.removeprefix(scope)] = str(ast.literal_eval(value))
    return found


def _as_uv(settings: Mapping[str, str]) -> dict[str, str]:
    """The same for uv, which prefers the first index that has a package, where pip takes the best."""
    said = {PIP_TO_UV[name]: value for name, value in settings.items() if name in PIP_TO_UV}
    said["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "UV_FIND_LINKS" in said:
        said["UV_FIND_LINKS"] = ",".join(said["UV_FIND_LINKS"].split())
    return said


def _as_arguments(requirements: Sequence[str]) -> Iterator[str]:
    """Lines of a requirements file as words: pip's errors then name them, and no line of a file."""
    for each in requirements:
        yield from each.split(" ", 1) if each.startswith("-e ") else (each,)


def _line(package: Mapping[str, dict[str, object]]) -> str:
    """One package of pip's report as a line of a requirements file."""
    name, version = package["metadata"]["name"], package["metadata"]["version"]
    if not package.get("is_direct"):
        return f"{name}=={version}"
    source = package["download_info"]
    folder = source.get("dir_info")
    editable = isinstance(folder, dict) and folder.get("editable")
    return f"-e {source['url']}" if editable else f"{name} @ {source['url']}"


def _output(command: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(environment),
        errors="replace",
    )  # fmt: skip
    if done.returncode:
        raise CannotInstall(
            reason_in(done.stdout + done.stderr) or f"{command[0]}: status {done.returncode}"
        )
    return done.stdout


def reason_in(text: str) -> str:
    """The reason in what uv or pip says of a failure: the conflict, without what is around it."""
    plain = COLOURS.sub("", text).strip()
    for start in ("cause: ", "╰─▶ ", "The conflict is caused by:"):
        _, found, told = plain.partition(start)
        if found:
            plain = re.split(r"\n\s*\n|To fix this|hint:", told)[0]
            break
    else:
        errors = [line for line in plain.splitlines() if line.lstrip().lower().startswith("error")]
        plain = errors[0].partition(":")[2] if errors else plain.rpartition("\n")[2]
    return " ".join(plain.split())
