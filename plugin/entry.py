"""Where a viewer comes in: importing this module registers the commands, `__init_plugin__` adds the menu."""

from __future__ import annotations

import atexit
from typing import Any

from ._adopt import adopt_core, stale_core

adopt_core()

from pymol import cmd  # noqa: E402

from provis_core.app import App  # noqa: E402 - after the core was adopted
from provis_core.session.settings import Settings  # noqa: E402

from .panel import PanelOpener, WindowOpener  # noqa: E402
from .viewers.pymol_commands import add_menu, register_commands  # noqa: E402
from .viewers.pymol_viewer import PymolViewer, find_window  # noqa: E402

__all__ = ["__init_plugin__", "app", "commands"]


app = App(PymolViewer(cmd), Settings())
"""What ProVis does in this PyMOL."""

app.open_panel = PanelOpener(app, find_window)

windows = WindowOpener(app, find_window)
"""Its windows beside the panel."""

commands = register_commands(cmd, app)
"""The commands as Python functions, by name."""

atexit.register(app.close)


def __init_plugin__(_window: Any = None) -> None:
    """Add the menu. PyMOL calls this with its window; without one there is no menu.

    After an upgrade PyMOL calls it again while the old version is still loaded: then the user is asked
    to start PyMOL anew, and the menu stays as it is.
    """
    from pymol import plugins

    stale = stale_core()
    if stale is not None:
        app.session.viewer.warn(str(stale).removeprefix("ProVis: "))
        return
    try:
        add_menu(plugins, cmd, windows)
    except plugins.QtNotAvailableError:
        return
