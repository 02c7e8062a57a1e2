"""What the panel shows, written into files: the pairs, a figure, the view of the structure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..actions.attention_options import ExportOptions
from ..actions.figure_options import FigureOptions
from ..actions.work.drawing import DrawnChain
from ..actions.work.export import DrawnPairs, export_drawn
from ..actions.work.figure_asked import read_size
from ..checkpoints.catalogue import describe_status_note
from ..errors import InputError
from ..exports.saving import check_free, check_out_path, describe_written
from ..figures.pictures import read_pictures
from ..system.given_files import find_path
from ..viewers.viewer import Viewer
from .inspector import Inspector

__all__ = ["ask_figure", "begin_figure", "describe_figure", "export_pairs", "find_drawn", "save_view"]


def find_drawn(inspector: Inspector) -> DrawnPairs | None:
    """Return the pairs that are drawn of the chosen head; None where nothing is drawn yet."""
    edges, shown = inspector.readings.edges, inspector.shown
    if edges is None or shown is None:
        return None
    target, state = shown.target, inspector.state
    return DrawnPairs(
        (target,),
        (DrawnChain(target.chain, target.sequence_map, edges),),
        inspector.entry,
        state.head,
        inspector.stage.replay.ask_export(target, state, inspector.entry),
        (inspector.stage.find_color(state.options),),
        state.site,
    )


def export_pairs(inspector: Inspector, path: str | os.PathLike[str], *, overwrite: bool = True) -> Path:
    """Write the drawn pairs of the chosen head, by the ending of the name.

    Raises
    ------
    ProvisError
        If nothing is drawn, or the file cannot be written, or is there and must not be replaced.
    """
    path = check_out_path(path, overwrite=overwrite)
    inspector.need_target()
    found = find_drawn(inspector)
    if found is None:
        raise InputError("Nothing is drawn yet", "", "Wait until the cylinders are there")
    inspector.session.viewer.echo(f"«export {path}»")
    return export_drawn(
        inspector.session, found, ExportOptions(filename=os.fspath(path), overwrite=overwrite)
    )


def ask_figure(inspector: Inspector, path: str | os.PathLike[str], **options: object) -> FigureOptions:
    """Return what is asked of ``provis_figure`` for what is looked at, with further options of it."""
    target, marks = inspector.need_target(), inspector.stage.pointer.marks
    return inspector.stage.replay.ask_figure(target, inspector.state, inspector.entry, marks, path, **options)


def describe_figure(inspector: Inspector, path: str | os.PathLike[str], **options: object) -> str:
    """The command that writes a figure of what is looked at, with options of ``provis_figure``."""
    return inspector.stage.replay.describe_figure(ask_figure(inspector, path, **options))


def begin_figure(inspector: Inspector, path: Path, pictures: Sequence[Any], options: FigureOptions) -> None:
    """Begin to write pictures into a file; a process of its own draws them.

    Parameters
    ----------
    inspector : Inspector
        Its loader waits for the ``figure``.
    path : pathlib.Path
        Ends in one of `provis_core.figures.FORMATS`.
    pictures : sequence
        Rows of `provis_core.figures.paper.Panel`, as they are now.
    options : FigureOptions
        As from `ask_figure`: the command that does the same is written when the file is there.

    Raises
    ------
    ProvisError
        If it is known at once that this cannot be done, as where a figure is being saved.
    """
    from ..actions.work.figure import describe_chain_figure
    from ..figures.process import start_figure

    if inspector.loader.is_awaited("figure"):
        raise InputError("A figure is being saved", "One at a time is drawn", "Wait until it is there")
    viewer, shown, subject = inspector.session.viewer, inspector.shown, inspector.sight.subject
    if shown is None or subject is None:
        raise InputError("The chain in the panel is gone", "", "Open another one in the panel")
    knowledge, which = inspector.readings.knowledge, read_pictures(options.what)
    relevance = inspector.readings.reasons.relevance if {"grid", "profile"} & {*which} else None

    is_replaced = check_free(path, overwrite=True)

    def tell(written: Path) -> None:
        viewer.echo(inspector.stage.replay.describe_figure(options))
        viewer.write(f" ProVis: figure {describe_written(written, is_replaced=is_replaced)}")

    future = start_figure(
        path,
        pictures,
        size=read_size(options),
        footnote=describe_status_note(inspector.entry),
        record=describe_chain_figure(inspector.session, shown, subject, options, knowledge, which, relevance),
        model_folder=inspector.entry.folder,
    )
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
