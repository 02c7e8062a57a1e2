"""Residues that bind something, or have another property, shown."""

from __future__ import annotations

from ...errors import InputError
from ...session.session import Session
from ...targets.scope import Scope
from ...viewers.viewer import Viewer
from ..overlay_options import SiteOptions
from .overlays import ShownOverlay
from .property_overlay import show_property

__all__ = ["show_sites"]


def show_sites(session: Session[Viewer], options: SiteOptions) -> list[ShownOverlay]:
    """Show a property of residues on every chain of a selection.

    Parameters
    ----------
    session : Session
    options : SiteOptions

    Returns
    -------
    list of ShownOverlay
        One per chain about which something is known.

    Raises
    ------
    ProvisError
        If an option is not usable, or nothing can be told of any chain. Nothing has been changed then.
    """
    viewer = session.viewer
    options.check()
    viewer.check_names(options.name, options.sele)
    wanted = options.choose_property()
    if "dashes" in options.shows("color+sticks") and wanted.name.split(":")[0] != "site":
        raise InputError(
            f"«show={options.show}» for {wanted.name or f'«site={options.site}»'}",
            "Dashed lines lead to what is bound: «by=site», or a part of it, is needed",
            "Try «show=color+sticks»",
        )
    if options.color:
        viewer.read_color(options.color)  # before anything is computed
    targets, skipped = Scope(options.selection).read(viewer)
    found = wanted.find(viewer, targets)
    for problem in (*skipped, *(one.error for one in found if one.error is not None)):
        viewer.warn(str(problem))
    known = [one for one in found if one.annotations]
    return show_property(viewer, known, wanted, options, quiet=options.quiet)
