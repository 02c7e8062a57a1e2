# Name: ProVis
# Version: 0.1.0
# Author: The ProVis authors
# License: BSD-3-Clause
# Description: Attention of protein language models, drawn on the structure you are looking at
# Citation: Vig J et al. BERTology Meets Biology, ICLR 2021 (arXiv 2006.15222)
# Citation-Required: No
"""ProVis in PyMOL: importing this package registers the commands, `__init_plugin__` adds the menu.

PyMOL reads the block of comments above without running anything, so it has to stay at the very top. Where
there is no PyMOL, as in ChimeraX, nothing happens.
"""

import importlib.util
import sys
from collections.abc import Mapping

__all__: list[str] = []

_COMMANDS: Mapping[str, object] = {}

if "pymol" in sys.modules or importlib.util.find_spec("pymol") is not None:
    from .entry import __init_plugin__, commands

    _COMMANDS = commands
    __all__ += ["__init_plugin__", *commands]  # noqa: PLE0604 (the names of the commands)


def __getattr__(name: str) -> object:
    """The commands as Python functions: ``from provis_plugin import provis_attn``."""
    if name in _COMMANDS:
        return _COMMANDS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
