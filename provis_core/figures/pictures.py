"""The pictures of one chain and one head, as the panel shows them and `provis_figure` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.arcs import Arcs
from ..attention.head_id import Head
from ..attention.profile import Profile
from ..errors import InputError, check_word
from ..targets.targets import Target
from .head_grid import HeadGrid
from .map_view import MapView, make_map_view
from .paper import Panel
from .profile_view import ProfileView
from .residue_axis import make_residue_axis
from .scales import SCALES
from .strips import Strip, make_secondary_strip, make_site_strip

__all__ = [
    "CONTACTS",
    "MAP_DIRECTIONS",
    "PICTURES",
    "STRUCTURE",
    "MapLook",
    "arrange_pictures",
    "make_shown_map",
    "make_shown_profile",
    "make_shown_relevance",
    "read_pictures",
]

PICTURES: Final = ("grid", "map", "profile")
"""What ``all`` is, in the order in which it stands in a figure."""

STRUCTURE: Final = "structure"
"""What only a viewer has; it stands first."""

MAP_DIRECTIONS: Final = ("directed", "max", "mean")

CONTACTS: Final = ("outline", "triangle", "none")

_N_NAMED: Final = 6  # residues that are named in a profile


@dataclass(frozen=True)
class MapLook:
    """What is chosen above the attention map.

    Attributes
    ----------
    scale : str
        One of `provis_core.figures.SCALES`.
    direction : str
        One of `MAP_DIRECTIONS`.
    contacts : str
        One of `CONTACTS`. A map that is not symmetric has outlines in place of a triangle.
    """

    scale: str = "linear"
    direction: str = "directed"
    contacts: str = "outline"

    def check(self) -> None:
        """Raise `InputError` unless each word is one that there is."""
        check_word("scale", self.scale, SCALES)
        check_word("direction", self.direction, MAP_DIRECTIONS)
        check_word("contacts", self.contacts, CONTACTS)


def read_pictures(what: str) -> tuple[str, ...]:
    """`STRUCTURE` and some of `PICTURES` out of words like ``map+profile`` or ``all``.

    Raises
    ------
    InputError
        If there is another word.
    """
    words = [word.strip() for word in what.lower().split("+")]
    if words == ["all"]:
        return PICTURES
    known = (STRUCTURE, *PICTURES)
    if not words or any(word not in known for word in words):
        raise InputError(
            f"«what={what}»", f"all, or some of {', '.join(known)} is needed", "Try «what=structure+map»"
        )
    return tuple(word for word in known if word in words)


def make_shown_map(
    target: Target,
    head: Head,
    values: npt.NDArray[np.float32] | Arcs,
    look: MapLook,
    contacts: Annotation | None = None,
    sites: Annotation | None = None,
    secondary: Sequence[Annotation] = (),
) -> MapView:
    """The attention map of one head.

    Parameters
    ----------
    target : Target
    head : HeadId or HeadSet
        0-based.
    values : numpy.ndarray of shape (n_positions, n_positions), or Arcs
        Of arcs there is no mean of both directions: the larger one is shown.
    look : MapLook
    contacts, sites : Annotation, optional
    secondary : sequence of Annotation
        Helix and strand.

    Returns
    -------
    MapView
    """
    direction, contacts_as = look.direction, look.contacts
    if isinstance(values, Arcs) and direction == "mean":
        direction = "max"
    if contacts_as == "triangle" and direction == "directed":
        contacts_as = "outline"
    return make_map_view(
        values,
        target.chain,
        target.sequence_map,
        head=head,
        direction=direction,
        scale=look.scale,
        contacts=contacts,
        contacts_as=contacts_as,
        strips=_make_strips(sites, secondary),
    )


def make_shown_profile(
    target: Target, profile: Profile, sites: Annotation | None = None, secondary: Sequence[Annotation] = ()
) -> ProfileView:
    """The attention that each residue receives and gives in one head; parameters as in `make_shown_map`."""
    given = profile.given.astype(np.float32) if np.isfinite(profile.given).any() else None
    top = tuple(int(index) for index in profile.top[:_N_NAMED])
    strips = tuple(_make_strips(sites, secondary))
    return ProfileView(
        make_residue_axis(target.chain), profile.received.astype(np.float32), given, strips, top
    )


def make_shown_relevance(
    target: Target,
    residues: npt.NDArray[np.float64],
    head: npt.NDArray[np.float64],
    name: str,
    sites: Annotation | None = None,
    secondary: Sequence[Annotation] = (),
    why: str = "",
) -> ProfileView:
    """The relevance of each residue for something, and the part through a head, both (n_residues,)."""
    sizes = np.where(np.isfinite(residues), np.abs(residues), 0.0)
    order = np.argsort(-sizes, kind="stable")[:_N_NAMED]
    return ProfileView(
        make_residue_axis(target.chain),
        residues.astype(np.float32),
        head.astype(np.float32),
        tuple(_make_strips(sites, secondary)),
        tuple(int(k) for k in order if sizes[k] > 0),
        head=name,
        why=why,
    )


def _make_strips(sites: Annotation | None, secondary: Sequence[Annotation]) -> list[Strip]:
    strips = [make_site_strip(sites)] if sites is not None else []
    return [*strips, make_secondary_strip(secondary)] if secondary else strips


def arrange_pictures(
    grid: HeadGrid | None,
    attention_map: MapView | None,
    profile: ProfileView | None,
    *,
    heads: Sequence[Head],
    palette: str,
    marks: npt.NDArray[np.bool_] | None = None,
    rows: tuple[int, int] | None = None,
    columns: tuple[int, int] | None = None,
    title: str = "",
) -> list[Panel]:
    """Put pictures in order; a wide figure has grid and map beside each other, a column all in one row each.

    Parameters
    ----------
    grid : HeadGrid, optional
    attention_map : MapView, optional
    profile : ProfileView, optional
    heads : sequence of HeadId or HeadSet
        Outlined in the grid, the chosen one first.
    palette : str
        Of the map.
    marks : numpy.ndarray of bool, shape (n_residues,), optional
        Residues that light up.
    rows, columns : (int, int), optional
        First and last residue index of what is visible of the map; all by default.
    title : str
        Above map and profile: model, head and chain. On the screen other parts of the window say that.

    Returns
    -------
    list of Panel
        As `provis_core.figures.save_figure` takes them.
    """
    marks = marks if marks is not None and marks.any() else None
    panels: list[Panel] = []
    if grid is not None:
        panels.append(Panel(grid, heads=tuple(heads)))
    if attention_map is not None:
        shown = replace(attention_map, title=title)
        panels.append(Panel(shown, palette=palette, marks=marks, x=_limits(columns), y=_limits(rows)))
    if profile is not None:
        about = f"{title}, relevance for {profile.why}" if title and profile.why else title
        panels.append(Panel(replace(profile, title=about), marks=marks))
    return panels


def _limits(ends: tuple[int, int] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0] - 0.5, ends[1] + 0.5)
