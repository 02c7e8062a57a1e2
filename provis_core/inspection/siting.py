"""The site that the user chooses: what it is taken from, and whether it is shown on the structure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..actions.overlays import OverlayOptions
from ..actions.sites import show_sites
from ..errors import ProvisError
from ..targets.sites import SiteChoice, read_site_arguments
from .showing import ShowingInspector
from .words import describe_heads, describe_sites, name_part

__all__ = ["SitingInspector"]


class SitingInspector(ShowingInspector):
    """The part of the inspector that is about the site."""

    _overlay: tuple[str, ...] = ()  # names of what shows the site on the structure, one per chain

    def choose_sites(self, source: str, **options: Any) -> None:
        """Take the site from somewhere else.

        Parameters
        ----------
        source : str
            A key of `site_sources`; ``selection`` takes what is selected in the viewer now.
        **options
            ``radius``, ``ion_radius``, ``kinds``, ``additives`` of ligands; ``path`` of a file, and
            the options of its annotator.

        Raises
        ------
        ProvisError
            If it cannot be taken from there. The site stays as it was.
        """
        part = self.need_part()
        if source == "selection":
            self.read_marks()
        residues = tuple(np.flatnonzero(self.marks).tolist()) if source == "selection" else ()
        chain = part.chain
        about = (chain.object_name, chain.segment_id, chain.chain_id)
        is_tied = source in ("selection", "file")
        self._known.choose(SiteChoice(source, options, residues, about if is_tied else ("", "", "")))
        if not self.is_site_shown:
            self._viewer.write(f" {self._describe_ranking('site')}")
        self._keep()

    def show_site(self, shown: bool) -> None:
        """Show the site on the structure, or no longer; it stays shown when another one is chosen.

        Raises
        ------
        ProvisError
            If there is no site to show.
        """
        self.need_part()
        if shown:
            self._show_overlay()
        elif self._overlay:
            for name in self._overlay:
                self._viewer.write(f" provis_clear {name}")
            self._drop_overlay()
        self.is_site_shown = shown
        self._events.tell("sites")
        self._keep()

    def _refresh_overlay(self) -> None:
        """Show the site as it is now, if it is to be shown."""
        if not self.is_site_shown or self.part is None:
            return
        try:
            self._show_overlay()
            self.loader.problems.pop("overlay", None)
        except ProvisError as error:
            self._drop_overlay()
            self.loader.problems["overlay"] = str(error)

    def _show_overlay(self) -> None:
        part, choice = self.need_part(), self._known.choice
        by, residues, given = read_site_arguments(choice)
        site = self._viewer.name_residues(part.chain, residues) if residues else ""
        options = OverlayOptions(palette=self.session.settings.text("palette"))
        done = show_sites(self.session, name_part(self._viewer, part), by, site, given, options)
        old, self._overlay = self._overlay, tuple(one.name for one in done if one.name)
        for name in set(old) - set(self._overlay):
            self._viewer.clear(name)
        self._viewer.write(f" {describe_sites(self._viewer, part, choice)}")

    def _drop_overlay(self) -> None:
        for name in self._overlay:
            self._viewer.clear(name)
        self._overlay = ()

    def _describe_ranking(self, annotation: str) -> str:
        """The command that scores all heads on a property."""
        return describe_heads(
            self._viewer,
            self.session.settings,
            self.need_part(),
            self.gaps,
            self.entry,
            annotation,
            self._known.choice,
            self.options.window,
        )
