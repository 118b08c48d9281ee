"""Pictures of real terminal output: runs a command under a pseudo terminal and writes an SVG.

Without arguments it writes the two pictures of the README, and any other with:
`python docs/images/capture.py OUT.svg FOLDER COMMAND...`
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
COLUMNS, LINES = 110, 60
SHOWN_FOLDER = "~/shop"
"""What stands in the picture for the folder the command ran in."""
PICTURES = {"failing.svg": "before", "passing.svg": "after"}
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"


def output_of(command: list[str], *, folder: Path) -> str:
    """What the command writes to a terminal of this size, with its escape sequences."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        # Other plugins of this environment would name themselves in the header.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pytest_frictionless.plugin",
    }
    if command[0] == "pytest":
        command = [sys.executable, "-m", *command]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        written = b""
        try:
            while block := os.read(ours, 65536):
                written += block
        except OSError:  # Linux says EIO where the other end is closed
            pass
    os.close(ours)
    return written.decode("utf-8", "replace")


def settled(text: str) -> str:
    """What is left on the screen: progress that was written over is gone."""
    text = re.sub(r"\x1b7.*?\x1b8", "", text, flags=re.DOTALL).replace("\x1b[K", "")
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    return "\n".join(lines).rstrip()


def picture(text: str, *, title: str, name: str) -> str:
    """An SVG of this text, which needs nothing from the network to be shown."""
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(Text.from_ansi(text), soft_wrap=False)
    svg = console.export_svg(title=title, theme=MONOKAI, unique_id=name)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: (Fira Code|arial)[^;]*;", f"font-family: {FONTS};", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def capture(out: Path, folder: Path, command: list[str]) -> None:
    """Run the command in this folder and write its picture."""
    shown = " ".join(command)
    text = settled(output_of(command, folder=folder)).replace(str(folder), SHOWN_FOLDER)
    svg = picture(f"\x1b[1m$ {shown}\x1b[0m\n{text}", title=shown, name=out.stem)
    out.write_text(svg, encoding="utf-8")
    sys.stdout.write(f"{out}: {text.count(chr(10)) + 2} lines\n")


def main() -> None:
    """Write one picture, or the two of the README."""
    if arguments := sys.argv[1:]:
        out, folder, *command = arguments
        capture(Path(out), Path(folder).resolve(), command)
        return
    with tempfile.TemporaryDirectory() as temporary:
        shop = Path(temporary).resolve() / "shop"
        kept = shutil.ignore_patterns("before", "after", ".*", "__pycache__")
        shutil.copytree(HERE / "example", shop, ignore=kept)
        subprocess.run([sys.executable, "make_models.py"], cwd=shop, check=True)
        for name, models in PICTURES.items():
            capture(HERE / name, shop, ["pytest", "--frictionless", models])


if __name__ == "__main__":
    main()
