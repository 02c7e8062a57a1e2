"""What the panel shows, written into files: the pairs, a figure, the view of the structure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..checkpoints.catalogue import describe_status_note
from ..errors import InputError
from ..exports.pairs import make_pair_table
from ..exports.saving import save_table
from ..figures.process import start_figure
from ..system.given_files import find_path
from ..viewers.viewer import Viewer
from .inspector import Inspector

__all__ = ["describe_figure", "export_pairs", "save_figure", "save_view"]


def export_pairs(inspector: Inspector, path: str | os.PathLike[str]) -> Path:
    """Write the drawn pairs of the chosen head as a table, by the ending of the name.

    Raises
    ------
    ProvisError
        If nothing is drawn, or the file cannot be written.
    """
    target, viewer, readings = inspector.need_target(), inspector.session.viewer, inspector.readings
    rows, edges, contacts, sites = readings.pair_rows, readings.edges, readings.contacts, readings.sites
    if rows is None or edges is None:
        raise InputError("Nothing is drawn yet", "", "Wait until the cylinders are there")
    about = {
        "chain": target.chain.label,
        "selection": viewer.name_residues(target.chain, target.selected.residues),
        "sequence": target.sequence_map.description,
        "model": inspector.entry.address,
        "head": inspector.state.head.label,
        "options": asdict(inspector.state.options) | {"window": inspector.state.window},
        "n_passed": edges.n_passed,
        "contacts": contacts.method if contacts else "",
        "site": f"{sites.source}: {sites.method}" if sites else "",
    }
    written = save_table(path, make_pair_table(rows, target.sequence_map, edges, about))
    viewer.echo(f"«pairs {written}»")
    viewer.write(f" ProVis: {len(rows)} pairs written to {written}")
    return written


def describe_figure(inspector: Inspector, path: str | os.PathLike[str], **options: object) -> str:
    """The command that writes a figure of what is looked at, with options of ``provis_figure``."""
    target, marks = inspector.need_target(), inspector.stage.pointer.marks
    return inspector.stage.replay.describe_figure(
        target, inspector.state, inspector.entry, marks, path, **options
    )


def save_figure(inspector: Inspector, path: Path, pictures: Sequence[Any], size: str, line: str) -> None:
    """Begin to write pictures into a file; a process of its own draws them.

    Parameters
    ----------
    inspector : Inspector
        Its loader waits for the ``figure``.
    path : pathlib.Path
        Ends in .png, .pdf or .svg.
    pictures : sequence
        Rows of `provis_core.figures.paper.Panel`, as they are now.
    size : str
        ``single`` or ``double`` column.
    line : str
        The command that does the same: written when the file is there.

    Raises
    ------
    ProvisError
        If it is known at once that this cannot be done, as where a figure is being saved.
    """
    if inspector.loader.is_awaited("figure"):
        raise InputError("A figure is being saved", "One at a time is drawn", "Wait until it is there")
    viewer = inspector.session.viewer

    def tell(written: Path) -> None:
        viewer.echo(line)
        viewer.write(f" ProVis: figure written to {written}")

    future = start_figure(path, pictures, size=size, footnote=describe_status_note(inspector.entry))
    inspector.loader.follow("figure", f"figure {path.name}", future, tell, "being drawn and saved")


def save_view(viewer: Viewer, path: str | os.PathLike[str], width: int = 2400, height: int = 1800) -> Path:
    """Write what the viewer shows as a PNG, as well as it can; it may answer nothing else meanwhile.

    Raises
    ------
    ProvisError
        If the name has another ending, or the file cannot be written.
    """
    path = find_path(path, "«filename=»").absolute()
    if path.suffix.lower() != ".png":
        raise InputError(f"The picture is to be called {path.name}", "A name that ends in .png is needed", "")
    viewer.echo(viewer.save_image(path, width, height))
    return path
