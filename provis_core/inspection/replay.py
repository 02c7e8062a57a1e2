"""The commands that do what was done in the panel, written as it is done.

What was chosen is turned into the options of a command; the line follows from how the command is declared.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..actions import find_command
from ..actions.attention_options import ExportOptions
from ..actions.figure_options import FigureOptions
from ..attention.arcs import MIN_ATTN
from ..attention.head_id import Head, HeadSet
from ..checkpoints.registry import ModelEntry
from ..commands.declaration import options_of
from ..commands.line import line
from ..figures.grids import DEFAULT_METRIC, RANKED
from ..figures.relevance_grids import is_relevance
from ..scenes.draw_options import DrawOptions, choose_look
from ..session.session import Session
from ..session.settings import SETTINGS
from ..targets.sites import SiteChoice, ask_site, name_site_color
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .state import RELEVANCE, PanelState

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

    def list_commands(self, target: Target, state: PanelState, entry: ModelEntry) -> list[str]:
        """Return the commands that make the drawing, one per head.

        What is the default is left out, unless the user has another one: the line is good anywhere.
        """
        scope, lines = self._scope(target, state, entry), []
        for head in state.heads:
            look = name_site_color(choose_look(state.heads, head, state.options), state.site)
            drawn = {name: getattr(look, name) for name in options_of(DrawOptions)}
            asked = {**drawn, **scope, **_place(head), "name": "", "sele": ""}
            lines.append(self._line("attn", asked, self._settings.is_changed))
        return lines

    def write_drawing(self, target: Target, state: PanelState, entry: ModelEntry) -> None:
        """Write the commands that make the drawing and its colours, but not those that were written last."""
        lines = self.list_commands(target, state, entry)
        if state.colored_by == RELEVANCE:
            scope = self._scope(target, state, entry)
            lines.append(self._line("explain", {**scope, "window": 0, "target": state.why}))
        elif state.colored_by and not (state.window and state.colored_by == "given"):
            asked = {**self._scope(target, state, entry), **_place(state.head), "which": state.colored_by}
            lines.append(self._line("profile", asked))
        for one in lines:
            if one not in self._written:
                self._viewer.echo(one)
        self._written = tuple(lines)

    def write_metric(self, target: Target, state: PanelState, entry: ModelEntry) -> None:
        """Write the command that shows a metric in the grid."""
        metric = "" if state.metric == RANKED.name else state.metric
        asked = {**self._scope(target, state, entry), "metric": metric, "min_attn": _counted(state)}
        asked |= {"gaps": "" if state.gaps == "auto" else state.gaps, "window": state.window or None}
        if is_relevance(metric):
            asked["target"] = state.why
        self._viewer.echo(self._line("panel", asked))

    def write_ranking(self, target: Target, state: PanelState, entry: ModelEntry, annotation: str) -> None:
        """Write the command that scores all heads on a property, or on the chosen site."""
        asked: dict[str, Any] = {"by": annotation}
        if annotation == "site":
            asked = ask_site(self._viewer, target.chain, state.site)
            asked["by"] = asked["by"] or ("" if asked["site"] else "site")
        asked |= {**self._scope(target, state, entry), "min_attn": state.counted}
        self._viewer.echo(self._line("heads", asked))

    def describe_site(self, target: Target, choice: SiteChoice) -> str:
        """Return the command that shows a site."""
        asked = {"selection": self._name(target), **ask_site(self._viewer, target.chain, choice)}
        return self._line("sites", {**asked, "distance": asked["given"].pop("distance", None)})

    def write_site(self, target: Target, choice: SiteChoice) -> None:
        """Write the command that shows a site."""
        self._viewer.echo(self.describe_site(target, choice))

    def ask_figure(
        self,
        target: Target,
        state: PanelState,
        entry: ModelEntry,
        marks: npt.NDArray[np.bool_],
        path: str | os.PathLike[str],
        **options: object,
    ) -> FigureOptions:
        """Return what is asked of ``provis_figure`` for a figure of what is looked at."""
        palette, site = state.options.palette, ask_site(self._viewer, target.chain, state.site)
        if state.site.source == "file":
            site["by"] = ""
        options["metric"] = "" if state.metric in (DEFAULT_METRIC, RANKED.name) else state.metric
        options["target"] = state.why if is_relevance(state.metric) else ""
        options["min_attn"] = _counted(state)
        options["others"] = "+".join(
            one.label for head in state.heads if head != state.head for one in head.heads
        )
        is_own = palette == SETTINGS["palette"].default and not self._settings.is_changed("palette")
        options["palette"] = "" if is_own else palette
        for name in ("rows", "columns"):
            if (ends := options.get(name)) is not None:
                assert isinstance(ends, tuple)
                options[name] = self._viewer.name_residues(target.chain, list(range(ends[0], ends[1] + 1)))
        marked = np.flatnonzero(marks).tolist()
        options["mark"] = self._viewer.name_residues(target.chain, marked) if marked else ""
        given = {name: value for name, value in options.items() if value not in ("", None, 0)}
        asked = {**self._scope(target, state, entry), **site, **_place(state.head), **given}
        return FigureOptions(**{**asked, "filename": os.fspath(path)})

    def ask_export(self, target: Target, state: PanelState, entry: ModelEntry) -> ExportOptions:
        """Return what is asked of ``provis_export`` for the pairs of the chosen head."""
        look = name_site_color(choose_look(state.heads, state.head, state.options), state.site)
        drawn = {name: getattr(look, name) for name in (*options_of(DrawOptions), "max_pairs")}
        asked = {**drawn, **self._scope(target, state, entry), **_place(state.head), "name": "", "sele": ""}
        return ExportOptions(**asked)

    def describe_figure(self, options: FigureOptions) -> str:
        """Return the command that writes a figure."""
        return line(find_command("figure"), options, self._viewer.dialect)

    def _line(
        self, name: str, asked: dict[str, Any], is_changed: Callable[[str], bool] = lambda _: False
    ) -> str:
        command = find_command(name)
        return line(command, command.options(**asked), self._viewer.dialect, is_changed)

    def _name(self, target: Target) -> str:
        return self._viewer.name_residues(target.chain, target.selected.residues)

    def _scope(self, target: Target, state: PanelState, entry: ModelEntry) -> dict[str, Any]:
        """The fields of `Scope` for what is looked at; the model where it is not everybody's."""
        model = entry.address
        is_needed = self._settings.is_changed("model") or model != SETTINGS["model"].default
        return {
            "selection": self._name(target),
            "model": model if is_needed else "",
            "gaps": state.gaps,
            "link": bool(target.chain.members),
            "window": state.window,
        }


def _counted(state: PanelState) -> float | None:
    """From which weight on pairs count in the grid; None for what everybody has."""
    return state.counted if state.counted != MIN_ATTN else None


def _place(head: Head) -> dict[str, Any]:
    if isinstance(head, HeadSet):
        return {"heads": head.asked or head.label}
    return {"layer": head.layer + 1, "head": head.head + 1}
