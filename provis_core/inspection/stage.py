"""What of the panel is shown in the viewer: its parts, called in the order in which one needs the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Literal, Protocol

import numpy as np

from ..actions.profile_options import PROFILE_PALETTE, PROFILES
from ..actions.work.profile import compute_profile_colors
from ..actions.work.relevance_scene import color_relevance, scale_relevance
from ..annotations.annotation import Annotation
from ..checkpoints.registry import ModelEntry
from ..errors import ProvisError
from ..scenes.coloring import needs_annotation
from ..scenes.draw_options import DrawOptions
from ..session.session import Session
from ..structures.chain import Chain
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .cylinders import Cylinders
from .knowledge import Knowledge
from .loading import Loader
from .painting import Painting
from .pointer import Pointer
from .readings import Readings
from .replay import Replay
from .site_show import SiteShow
from .state import PanelState
from .supply import HeadSupply

__all__ = ["Stage"]


class Scenery(Protocol):
    """What is looked at: the inspector, as far as the stage needs it."""

    state: PanelState
    readings: Readings

    @property
    def target(self) -> Target | None:
        """The chain."""

    @property
    def entry(self) -> ModelEntry:
        """The model."""


class Stage:
    """Draws the chosen heads, colours residues, selects them, shows the site, and writes the commands for it.

    Parameters
    ----------
    scenery : Scenery
        What is looked at now.
    session : Session
    supply : HeadSupply
    known : Knowledge
    loader : Loader
        Told what could not be shown.
    tell : callable
        Called with ``"drawing"`` when the heads have been drawn.

    Attributes
    ----------
    cylinders, painting, pointer, site_show
        The parts.
    replay : Replay
        Writes the commands that do the same.
    """

    def __init__(
        self,
        scenery: Scenery,
        session: Session[Viewer],
        supply: HeadSupply,
        known: Knowledge,
        loader: Loader,
        tell: Callable[[Literal["drawing"]], object],
    ) -> None:
        self._scenery, self._supply, self._known = scenery, supply, known
        self._loader, self._tell = loader, tell
        viewer = self._viewer = session.viewer
        self.cylinders, self.painting = Cylinders(viewer, supply), Painting(viewer)
        self.pointer, self.site_show = Pointer(viewer), SiteShow(session)
        self.replay = Replay(session)

    # -- another state ---------------------------------------------------------------------------------

    def begin(self, old: PanelState, before: Chain | None) -> None:
        """Give up what was shown of the last chain or model."""
        target, state = self._scenery.target, self._scenery.state
        self.painting.clear()
        self.cylinders.clear()
        if before is None or target is None or target.chain is not before:
            self.site_show.hide()
            if target is not None and state.box is None:  # a panel that is closed leaves what it selected
                self.pointer.show(target.chain, old.box, None)
            self.pointer.reset(target.chain if target is not None else None)
        self.cylinders.is_behind = target is not None
        self.paint()

    def follow(self, old: PanelState, changed: Set[str]) -> None:
        """Show what has changed of a state; the chain and the model are the same."""
        target, state, painted = self._scenery.target, self._scenery.state, self.painting.names
        if "box" in changed and target is not None:
            self.pointer.show(target.chain, old.box, state.box)
        if changed & {"heads", "head", "colored_by", "box"}:
            self.paint()
        if "colored_by" in changed and not self.painting.names:
            self.write_cleared(painted)
        if "site_shown" in changed and not state.site_shown:
            self.write_cleared(self.site_show.hide())
        if changed & {"heads", "head", "options"} or ("box" in changed and self.cylinders.edges):
            self.draw()
        elif "box" in changed:
            self._tell("drawing")

    def forget(self) -> None:
        """Leave what is shown to the user."""
        self.cylinders.forget()
        self.painting.forget()
        self.site_show.forget()

    def clear(self) -> list[str]:
        """Remove what is shown; returns the names."""
        self.replay.forget()
        if self._scenery.state.box is None:
            self.pointer.deselect(quiet=True)  # of a box before the panel was closed
        return [*self.cylinders.clear(), *self.painting.clear(), *self.site_show.hide()]

    # -- what is shown ---------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw the chosen heads, all together when all are there; ask for those that are not."""
        target, state, known = self._scenery.target, self._scenery.state, None
        if target is None:
            return
        self._supply.want(state.head, state.heads, state.options)
        try:
            known = self.find_color(state.options)
            self._loader.problems.pop("color", None)
        except ProvisError as error:  # the colours say "not known"
            self._loader.problems["color"] = str(error)
        self.cylinders.draw(target, state.heads, state.options, known, state.box)
        if not self.cylinders.is_behind:
            self._tell("drawing")

    def find_color(self, options: DrawOptions) -> Annotation | None:
        """What the colours of the cylinders are about; None where they are not about residues."""
        if not needs_annotation(options.color_by):
            return None
        return self._known.find(options.color_by, **options.annotation_options)

    def paint(self) -> None:
        """Colour the residues as it is chosen, once that is known."""
        target, state = self._scenery.target, self._scenery.state
        profile, found = self._scenery.readings.profile, self._scenery.readings.reasons.values
        if target is None or profile is None:
            return
        rgb = None
        if state.colored_by in PROFILES:
            values = getattr(profile, state.colored_by)
            rgb = compute_profile_colors(values, PROFILE_PALETTE, float(np.nanmax(values, initial=0.0)))
        elif state.colored_by and found is not None:
            rgb = color_relevance(found[0], scale_relevance([found[0]]))
        self.painting.paint(target.chain, rgb, state.box)

    def show_site(self) -> None:
        """Show the site as it is known now, if it is to be shown; draw what is coloured by it."""
        target, state = self._scenery.target, self._scenery.state
        if state.site_shown and target is not None:
            try:
                self.show_held_site(target)
                self._loader.problems.pop("overlay", None)
            except ProvisError as error:
                self.site_show.hide()
                self._loader.problems["overlay"] = str(error)
        if state.options.color_by == "site" and self.cylinders.edges:
            self.draw()
            self.write()

    def show_held_site(self, target: Target) -> None:
        """Show the site that is held; one that is on its way is shown when it comes.

        Raises
        ------
        ProvisError
            If there is none.
        """
        found = self._known.find_site(target)
        if found is not None:
            self.site_show.show(found, self._scenery.state.site)
            self.replay.write_site(target, self._scenery.state.site)

    def center(self, *residues: int) -> None:
        """Bring a residue of the chain to the middle of the view, or several into it."""
        if self._scenery.target is not None:
            self.pointer.center(self._scenery.target.chain, residues, zoom=len(residues) > 1)

    def write(self) -> None:
        """Write the commands that make what is drawn now, unless they were written last."""
        target = self._scenery.target
        if target is not None and self.cylinders.edges and not self.cylinders.is_behind:
            self.replay.write_drawing(target, self._scenery.state, self._scenery.entry)

    def write_cleared(self, names: Iterable[str]) -> None:
        """Write the commands that remove what was shown under some names."""
        for name in names:
            self._viewer.echo(f"«clear {name}»")
