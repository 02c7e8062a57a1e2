"""What the worker can be asked. One file per request; a file that defines ``REQUEST`` is registered by being
here. Files that begin with an underscore are helpers.

A request and its answer are messages (`provis_core.worker.wire`), and the request knows how it is carried
out. The host imports these files to ask, so they need numpy only; what ``run`` needs it imports itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from ..wire.message import Request
from ._running import BenchRequest, LoadedModel, ModelRequest, ResultAnswer, make_digest

__all__ = ["BenchRequest", "LoadedModel", "ModelRequest", "ResultAnswer", "known_requests", "make_digest"]


def known_requests() -> tuple[type[Request[Any]], ...]:
    """All kinds of requests, by the name of their file.

    Returns
    -------
    tuple of type of Request
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    return tuple(importlib.import_module(f"{__name__}.{name}").REQUEST for name in names)
