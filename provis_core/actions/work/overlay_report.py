"""What the console says about overlays."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from ...viewers.viewer import Viewer
from ..overlay_options import OverlayOptions
from .overlays import ShownOverlay

__all__ = ["describe_contacts", "describe_sites"]

_WIDTH = 100  # characters of a line
_MOST = 120  # residues that are named
_N_CLOSEST = 5  # contacts that are named


def describe_sites(
    viewer: Viewer, shown: ShownOverlay, notes: Sequence[str], options: OverlayOptions
) -> list[str]:
    """Name the residues of a site, as the user reads them.

    Parameters
    ----------
    viewer : Viewer
    shown : ShownOverlay
    notes : sequence of str
        Sentences beside those of the annotations.
    options : OverlayOptions

    Returns
    -------
    list of str
        Lines.
    """
    chain, broad = shown.chain, shown.annotations[0]
    count = len(shown.residues)
    residues = "1 residue" if count == 1 else f"{count} residues"
    lines = [f" ProVis: {chain.label}, {broad.name}: {residues}, {broad.method}"]
    if not shown.residues:
        lines[0] += f"; the earlier {shown.removed} was removed" if shown.removed else ""
    elif not broad.is_numeric:
        named = " ".join(shown.labels[:_MOST])
        more = f" and {count - _MOST} more" if count > _MOST else ""
        lines += textwrap.wrap(named + more, _WIDTH, initial_indent="   ", subsequent_indent="   ")
        where = viewer.name_residues(chain, shown.residues)
        done = f"selected as {options.sele}" if options.sele else "to select them: select site"
        lines.append(f"   {done}, {where}")
    if shown.legend:
        words = ", ".join(f"{color} {what} ({n})" for color, what, n in shown.legend)
        lines.append(f"   {words}; shown as {shown.name}")
    every = [*notes, *(note for item in shown.annotations for note in item.notes)]
    lines += [f"   {note}" for note in dict.fromkeys(every)]
    return lines


def describe_contacts(shown: ShownOverlay, options: OverlayOptions) -> list[str]:
    """Say how many contacts a chain has, and which are the closest.

    Parameters
    ----------
    shown : ShownOverlay
    options : OverlayOptions

    Returns
    -------
    list of str
        Lines.
    """
    methods = ", ".join(dict.fromkeys(item.method for item in shown.annotations))
    n_drawn = len(shown.pairs)
    drawn = f"all shown as {shown.name}"
    if n_drawn < shown.n_found:
        drawn = f"the closest {n_drawn} shown as {shown.name} («top={options.top}»; «top=0» shows all)"
    if not n_drawn:
        drawn = f"the earlier {shown.removed} was removed" if shown.removed else "nothing to show"
    if not shown.annotations and not shown.removed:  # between=only, and each two chains are drawn once
        return [f" ProVis: {shown.chain.label}: no other chain is left (each two chains are listed once)"]
    lines = [f" ProVis: {shown.chain.label}: {shown.n_found} contacts ({methods}), {drawn}"]
    closest = np.argsort(shown.distances, kind="stable")[:_N_CLOSEST].tolist()
    if closest:
        words = []
        for k in closest:
            i, j = shown.pairs[k].tolist()
            other = shown.partners[k] or shown.chain
            words.append(
                f"{shown.chain.residue_label(i)} - {other.residue_label(j)} {shown.distances[k]:.1f} Å"
            )
        lines.append(f"   closest: {', '.join(words)}")
    if shown.legend:
        lines.append(f"   {', '.join(f'{color} {what} ({n})' for color, what, n in shown.legend)}")
    notes = dict.fromkeys(note for item in shown.annotations for note in item.notes)
    return lines + [f"   {note}" for note in notes]
