"""Qt as the host has it: PyQt5, PySide2, PyQt6 or PySide6, under one set of names.

The binding that the host has imported already is taken, then the one that ``QT_API`` names, then the first
that can be imported. Enums are written in full (``Qt.Key.Key_Up``), which all of them understand. The
pictures are drawn with matplotlib's Agg into images, so matplotlib never chooses a binding of its own.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from provis_core.errors import InstallError
from provis_core.worker.host.environment import tell_install

__all__ = [
    "BINDING",
    "Qt",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "Signal",
    "event_point",
]

_BINDINGS = ("PyQt5", "PySide2", "PyQt6", "PySide6")


def _find_binding() -> str:
    """Name of the host's binding.

    Raises
    ------
    InstallError
        If there is none.
    """
    imported = [name for name in _BINDINGS if f"{name}.QtCore" in sys.modules]
    for name in imported:  # more than one: the one that runs the program
        widgets = sys.modules.get(f"{name}.QtWidgets")
        if widgets is not None and widgets.QApplication.instance() is not None:
            return name
    wanted = os.environ.get("QT_API", "").lower()
    named = [name for name in _BINDINGS if name.lower() == wanted]
    for name in (*imported, *named, *_BINDINGS):
        try:
            importlib.import_module(f"{name}.QtWidgets")
        except ImportError:
            continue
        return name
    raise InstallError(
        "The panel needs Qt, and this Python has none of " + ", ".join(_BINDINGS),
        "A viewer with a window of its own",
        f"Use the commands (help «attn»), or install one: {tell_install('PyQt5')}",
    )


BINDING = _find_binding()
QtCore: Any = importlib.import_module(f"{BINDING}.QtCore")
QtGui: Any = importlib.import_module(f"{BINDING}.QtGui")
QtWidgets: Any = importlib.import_module(f"{BINDING}.QtWidgets")
Qt: Any = QtCore.Qt
Signal: Any = getattr(QtCore, "Signal", None) or QtCore.pyqtSignal


def event_point(event: Any) -> tuple[float, float]:
    """Where a mouse event is, in logical pixels of its widget."""
    point = event.position() if hasattr(event, "position") else event.pos()
    return float(point.x()), float(point.y())
