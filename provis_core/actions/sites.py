"""The use case behind ``provis_sites``: residues that bind something, or have another property."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import find_annotator, read_options
from ..annotations.annotators.binding_sites import find_partner_rows, read_additives
from ..errors import InputError
from ..scenes.colors import CATEGORY_RGB, compute_colors
from ..scenes.scene import Overlay
from ..session.session import Session
from ..structures.nearest_atoms import compute_nearest_atoms
from ..targets.known_properties import KnownProperty, check_property, find_property
from ..targets.scope import Scope
from ..viewers.viewer import Viewer
from .overlay_report import describe_sites
from .overlays import OverlayOptions, ShownOverlay, label_residues

__all__ = ["show_sites"]

_KIND_COLORS: Final = {
    "site:ligand": "orange",
    "site:ion": "purple",
    "site:nucleic": "yellow",
    "site:peptide": "sky blue",
    "site:chain": "blue",
}
_COLORS: Final = ("orange", "sky blue", "purple", "yellow", "blue", "red")
_OTHERS: Final = "grey"

_Rgb = tuple[float, float, float]


def show_sites(
    session: Session[Viewer],
    selection: str = "",
    by: str = "",
    site: str = "",
    annotator_options: Mapping[str, Any] | None = None,
    options: OverlayOptions | None = None,
    *,
    quiet: bool = True,
) -> list[ShownOverlay]:
    """Show a property of residues on every chain of a selection.

    Parameters
    ----------
    session : Session
    selection : str
        In the viewer's language; empty for all enabled objects. Residues outside of it are not shown.
    by : str
        As in `compute_annotations`; a kind of partner alone (``ligand``) means
        ``site:ligand``; empty for ``site``.
    site : str
        A selection in the viewer's language that is the property itself; empty for `by`.
    annotator_options : mapping of str to object
        Of the annotator.
    options : OverlayOptions
    quiet : bool
        Leave out the report.

    Returns
    -------
    list of ShownOverlay
        One per chain about which something is known.

    Raises
    ------
    ProvisError
        If an option is not usable, or nothing can be told of any chain. Nothing has been changed then.
    """
    options, viewer = options or OverlayOptions(), session.viewer
    options.check()
    viewer.check_names(options.name, options.sele)
    rgb = viewer.read_color(options.color) if options.color else None
    given = dict(annotator_options or {})
    by = check_property(by, site, given)
    shows = options.shows("color+sticks")
    if "dashes" in shows and by.split(":")[0] != "site":
        raise InputError(
            f"«show={options.show}» for {by or f'«site={site}»'}",
            "Dashed lines lead to what is bound: «by=site», or a part of it, is needed",
            "Try «show=color+sticks»",
        )
    parts, skipped = Scope(selection).read(viewer)
    found, problems = find_property(viewer, parts, by, site, given)
    problems = [*skipped, *problems]
    if not found:
        raise problems[0]
    for problem in problems:
        viewer.warn(str(problem))
    token = re.sub(r"\W+", "-", by or "selection").strip("-")
    names = viewer.object_names([item.subject.chain for item in found], token, options.name)
    colors = _choose_colors([item.groups for item in found], rgb)
    done = [
        _show(viewer, item, name, colors, options, _limits(found), given)
        for item, name in zip(found, names, strict=True)
    ]
    if options.sele:
        viewer.select_residues(options.sele, [(one.chain, one.residues) for one in done])
    if not quiet:
        for one, item in zip(done, found, strict=True):
            for line in describe_sites(viewer, one, item.notes, options):
                viewer.write(line)
    return done


def _choose_colors(groups: Sequence[Sequence[Annotation]], rgb: _Rgb | None) -> dict[str, tuple[str, _Rgb]]:
    """A colour for each name, the same on all chains."""
    names = list(dict.fromkeys(item.name for row in groups for item in row))
    free = iter(_COLORS)
    colors = {}
    for name in names:
        color = _KIND_COLORS.get(name) or next(free, _OTHERS)
        colors[name] = (color, CATEGORY_RGB[color]) if rgb is None else ("", rgb)
    return colors


def _limits(found: Sequence[KnownProperty]) -> tuple[float, float]:
    """Smallest and largest number on all chains."""
    rows = [item.annotations[0].values for item in found if item.annotations[0].is_numeric]
    values = np.concatenate([np.empty(0, dtype=np.float32), *rows])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _show(
    viewer: Viewer,
    item: KnownProperty,
    name: str,
    colors: Mapping[str, tuple[str, _Rgb]],
    options: OverlayOptions,
    limits: tuple[float, float],
    given: Mapping[str, Any],
) -> ShownOverlay:
    chain, inside = item.subject.chain, item.part.selected.inside
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
    result = ShownOverlay(
        chain=chain,
        name=name,
        annotations=item.annotations,
        residues=tuple(residues),
        labels=tuple(chain.residue_label(index) for index in residues),
        legend=tuple(legend),
    )
    if not residues:
        return replace(result, name="", removed=name if viewer.clear(name) else "")
    start = end = dash_rgb = np.empty((0, 3), dtype=np.float32)
    if "dashes" in shows:
        start, end, dash_rgb = _lead_to_partners(item, rgb, given)
        if options.top and len(start) > options.top:
            nearest = np.argsort(np.linalg.norm(end - start, axis=1), kind="stable")[: options.top]
            viewer.warn(
                f"{chain.label}: {len(start)} dashed lines, the shortest {options.top} are drawn («top=»)"
            )
            start, end, dash_rgb = start[nearest], end[nearest], dash_rgb[nearest]
    viewer.show_overlay(
        Overlay(
            name=name,
            chain=chain,
            rgb=rgb if "color" in shows else np.full_like(rgb, np.nan),
            sticks=shown if "sticks" in shows else np.zeros_like(shown),
            labels=label_residues(viewer, chain, residues) if "labels" in shows else {},
            dash_start=start,
            dash_end=end,
            dash_rgb=dash_rgb,
            carbons="sticks" in shows,
        )
    )
    return result


def _lead_to_partners(
    item: KnownProperty, rgb: npt.NDArray[np.float32], given: Mapping[str, Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Lines from the residues that are shown to what they bind, where the two are nearest."""
    subject, annotator = item.subject, find_annotator("site")
    assert subject.atoms is not None
    chain, atoms = subject.chain, subject.atoms
    values = {**annotator.defaults, **read_options(annotator, given)}
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
