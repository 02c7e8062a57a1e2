"""``python -m provis_core.cli``: the program from a copy of the repository that is not installed."""

from __future__ import annotations

import sys

from . import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
