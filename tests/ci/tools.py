"""The programs that read and execute the YAML of CI, where they are installed."""

from __future__ import annotations

import shutil
import sysconfig
from functools import cache

import pytest

INSTALL = "pip install -r requirements/ci-tools.txt"


@cache
def path_of(name: str) -> str:
    """Where a program is: beside this Python, else on the PATH; empty where it is not."""
    scripts = sysconfig.get_path("scripts")
    return shutil.which(name, path=scripts) or shutil.which(name) or ""


def needs(*names: str, install: str = INSTALL) -> pytest.MarkDecorator:
    """Skip where one of these programs is missing, and say how it is installed."""
    missing = [name for name in names if not path_of(name)]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} missing: {install}")
