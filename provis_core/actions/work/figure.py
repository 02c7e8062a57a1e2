"""The use case behind ``provis_figure``: the panel's pictures of one chain as a file, without the panel."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...attention.arcs import Arcs
from ...attention.head_id import HeadSet
from ...attention.head_scan import HeadScan
from ...attention.profile import compute_profile, place_relevance
from ...attention.relevance import Relevance
from ...checkpoints.catalogue import describe_status_note
from ...errors import InputError, ProvisError
from ...exports.record import Record
from ...exports.recording import make_record
from ...exports.saving import check_free, describe_written
from ...figures.figure_files import check_figure_path
from ...figures.fonts import FONTS, find_font
from ...figures.frame import own_style
from ...figures.grids import compute_grid
from ...figures.paper import find_width
from ...figures.pictures import (
    STRUCTURE,
    arrange_pictures,
    make_shown_map,
    make_shown_profile,
    make_shown_relevance,
    read_pictures,
)
from ...figures.process import start_figure
from ...figures.relevance_grids import find_shown, is_relevance, make_relevance_grid
from ...figures.structure_view import StructureView
from ...scenes.draw_options import DrawOptions
from ...session.session import Session
from ...structures.subject import Subject
from ...system.jobs import Job
from ...targets.sites import Known, compute_knowledge, compute_sites
from ...targets.targets import Target
from ...viewers.file_viewer import FileViewer
from ...viewers.viewer import Program
from ...worker.tasks.scan import ScanResult
from ..figure_options import FigureOptions
from .figure_asked import check_caption_path, check_figure, describe_faults, read_look, read_size, read_theme
from .figure_choice import Shown, choose_shown, define, describe_options, name_picture
from .figure_request import ask_for_figure, load_why
from .relevance_report import describe_sum
from .scans import collect_scans
from .structure_picture import take_picture

__all__ = ["describe_chain_figure", "save_chain_figure"]


def save_chain_figure(session: Session[Program], options: FigureOptions, panel: Shown | None = None) -> Job:
    """Write the panel's pictures of one chain into a file; nothing in the viewer changes.

    Parameters
    ----------
    session : Session
    options : FigureOptions
        Of several chains that are not linked the first is drawn, and a warning names the others. What is
        empty is as in the panel, else the default. ``quiet`` leaves out progress and the line that says
        where the file is.
    panel : Shown, optional
        What the panel shows; None where it shows nothing.

    Returns
    -------
    Job
        Its value is the path of the file. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If the figure cannot be made. Nothing has been computed then.
    """
    file, quiet = check_figure_path(options.filename), options.quiet
    caption = check_caption_path(options.caption, file)
    is_replaced, is_told = (
        one is not None and check_free(one, overwrite=options.overwrite) for one in (file, caption)
    )
    which = _check(session, options)
    shown, subject = choose_shown(session, options, panel)
    target, entry = shown.target, shown.entry
    if "grid" in which and is_relevance(shown.metric) and find_shown(shown.metric).annotation:
        compute_sites(shown.site, subject)  # what is not there is told before anything is computed
    shown, asked = ask_for_figure(session, shown, which, quiet=quiet)
    about = f"{target.chain.label}, {entry.name} {shown.heads[0].label}"
    figure: Future[Path] = Future()

    def draw() -> None:
        try:
            all_heads, only = (_collect(target, found, session.viewer) for found in (asked.scans, asked.own))
            values = asked.weights.weights()[0] if asked.weights is not None else None
            if isinstance(values, ProvisError):
                raise values
            relevance = load_why(asked.why, shown) if asked.why is not None else None
            for note in relevance.notes if relevance is not None else ():
                session.viewer.warn(note)
            known = compute_knowledge(subject, shown.site)
            own_head = only if isinstance(shown.heads[0], HeadSet) else all_heads
            panels = _draw(shown, known, which, options, all_heads, own_head, values, relevance)
            if STRUCTURE in which:
                cylinders = own_head.arcs if values is None and own_head is not None else values
                assert cylinders is not None
                panels = [_take(session, shown, known, cylinders, options), *panels]
            for fault in describe_faults(options, panels, describe_status_note(entry)):
                session.viewer.warn(fault)
            started = start_figure(
                file,
                panels,
                size=read_size(options),
                dpi=options.dpi,
                theme=read_theme(options),
                footnote=describe_status_note(entry),
                record=describe_chain_figure(session, shown, subject, options, known, which, relevance),
                model_folder=entry.folder,
                caption_file=caption,
            )
        except Exception as error:  # noqa: BLE001 - raised again by `finish`
            figure.set_exception(error)
        else:
            started.add_done_callback(partial(_pass_on, figure))

    def finish() -> Path:
        written = figure.result()
        if note := describe_status_note(entry):
            session.viewer.write(f" ProVis: {note}")
        told = {f"figure of {about}": (written, is_replaced), "caption and methods": (caption, is_told)}
        for what, (path, was_there) in ({} if quiet else told).items():
            if path is not None:
                session.viewer.write(f" ProVis: {what} {describe_written(path, is_replaced=was_there)}")
        return written

    session.start(Job(f"pictures of {about}", draw), asked.futures)
    return session.start(Job(f"figure of {about}", finish), (figure,))


def _check(session: Session[Program], options: FigureOptions) -> tuple[str, ...]:
    """Check what needs no chain, and warn once where there is no font that journals ask for."""
    with own_style():  # without matplotlib nothing is computed
        check_figure(options)
    if find_font() not in FONTS:
        session.warn_once(
            f"none of {', '.join(FONTS)} is installed here as TrueType: figures have {find_font()}, which "
            "journals do not ask for. Install one (Liberation Sans is free), and start the viewer anew"
        )
    which = read_pictures(options.what)
    if STRUCTURE in which:
        _count_pixels(session, options)
    return which


def _count_pixels(session: Session[Program], options: FigureOptions) -> int:
    """Return the pixels across the picture of the structure.

    Raises
    ------
    InputError
        If there is no viewer that shows it.
    """
    if isinstance(session.viewer, FileViewer):
        raise InputError(
            "«what=structure» of a file", "A viewer that shows the structure is needed", "Leave structure out"
        )
    width = find_width(read_size(options))
    return round((width if width < 140 else width / 2) / 25.4 * options.dpi)


def _take(
    session: Session[Any],
    shown: Shown,
    knowledge: Known,
    values: npt.NDArray[np.float32] | Arcs,
    options: FigureOptions,
) -> StructureView:
    """Take the picture of the structure with the head drawn."""
    settings = session.settings
    usual = DrawOptions(
        min_attn=settings.number("min_attn"),
        top=int(settings.number("top")),
        min_sep=int(settings.number("min_sep")),
        palette=shown.palette,
        radius=settings.number("radius"),
    )
    drawing = shown.drawing or usual
    known = {**knowledge[0], **({"site": knowledge[2][0]} if knowledge[2] else {})}
    return take_picture(
        session.viewer,
        shown.target,
        shown.heads[0],
        values,
        drawing,
        known.get(drawing.color_by),
        _count_pixels(session, options),
        name_picture(shown),
    )


def describe_chain_figure(
    session: Session[Program],
    shown: Shown,
    subject: Subject,
    options: FigureOptions,
    knowledge: Known,
    which: tuple[str, ...],
    relevance: Relevance | None = None,
) -> Record:
    """What is shown and the command that shows it again, with nothing left to what a panel shows."""
    full, line = describe_options(session, options, shown, which)
    head = shown.heads[0] if {"map", "profile", STRUCTURE} & {*which} else None
    about = f"relevance for {relevance.prediction}" if relevance is not None else ""
    definitions = define(knowledge, which)
    if relevance is not None:
        definitions.append(f"{about}: {describe_sum(relevance)}")
    record = make_record(
        "figure",
        [(shown.target, subject)],
        shown.entry,
        head,
        commands=(line,),
        options=full,
        viewer=session.viewer.name,
        what=f"{about[0].upper()}{about[1:]} in" if about else "Attention of",
        definitions=definitions,
    )
    return replace(record, title=f"{record.title}, {about}") if about else record


def _collect(target: Target, scans: Mapping[str, Future[ScanResult]], viewer: Program) -> HeadScan | None:
    """The scan that was asked for; None where none was."""
    if not scans:
        return None
    (scanned,) = collect_scans([target], scans, viewer.warn)
    if scanned.error is not None:
        raise scanned.error
    return scanned.scan


def _pass_on(to: Future[Path], done: Future[Path]) -> None:
    """Give one future the outcome of another."""
    error = done.exception()
    to.set_result(done.result()) if error is None else to.set_exception(error)


def _draw(
    shown: Shown,
    knowledge: Known,
    which: tuple[str, ...],
    options: FigureOptions,
    scan: HeadScan | None,
    own: HeadScan | None,
    values: npt.NDArray[np.float32] | Arcs | None,
    relevance: Relevance | None,
) -> list[Any]:
    """The pictures, as the panel makes them of the same things; `own` scans the chosen head or set."""
    target, head = shown.target, shown.heads[0]
    known, missing, sites = knowledge
    known = dict(known)
    if sites:
        known["site"] = sites[0]
    secondary = tuple(known[name] for name in ("helix", "strand") if name in known)
    grid = attention_map = profile = None
    choice, title = find_shown(shown.metric), f"{shown.entry.name} on {target.chain.label}"
    if "grid" in which and choice.annotation in missing:
        raise missing[choice.annotation]
    if "grid" in which and relevance is not None:
        grid = make_relevance_grid(choice, relevance, target.sequence_map, known.get("site"), title)
    elif "grid" in which and scan is not None:
        grid = compute_grid(choice, scan, target.sequence_map, known, title, shown.counted)
    if values is None and own is not None:
        values = own.arcs
    if "map" in which and values is not None:
        attention_map = make_shown_map(
            target, head, values, read_look(options), known.get("contact"), known.get("site"), secondary
        )
    if "profile" in which and relevance is not None:
        residues, part = place_relevance(relevance, head, target.sequence_map, target.chain.n_residues)
        profile = make_shown_relevance(
            target, residues, part, head.label, known.get("site"), secondary, relevance.prediction
        )
    elif "profile" in which and own is not None:
        weights = None if isinstance(values, Arcs) else values
        sums = compute_profile(
            own.received[head.place], weights, target.sequence_map, target.chain.n_residues
        )
        profile = make_shown_profile(target, sums, known.get("site"), secondary)
    return arrange_pictures(
        grid,
        attention_map,
        profile,
        heads=shown.heads,
        palette=shown.palette,
        marks=shown.marks,
        rows=shown.rows,
        columns=shown.columns,
        title=name_picture(shown),
    )
