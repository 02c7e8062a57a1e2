"""The use case behind ``provis_sites``: residues that bind something, or have another property."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import (
    find_annotator,
    property_names,
    property_options,
    read_options,
)
from ..annotations.annotators.binding_sites import (
    PARTNER_KINDS,
    check_distance,
    find_partner_rows,
    read_additives,
)
from ..commands.declaration import Command, option
from ..errors import InputError
from ..scenes.colors import CATEGORY_RGB, compute_colors
from ..scenes.scene import Overlay
from ..session.session import Session
from ..structures.nearest_atoms import compute_nearest_atoms
from ..structures.subject import Subject
from ..targets.properties import Found, Property
from ..targets.scope import Scope
from ..viewers.viewer import Viewer
from ._asking import Asker, PropertyOptions, Quiet
from .overlay_report import describe_sites
from .overlays import OverlayOptions, ShownOverlay, label_residues

__all__ = ["COMMAND", "SiteOptions", "show_property", "show_sites"]

_KIND_COLORS: Final = {
    "site:ligand": "orange",
    "site:ion": "purple",
    "site:nucleic": "yellow",
    "site:peptide": "sky blue",
    "site:chain": "blue",
}
_COLORS: Final = ("orange", "sky blue", "purple", "yellow", "blue", "red")
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
    wanted = _ask(by, site, dict(annotator_options or {}))
    if "dashes" in options.shows("color+sticks") and wanted.name.split(":")[0] != "site":
        raise InputError(
            f"«show={options.show}» for {wanted.name or f'«site={site}»'}",
            "Dashed lines lead to what is bound: «by=site», or a part of it, is needed",
            "Try «show=color+sticks»",
        )
    if options.color:
        viewer.read_color(options.color)  # before anything is computed
    targets, skipped = Scope(selection).read(viewer)
    found = wanted.find(viewer, targets)
    for problem in (*skipped, *(one.error for one in found if one.error is not None)):
        viewer.warn(str(problem))
    return show_property(viewer, [one for one in found if one.annotations], wanted, options, quiet=quiet)


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


def _ask(by: str, site: str, given: dict[str, Any]) -> Property:
    """The property that is meant; `InputError` where it is none of residues."""
    file = str(given.pop("file", ""))
    wanted = Property(by.strip() if site else by.strip() or "site", site, file, given)
    wanted.check()
    if wanted.by and find_annotator(wanted.name).name == "contact":
        raise InputError(f"«by={by}»", "A property of residues is needed", "Show contacts with «contacts»")
    if wanted.by.lower() == "amino_acid":
        raise InputError(
            "«by=amino_acid»",
            "An amino acid or a class is needed",
            "Try «by=amino_acid:K» or «by=amino_acid:charged»",
        )
    return wanted


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
    free = iter(_COLORS)
    colors = {}
    for name in names:
        color = _KIND_COLORS.get(name) or next(free, _OTHERS)
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
    item: _Item, rgb: npt.NDArray[np.float32], given: Mapping[str, Any]
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


def _site_names() -> list[str]:
    return [*PARTNER_KINDS, *(name for name in property_names() if name != "contact")]


@dataclass(frozen=True)
class SiteOptions(OverlayOptions, PropertyOptions, Quiet):
    """Which property, and how it is shown."""

    selection: str = option(
        "",
        "residues outside of it are not shown",
        kind="selection",
        shown="all protein chains of the enabled objects",
        is_bare=True,
    )
    by: str = option(
        "",
        "site, or a part of it: ligand, ion, nucleic, peptide, chain, ligand:HEM, chain:B; or another "
        "property "
        "or a part of one: site_record (SITE of the file), uniprot:active_site, amino_acid:charged",
        values=_site_names,
        shown="site, which is ligand, ion, nucleic and peptide",
    )
    distance: float | None = option(
        None,
        "a residue is of a site if one of its heavy atoms is within so many Å of what it binds",
        shown="4",
    )
    file: str = option(
        "",
        "the file of «by=uniprot», table or helix; or the structure file, for site_record and ptm, where the "
        "viewer cannot tell which it was",
        kind="file",
    )

    @property
    def annotator_options(self) -> dict[str, Any]:
        """Those that were given."""
        near = {} if self.distance is None else {"distance": self.distance}
        return {**near, **super().annotator_options}


def _show_property(app: Asker, options: SiteOptions) -> list[ShownOverlay]:
    given = options.annotator_options
    for word in ("distance", "ion_distance"):
        if word in given:
            check_distance(read_options(find_annotator("site"), {word: given[word]})[word], word)
    return show_sites(
        app.session, options.selection, options.by, options.site, given, options, quiet=options.quiet
    )


COMMAND: Final = Command(
    "sites",
    "shows residues that bind something, or have another property",
    SiteOptions,
    run=_show_property,
    about="shows residues that bind something, or have another property, on the structure, and prints them. "
    "«clear» gives the structure back its own colours and sticks.",
    places=("selection", "by", "distance", "show", "color"),
    extras=property_options,
    examples=(
        "«sites»",
        "«sites chain A, by=ligand:HEM, distance=4.5, sele=pocket»",
        "«sites chain A, by=chain:B, show=color»",
        "«sites chain A, by=uniprot:binding_site, file=P69905.txt»",
    ),
    see_also=("contacts", "attn", "heads", "clear"),
)
