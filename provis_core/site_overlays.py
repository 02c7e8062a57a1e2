"""The use case behind ``provis_sites``: residues that bind something, or have another property."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .annotation import Annotation, Subject
from .annotations import compute_annotations, find_annotator
from .annotations.binding_sites import PARTNER_KINDS, find_partner_rows, read_additives
from .annotations.per_residue import compute_membership
from .colors import CATEGORY_RGB, compute_colors
from .errors import InputError, ProvisError
from .overlay_report import describe_sites
from .overlays import OverlayOptions, ShownOverlay, label_residues
from .parts import Part
from .scene import Overlay
from .structures.nearest_atoms import compute_nearest_atoms
from .structures.source_files import find_source_file
from .structures.structure_text import load_structure_text
from .viewer import Viewer

if TYPE_CHECKING:
    from .explorer import AttentionExplorer

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
_BROAD: Final = ("chain", "region", "domain", "helix", "strand", "turn", "repeat", "topological_domain")
"""UniProt features that take whole stretches of a chain: they are shown where they are named."""

_Rgb = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class _Found:
    """What is known about one chain."""

    part: Part
    subject: Subject
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


def show_sites(
    explorer: AttentionExplorer,
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
    explorer : AttentionExplorer
    selection : str
        In the viewer's language; empty for all enabled objects. Residues outside of it are not shown.
    by : str
        As in `provis_core.annotations.compute_annotations`; a kind of partner alone (``ligand``) means
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
    options, viewer = options or OverlayOptions(), explorer.viewer
    options.check()
    viewer.check_names(options.name, options.sele)
    rgb = viewer.read_color(options.color) if options.color else None
    given = dict(annotator_options or {})
    by = _check_property(by, site, given)
    shows = options.shows("color+sticks")
    if "dashes" in shows and by.split(":")[0] != "site":
        raise InputError(
            f"show={options.show} for {by or f'site={site}'}",
            "Dashed lines lead to what is bound: by=site, or a part of it, is needed",
            "Try show=color+sticks",
        )
    parts, skipped = explorer.read_parts(selection)
    chosen = _read_selection(viewer, site) if site else {}
    found: list[_Found] = []
    problems: list[ProvisError] = list(skipped)
    chains = [part.chain for part in parts]
    subjects = [Subject(chain) for chain in chains] if site else viewer.read_subjects(chains)
    for part, subject in zip(parts, subjects, strict=True):
        try:
            found.append(_annotate(part, subject, by, given, chosen, site))
        except ProvisError as error:
            problems.append(error)
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


def _check_property(by: str, site: str, given: Mapping[str, Any]) -> str:
    """The full name of a property, or nothing where a selection is it."""
    if site:
        if by or given:
            others = ", ".join([f"by={by}"] * bool(by) + [f"{name}={value}" for name, value in given.items()])
            raise InputError(
                f"site={site} together with {others}",
                "A selection is the property itself: there is nothing else to choose",
                "Leave out site=, or the others",
            )
        return ""
    by = by.strip() or "site"
    if by.split(":")[0].lower() in PARTNER_KINDS:
        by = f"site:{by}"
    annotator = find_annotator(by)
    if annotator.name == "contact":
        raise InputError(f"by={by}", "A property of residues is needed", "Show contacts with provis_contacts")
    if by.lower() == "amino_acid":
        raise InputError(
            "by=amino_acid",
            "An amino acid or a class is needed",
            "Try by=amino_acid:K or by=amino_acid:charged",
        )
    return by


def _read_selection(viewer: Viewer, site: str) -> dict[tuple[str, str, str], npt.NDArray[np.bool_]]:
    """Residues of a selection, by object, segment and chain."""
    return {_key(one.chain): one.inside for one in viewer.read_chains(site)}


def _key(chain: Any) -> tuple[str, str, str]:
    return (chain.object_name, chain.segment_id, chain.chain_id)


def _annotate(
    part: Part,
    subject: Subject,
    by: str,
    given: dict[str, Any],
    chosen: Mapping[tuple[str, str, str], npt.NDArray[np.bool_]],
    site: str,
) -> _Found:
    if not by:
        chain = subject.chain
        inside = chosen.get(_key(chain), np.zeros(chain.n_residues, dtype=np.bool_))
        found = compute_membership(chain, np.flatnonzero(inside).tolist(), name="selection", source=site)
        return _Found(part, subject, (found,))
    if "file" in given and "file" not in find_annotator(by).options:
        given = dict(given)
        subject = _add_file(subject, given.pop("file"))
    if by.lower().startswith("site:chain") and "kinds" not in given:
        given = {**given, "kinds": "chain"}
    annotations = compute_annotations(by, subject, **given)
    if by.lower() != "uniprot":
        return _Found(part, subject, annotations)
    kept = tuple(item for item in annotations if item.name.split(":")[1] not in _BROAD)
    left_out = [item.name for item in annotations if item not in kept]
    note = f"Not shown unless named (by=): {', '.join(left_out)}"
    return _Found(part, subject, kept or annotations, (note,) if kept and left_out else ())


def _add_file(subject: Subject, file: str) -> Subject:
    """The subject with what a structure file says that the viewer could not find by itself."""
    path = Path(file).expanduser()
    load_structure_text(path)  # says what is wrong with it
    found = find_source_file(subject.chain, [path])
    if found is None:
        raise InputError(
            f"{path.name} does not have the residues of {subject.chain.label}",
            "The structure file that the chain was loaded from is needed",
            "Give another file=, or leave it out",
        )
    return replace(subject, path=found[0], records=found[1])


def _choose_colors(groups: Sequence[Sequence[Annotation]], rgb: _Rgb | None) -> dict[str, tuple[str, _Rgb]]:
    """A colour for each name, the same on all chains."""
    names = list(dict.fromkeys(item.name for row in groups for item in row))
    free = iter(_COLORS)
    colors = {}
    for name in names:
        color = _KIND_COLORS.get(name) or next(free, _OTHERS)
        colors[name] = (color, CATEGORY_RGB[color]) if rgb is None else ("", rgb)
    return colors


def _limits(found: Sequence[_Found]) -> tuple[float, float]:
    """Smallest and largest number on all chains."""
    rows = [item.annotations[0].values for item in found if item.annotations[0].is_numeric]
    values = np.concatenate([np.empty(0, dtype=np.float32), *rows])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _show(
    viewer: Viewer,
    item: _Found,
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
                f"{chain.label}: {len(start)} dashed lines, the shortest {options.top} are drawn (top=)"
            )
            start, end, dash_rgb = start[nearest], end[nearest], dash_rgb[nearest]
    viewer.show_overlay(
        Overlay(
            name=name,
            chain=chain,
            rgb=rgb if "color" in shows else np.full_like(rgb, np.nan),
            sticks=shown if "sticks" in shows else np.zeros_like(shown),
            labels=label_residues(chain, residues) if "labels" in shows else {},
            dash_start=start,
            dash_end=end,
            dash_rgb=dash_rgb,
            carbons="sticks" in shows,
        )
    )
    return result


def _lead_to_partners(
    item: _Found, rgb: npt.NDArray[np.float32], given: Mapping[str, Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Lines from the residues that are shown to what they bind, where the two are nearest."""
    subject, defaults = item.subject, find_annotator("site").options
    assert subject.atoms is not None
    chain, atoms = subject.chain, subject.atoms
    values = {**defaults, **given}
    radius = max(float(values["radius"]), float(values["ion_radius"]))
    starts, ends, colors = [], [], []
    for group in item.groups:
        targets = find_partner_rows(chain, atoms, group.name, additives=read_additives(values["additives"]))
        residues, start, end = compute_nearest_atoms(chain, atoms, targets, radius)
        kept = group.values[residues] & np.isfinite(rgb[residues, 0])
        starts.append(start[kept])
        ends.append(end[kept])
        colors.append(rgb[residues[kept]])
    return np.concatenate(starts), np.concatenate(ends), np.concatenate(colors)
