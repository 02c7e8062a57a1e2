"""The commands that do what was done in the panel, written as it is done."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from ..attention.head_id import HeadId
from ..checkpoints.registry import ModelEntry
from ..figures.grids import DEFAULT_METRIC, RANKED
from ..scenes.draw_options import choose_look
from ..session.session import Session
from ..session.settings import SETTINGS
from ..targets.sites import name_site_color
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .state import PanelState
from .words import describe_attn, describe_figure, describe_heads, describe_panel, describe_profile

__all__ = ["Replay"]


class Replay:
    """Writes commands where the user reads.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session[Viewer]) -> None:
        self._viewer, self._settings = session.viewer, session.settings
        self._written: tuple[str, ...] = ()  # of the drawing that was written last

    def forget(self) -> None:
        """Nothing is drawn any more: the same drawing is written anew."""
        self._written = ()

    def describe_drawing(self, target: Target, state: PanelState, entry: ModelEntry) -> list[str]:
        """The commands that make the drawing, one per head."""
        return [self._describe_head(target, state, entry, head) for head in state.heads]

    def write_drawing(self, target: Target, state: PanelState, entry: ModelEntry) -> None:
        """Write the commands that make the drawing and its colours, but not those that were written last."""
        lines, window = self.describe_drawing(target, state, entry), state.window
        if state.colored_by and not (window and state.colored_by == "given"):
            lines.append(
                describe_profile(
                    self._viewer,
                    self._settings,
                    target,
                    state.gaps,
                    entry,
                    state.head,
                    state.colored_by,
                    window,
                )
            )
        for line in lines:
            if line not in self._written:
                self._viewer.echo(line)
        self._written = tuple(lines)

    def write_metric(self, target: Target, state: PanelState, entry: ModelEntry) -> None:
        """Write the command that shows a metric in the grid."""
        window = state.window
        line = describe_panel(self._viewer, self._settings, target, state.gaps, entry, state.metric, window)
        self._viewer.echo(line)

    def write_ranking(self, target: Target, state: PanelState, entry: ModelEntry, annotation: str) -> None:
        """Write the command that scores all heads on a property."""
        window = state.window
        line = describe_heads(
            self._viewer, self._settings, target, state.gaps, entry, annotation, state.site, window
        )
        self._viewer.echo(line)

    def describe_figure(
        self,
        target: Target,
        state: PanelState,
        entry: ModelEntry,
        marks: npt.NDArray[np.bool_],
        path: str | os.PathLike[str],
        **options: object,
    ) -> str:
        """The command that writes a figure of what is looked at, with options of ``provis_figure``."""
        viewer, palette = self._viewer, state.options.palette
        options["metric"] = "" if state.metric in (DEFAULT_METRIC, RANKED.name) else state.metric
        options["others"] = "+".join(head.label for head in state.heads if head != state.head)
        is_own = palette == SETTINGS["palette"].default and not self._settings.is_changed("palette")
        options["palette"] = "" if is_own else palette
        options["window"] = state.window
        for name in ("rows", "columns"):
            if (ends := options.get(name)) is not None:
                assert isinstance(ends, tuple)
                options[name] = viewer.name_residues(target.chain, list(range(ends[0], ends[1] + 1)))
        marked = np.flatnonzero(marks).tolist()
        options["mark"] = viewer.name_residues(target.chain, marked) if marked else ""
        given = [(name, value) for name, value in options.items() if value not in ("", None, 0)]
        return describe_figure(
            viewer,
            self._settings,
            target,
            state.gaps,
            entry,
            state.head,
            os.fspath(path),
            state.site,
            given,
        )

    def _describe_head(self, target: Target, state: PanelState, entry: ModelEntry, head: HeadId) -> str:
        options = name_site_color(choose_look(state.heads, head, state.options), state.site)
        return describe_attn(
            self._viewer, self._settings, target, state.gaps, entry, head, options, state.window
        )
