"""A pytest plugin that writes the names of all imported modules to the file $MODULES_SEEN."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def pytest_unconfigure() -> None:
    Path(os.environ["MODULES_SEEN"]).write_text(json.dumps(sorted(sys.modules)))
