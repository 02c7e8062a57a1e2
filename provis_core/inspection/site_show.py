"""The site as it is shown on the structure."""

from __future__ import annotations

from ..actions.overlays import OverlayOptions
from ..actions.sites import show_sites
from ..session.session import Session
from ..targets.sites import SiteChoice, read_site_arguments
from ..targets.targets import Part
from ..viewers.viewer import Viewer
from .words import describe_sites, name_part

__all__ = ["SiteShow"]


class SiteShow:
    """The overlay of the site of one chain.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session[Viewer]) -> None:
        self._session = session
        self._names: tuple[str, ...] = ()  # one per chain

    def show(self, part: Part, choice: SiteChoice) -> None:
        """Show the site, in place of what was shown here, and write the command that does it.

        Raises
        ------
        ProvisError
            If there is no site to show. What was shown stays.
        """
        viewer = self._session.viewer
        by, residues, given = read_site_arguments(choice)
        site = viewer.name_residues(part.chain, residues) if residues else ""
        options = OverlayOptions(palette=self._session.settings.text("palette"))
        done = show_sites(self._session, name_part(viewer, part), by, site, given, options)
        old, self._names = self._names, tuple(one.name for one in done if one.name)
        for name in set(old) - set(self._names):
            viewer.clear(name)
        viewer.write(f" {describe_sites(viewer, part, choice)}")

    def hide(self) -> tuple[str, ...]:
        """Show it no longer; returns the names of what was shown."""
        names, self._names = self._names, ()
        for name in names:
            self._session.viewer.clear(name)
        return names

    def forget(self) -> None:
        """Leave what is shown to the user."""
        self._names = ()
