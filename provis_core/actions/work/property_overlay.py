"""A property of residues that was found, shown on the structure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...annotations.annotators import find_annotator, type_options
from ...annotations.annotators.binding_sites import find_partner_rows, read_additives
from ...scenes.colors import CATEGORY_RGB, PROPERTY_COLORS, ROLES, compute_colors
from ...structures.nearest_atoms import compute_nearest_atoms
from ...structures.subject import Subject
from ...targets.properties import Found, Property
from ...viewers.viewer import Viewer
from ..overlay_options import OverlayOptions
from .overlay_report import describe_sites
from .overlays import Dashes, ShownOverlay, draw_or_clear

__all__ = ["show_property"]

_OTHERS: Final = "grey"

_SITE_FEATURES: Final = (
    "active_site",
    "binding_site",
    "calcium_binding",
    "metal_binding",
    "nucleotide_binding",
    "dna_binding",
    "zinc_finger",
    "site",
    "motif",
    "ptm",
)
"""UniProt features that are shown unless one is named; others may take the whole chain."""

_Rgb = tuple[float, float, float]


def show_property(
    viewer: Viewer,
    found: Sequence[Found],
    wanted: Property,
    options: OverlayOptions | None = None,
    *,
    quiet: bool = True,
) -> list[ShownOverlay]:
    """Show what was found of some chains; nothing is read.

    Parameters
    ----------
    viewer : Viewer
    found : sequence of Found
        Of single chains, with annotations.
    wanted : Property
        What was asked for.
    options : OverlayOptions, optional
    quiet : bool
        Leave out the report.

    Returns
    -------
    list of ShownOverlay
        One per chain.
    """
    options = options or OverlayOptions()
    rgb = viewer.read_color(options.color) if options.color else None
    items = [_choose_shown(one, wanted) for one in found]
    token = re.sub(r"\W+", "-", wanted.name or "selection").strip("-")
    names = viewer.object_names([item.subject.chain for item in items], token, options.name)
    colors = _choose_colors([item.groups for item in items], rgb)
    done = [
        _show(viewer, item, name, colors, options, _limits(items), wanted.options)
        for item, name in zip(items, names, strict=True)
    ]
    if options.sele:
        viewer.select_residues(options.sele, [(one.chain, one.residues) for one in done])
    if not quiet:
        for one, item in zip(done, items, strict=True):
            for line in describe_sites(viewer, one, item.notes, options):
                viewer.write(line)
    return done


@dataclass(frozen=True, eq=False)
class _Item:
    """What is shown of one chain.

    Attributes
    ----------
    subject : Subject
    inside : numpy.ndarray of bool, shape (n_residues,)
        What may be shown.
    annotations : tuple of Annotation
        The broadest first.
    notes : tuple of str
        Sentences beside those of the annotations.
    """

    subject: Subject
    inside: npt.NDArray[np.bool_]
    annotations: tuple[Annotation, ...]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[Annotation]:
        """The annotations that have a colour each: the parts of the broadest, or itself."""
        depth = min(item.name.count(":") for item in self.annotations)
        tops = [item for item in self.annotations if item.name.count(":") == depth]
        if len(tops) > 1:
            return tops
        parts = [
            item
            for item in self.annotations
            if item.name.count(":") == depth + 1 and item.name.startswith(f"{tops[0].name}:")
        ]
        return parts or tops


def _choose_shown(found: Found, wanted: Property) -> _Item:
    """Leave out features of UniProt that may take the whole chain, unless one is named."""
    annotations, inside = found.annotations, found.target.selected.inside
    if wanted.name.lower() != "uniprot":
        return _Item(found.subject, inside, annotations)
    kept = tuple(item for item in annotations if item.name.split(":")[1] in _SITE_FEATURES)
    left_out = [item.name for item in annotations if item not in kept]
    note = f"Not shown unless named («by=»): {', '.join(left_out)}"
    notes = (note,) if kept and left_out else ()
    return _Item(found.subject, inside, kept or annotations, notes)


def _choose_colors(groups: Sequence[Sequence[Annotation]], rgb: _Rgb | None) -> dict[str, tuple[str, _Rgb]]:
    """A colour for each name, the same on all chains."""
    names = list(dict.fromkeys(item.name for row in groups for item in row))
    free = iter(PROPERTY_COLORS)
    colors = {}
    for name in names:
        color = ROLES.get(name) or next(free, _OTHERS)
        colors[name] = (color, CATEGORY_RGB[color]) if rgb is None else ("", rgb)
    return colors


def _limits(found: Sequence[_Item]) -> tuple[float, float]:
    """Smallest and largest number on all chains."""
    rows = [item.annotations[0].values for item in found if item.annotations[0].is_numeric]
    values = np.concatenate([np.empty(0, dtype=np.float32), *rows])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _show(
    viewer: Viewer,
    item: _Item,
    name: str,
    colors: Mapping[str, tuple[str, _Rgb]],
    options: OverlayOptions,
    limits: tuple[float, float],
    given: Mapping[str, Any],
) -> ShownOverlay:
    chain, inside = item.subject.chain, item.inside
    is_numeric = item.annotations[0].is_numeric
    shows = options.shows("color" if is_numeric else "color+sticks")
    rgb = np.full((chain.n_residues, 3), np.nan, dtype=np.float32)
    shown = np.zeros(chain.n_residues, dtype=np.bool_)
    legend: list[tuple[str, str, int]] = []
    if is_numeric:
        values = item.annotations[0].values
        shown = np.isfinite(values) & inside
        rgb[shown] = compute_colors(values[shown], options.palette, *limits)
        words = f"{item.annotations[0].name} {limits[0]:.3g} to {limits[1]:.3g}"
        legend.append((options.palette, words, int(np.count_nonzero(shown))))
    else:
        for group in item.groups:
            values = group.values & inside
            color, painted = colors[group.name]
            rgb[values & ~shown] = painted  # the first group of a residue gives the colour
            shown |= values
            if values.any():
                legend.append((color or options.color, group.name, int(np.count_nonzero(values))))
    residues = np.flatnonzero(shown).tolist()
    shown_overlay = ShownOverlay(
        chain=chain,
        name=name,
        annotations=item.annotations,
        residues=tuple(residues),
        labels=tuple(chain.residue_label(index) for index in residues),
        legend=tuple(legend),
    )
    dashes = None
    if residues and "dashes" in shows:
        start, end, dash_rgb = dashes = _lead_to_partners(item, rgb, given)
        if options.top and len(start) > options.top:
            nearest = np.argsort(np.linalg.norm(end - start, axis=1), kind="stable")[: options.top]
            viewer.warn(
                f"{chain.label}: {len(start)} dashed lines, the shortest {options.top} are drawn («top=»)"
            )
            dashes = start[nearest], end[nearest], dash_rgb[nearest]
    return draw_or_clear(viewer, shown_overlay, shows, rgb, dashes)


def _lead_to_partners(item: _Item, rgb: npt.NDArray[np.float32], given: Mapping[str, Any]) -> Dashes:
    """Lines from the residues that are shown to what they bind, where the two are nearest."""
    subject, annotator = item.subject, find_annotator("site")
    assert subject.atoms is not None
    chain, atoms = subject.chain, subject.atoms
    values = {**annotator.defaults, **type_options(annotator, given)}
    distance = max(values["distance"], values["ion_distance"])
    starts, ends, colors = [], [], []
    for group in item.groups:
        targets = find_partner_rows(chain, atoms, group.name, additives=read_additives(values["additives"]))
        residues, start, end = compute_nearest_atoms(chain, atoms, targets, distance)
        kept = group.values[residues] & np.isfinite(rgb[residues, 0])
        starts.append(start[kept])
        ends.append(end[kept])
        colors.append(rgb[residues[kept]])
    return np.concatenate(starts), np.concatenate(ends), np.concatenate(colors)
