"""Where a viewer comes in: importing this module registers the commands, `__init_plugin__` adds the menu."""

from __future__ import annotations

import atexit
from typing import Any

from ._adopt import adopt_core, stale_core

adopt_core()

from pymol import cmd  # noqa: E402

from provis_core.actions.explorer import AttentionExplorer  # noqa: E402 - after the core was adopted
from provis_core.session.settings import Settings  # noqa: E402
from provis_core.worker.host.client import WorkerClient  # noqa: E402

from .panel import PanelOpener  # noqa: E402
from .viewers.pymol_commands import add_menu, register_commands  # noqa: E402
from .viewers.pymol_viewer import PymolViewer, find_window  # noqa: E402

__all__ = ["__init_plugin__", "commands", "explorer"]


def _make_worker(settings: Settings) -> WorkerClient:
    return WorkerClient(
        settings.text("worker_python") or None,
        threads=int(settings.number("threads")) or None,
        model_memory_gb=settings.number("model_memory_gb") or None,
        cache_limit_gb=settings.number("cache_limit_gb"),
    )


explorer = AttentionExplorer(PymolViewer(cmd), _make_worker, Settings())
"""What ProVis does in this PyMOL."""

explorer.open_panel = PanelOpener(explorer, find_window)

commands = register_commands(cmd, explorer)
"""The commands as Python functions, by name."""

atexit.register(explorer.close)


def __init_plugin__(app: Any = None) -> None:
    """Add the menu. PyMOL calls this with its window; without one there is no menu.

    After an upgrade PyMOL calls it again while the old version is still loaded: then the user is asked
    to start PyMOL anew, and the menu stays as it is.
    """
    from pymol import plugins

    stale = stale_core()
    if stale is not None:
        explorer.viewer.warn(str(stale).removeprefix("ProVis: "))
        return
    try:
        add_menu(plugins, cmd)
    except plugins.QtNotAvailableError:
        return
