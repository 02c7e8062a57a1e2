"""The panel."""

from __future__ import annotations

from provis_core.errors import InstallError
from provis_core.explorer import AttentionExplorer

__all__ = ["provis_panel"]


def provis_panel(explorer: AttentionExplorer, selection: str = "") -> None:
    """
    DESCRIPTION

        "provis_panel" opens the panel: all heads of a model at a glance,
        the attention map of one head linked with the structure both ways,
        profiles, binding sites, and a table of the pairs that are drawn.
        Everything that is done in it is written into the console as the
        command that does the same. Closing it leaves the drawing.

    USAGE

        provis_panel [ selection ]

    ARGUMENTS

        selection = string: atom selection; the chains that it touches can
        be chosen in the panel {default: all protein chains of the enabled
        objects}

    EXAMPLE

        fetch 1hpv, async=0
        provis_panel chain A

    NOTES

        The panel draws with matplotlib, which the Python of PyMOL must
        have. All other commands work without it.

    SEE ALSO

        provis_attn, provis_clear
    """
    if explorer.open_panel is None:
        raise InstallError(
            f"{explorer.viewer.name} has no panel here",
            "A viewer with a window is needed",
            "Use the commands: help provis_attn",
        )
    explorer.open_panel(selection)  # PyMOL would keep what a command gives
