"""`python -m pytest_frictionless` is the console command."""

from __future__ import annotations

import sys

from pytest_frictionless.cli import main

if __name__ == "__main__":
    sys.exit(main())
