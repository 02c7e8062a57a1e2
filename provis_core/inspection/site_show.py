"""The site as it is shown on the structure."""

from __future__ import annotations

from ..actions.overlay_options import OverlayOptions
from ..actions.work.property_overlay import show_property
from ..session.session import Session
from ..targets.properties import Found
from ..targets.sites import SiteChoice
from ..viewers.viewer import Viewer

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

    @property
    def names(self) -> tuple[str, ...]:
        """What ``provis_clear`` is told to remove it; empty where nothing is shown."""
        return self._names

    def show(self, found: Found, choice: SiteChoice) -> None:
        """Show a site that was found, in place of what was shown here.

        Nothing is read of the viewer.

        Parameters
        ----------
        found : Found
            Of one chain, or several linked ones.
        choice : SiteChoice
            What it was taken from.

        Raises
        ------
        StructureError
            If the chain is gone. What was shown stays.
        """
        viewer = self._session.viewer
        options = OverlayOptions(palette=self._session.settings.text("palette"))
        done = show_property(viewer, found.split(), choice.property, options)
        old, self._names = self._names, tuple(one.name for one in done if one.name)
        for name in set(old) - set(self._names):
            viewer.clear(name)

    def hide(self) -> tuple[str, ...]:
        """Show it no longer; returns the names of what was shown."""
        names, self._names = self._names, ()
        for name in names:
            self._session.viewer.clear(name)
        return names

    def forget(self) -> None:
        """Leave what is shown to the user."""
        self._names = ()
