"""ProVis as a bundle of ChimeraX: what ChimeraX asks for by the metadata that `wheel` writes.

Nothing but this is imported until a command is given or the panel is opened.
"""

from __future__ import annotations

from typing import Any

from chimerax.core.toolshed import BundleAPI

__all__ = ["bundle_api"]


class _ProvisBundle(BundleAPI):  # type: ignore[misc]
    api_version = 1

    @staticmethod
    def register_command(_bundle: Any, command: Any, logger: Any) -> None:
        """Make a command known; ChimeraX calls this when it is first typed."""
        from .shell import find_app, register_command

        register_command(command.name, find_app, logger)

    @staticmethod
    def start_tool(session: Any, _bundle: Any, _tool: Any) -> Any:
        """Open the panel: menu Tools."""
        from .shell import open_panel

        return open_panel(session)

    @staticmethod
    def run_provider(session: Any, *_names: Any, **_options: Any) -> None:
        """Do what the button of the toolbar does."""
        from chimerax.core.commands import run

        run(session, "provis panel")


bundle_api = _ProvisBundle()
