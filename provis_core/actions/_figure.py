"""The use case behind ``provis_figure``: the panel's pictures of one chain as a file, without the panel."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs
from ..attention.head_id import Head, HeadId, HeadSet, check_head
from ..attention.head_scan import HeadScan
from ..attention.profile import compute_profile
from ..checkpoints.catalogue import describe_status_note
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry
from ..errors import InputError, ProvisError
from ..figures.figure_files import check_figure_path
from ..figures.frame import own_style
from ..figures.grids import DEFAULT_METRIC, compute_grid, find_choice
from ..figures.pictures import arrange_pictures, make_shown_map, make_shown_profile, read_pictures
from ..figures.process import start_figure
from ..scenes.draw_options import DrawOptions
from ..scoring.head_scoring import MIN_ATTN
from ..session.session import Session
from ..structures.chain import Chain
from ..structures.subject import Subject
from ..system.jobs import Job
from ..targets.properties import read_target_subject
from ..targets.scope import Scope
from ..targets.sites import SiteChoice, compute_knowledge, compute_sites
from ..targets.targets import Target, find_inside
from ..viewers.viewer import Program
from ..worker.tasks.scan import ScanResult
from ._figure_options import THEMES, FigureOptions
from .attention import ask_head
from .head_request import choose_head
from .scans import collect_scans, submit_scans

__all__ = ["Shown", "save_chain_figure"]


@dataclass(frozen=True, eq=False)
class Shown:
    """One chain and what of it is shown, as in the panel.

    Attributes
    ----------
    target : Target
    entry : ModelEntry
    heads : tuple of HeadId or HeadSet
        The chosen one first.
    site : SiteChoice
    metric : str
        Of the grid.
    palette : str
        Of the map.
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    marks : numpy.ndarray of bool, shape (n_residues,), or None
        Residues that light up.
    rows, columns : (int, int), optional
        First and last residue index of what is visible of the map.
    counted : float
        Smallest weight of an arc that counts in the grid.
    """

    target: Target
    entry: ModelEntry
    heads: tuple[Head, ...]
    site: SiteChoice
    metric: str
    palette: str
    window: int = 0
    marks: npt.NDArray[np.bool_] | None = None
    rows: tuple[int, int] | None = None
    columns: tuple[int, int] | None = None
    counted: float = MIN_ATTN


def save_chain_figure(
    session: Session[Program],
    path: str | Path,
    scope: Scope,
    layer: int | None = None,
    head: int | None = None,
    options: FigureOptions | None = None,
    *,
    heads: str = "",
    panel: Shown | None = None,
    quiet: bool = True,
) -> Job:
    """Write the panel's pictures of one chain into a file; nothing in the viewer changes.

    Parameters
    ----------
    session : Session
    path : path-like
        Ends in .png, .pdf or .svg.
    scope : Scope
        Of several chains that are not linked the first is drawn, and a warning names the others. What is
        empty of selection, model and window is as in the panel, else the default.
    layer, head : int, optional
        Counted from 1. The panel's, or the model's registered head by default.
    options : FigureOptions, optional
    heads : str
        In place of a head, the mean of several; see `choose_head`.
    panel : Shown, optional
        What the panel shows; None where it shows nothing.
    quiet : bool
        Leave out progress and the line that says where the file is.

    Returns
    -------
    Job
        Its value is the path of the file. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If the figure cannot be made. Nothing has been computed then.
    """
    options = options or FigureOptions()
    file = check_figure_path(path)
    with own_style():  # without matplotlib nothing is computed
        options.check()
    scope.check()
    which = read_pictures(options.what)
    if panel is not None and (scope.selection or (scope.link and not panel.target.chain.members)):
        panel = None
    target = panel.target if panel is not None else _read_target(session, scope)
    subject = read_target_subject(session.viewer, target)
    chosen = _choose_head(session, layer, head, heads, scope.model, panel)
    shown = _choose(session, target, subject, chosen, scope.window, options, panel)
    entry = shown.entry
    n_positions = target.sequence_map.n_positions
    is_long = DrawOptions().kept_weight(n_positions, shown.window) > 0
    futures: list[Future[Any]] = []
    scans, own, request = {}, {}, None
    is_set, needs_own = isinstance(shown.heads[0], HeadSet), is_long or "profile" in which
    if "grid" in which or (needs_own and not is_set):
        scans = submit_scans(session, [target], entry, window=shown.window, quiet=quiet)
        futures += scans.values()
    if needs_own and is_set:
        own = submit_scans(session, [target], entry, head=shown.heads[0], window=shown.window, quiet=quiet)
        futures += own.values()
    if not is_long and {"map", "profile"} & {*which}:
        request = ask_head(
            session, [target], entry, shown.heads[0], DrawOptions(), window=shown.window, quiet=quiet
        )
        futures += request.futures.values()

    about = f"{target.chain.label}, {entry.name} {shown.heads[0].label}"
    figure: Future[Path] = Future()

    def draw() -> None:
        try:
            all_heads, only = (_collect(target, found, session.viewer) for found in (scans, own))
            values = request.weights()[0] if request is not None else None
            if isinstance(values, ProvisError):
                raise values
            panels = _draw(shown, subject, which, options, all_heads, only if is_set else all_heads, values)
            theme = THEMES[options.theme]
            started = start_figure(
                file,
                panels,
                size=options.size,
                dpi=options.dpi,
                theme=theme,
                footnote=describe_status_note(entry),
            )
        except Exception as error:  # noqa: BLE001 - raised again by `finish`
            figure.set_exception(error)
        else:
            started.add_done_callback(partial(_pass_on, figure))

    def finish() -> Path:
        written = figure.result()
        if note := describe_status_note(entry):
            session.viewer.write(f" ProVis: {note}")
        if not quiet:
            session.viewer.write(f" ProVis: figure of {about} written to {written}")
        return written

    session.start(Job(f"pictures of {about}", draw), tuple(futures))
    return session.start(Job(f"figure of {about}", finish), (figure,))


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


def _read_target(session: Session[Program], scope: Scope) -> Target:
    """Read the chain of a selection; what is left out is warned of."""
    targets, skipped = scope.read(session.viewer)
    left = [one.chain.label for one in targets[1:]]
    for line in (*map(str, skipped), *([_describe_left(targets[0], left)] if left else [])):
        session.viewer.warn(line)
    for line in scope.describe_unknown(targets[:1]):
        session.warn_once(line)
    return targets[0]


def _choose_head(
    session: Session[Program],
    layer: int | None,
    head: int | None,
    heads: str,
    model: str,
    panel: Shown | None,
) -> tuple[ModelEntry, tuple[Head, ...]]:
    """The model and the heads that were asked for, or those of the panel; the chosen one first."""
    if panel is None or model:
        entry = session.find_model(model)
    else:
        entry = panel.entry
        if layer is None and head is None and not heads:
            return entry, panel.heads
    return entry, (choose_head(entry, layer, head, heads),)


def _choose(
    session: Session[Program],
    target: Target,
    subject: Subject,
    model: tuple[ModelEntry, tuple[Head, ...]],
    window: int,
    options: FigureOptions,
    panel: Shown | None,
) -> Shown:
    """Turn the words of the user into what they mean; what they do not tell is as in the panel."""
    entry, heads = model
    others: tuple[Head, ...] = _read_others(options.others, entry) or heads
    palette = session.settings.text("palette")
    base = panel or Shown(target, entry, heads, SiteChoice(), DEFAULT_METRIC, palette)
    site = base.site
    if options.by or options.site or options.site_options:
        site = _read_site(session, options, target.chain)
        if site != SiteChoice():  # what was asked for must be there
            compute_sites(site, subject)
    return Shown(
        target,
        entry,
        (heads[0], *(one for one in others if one != heads[0])),
        site,
        options.metric or base.metric,
        options.palette or base.palette,
        window or base.window,
        _read_residues(session, options.mark, target.chain, "mark") if options.mark else base.marks,
        _read_ends(session, options.rows, target.chain, "rows"),
        _read_ends(session, options.columns, target.chain, "columns"),
        base.counted if options.min_attn is None else options.min_attn,
    )


def _describe_left(target: Target, left: list[str]) -> str:
    drawn = f"{target.chain.label} is drawn, not {', '.join(left)}"
    return f"a figure shows one chain: {drawn}. Name one to choose it"


def _read_others(text: str, entry: ModelEntry) -> tuple[HeadId, ...]:
    heads = tuple(HeadId.parse(word.strip()) for word in text.split("+") if word.strip())
    config = read_config(entry.folder)
    for one in heads:
        check_head(one, config.n_layers, config.n_heads, entry.name)
    return heads


def _read_site(session: Session[Program], options: FigureOptions, chain: Chain) -> SiteChoice:
    about = (chain.object_name, chain.segment_id, chain.chain_id)
    if options.site:
        residues = np.flatnonzero(_read_residues(session, options.site, chain, "site"))
        return SiteChoice("selection", {}, tuple(residues.tolist()), about)
    given = dict(options.site_options)
    if "path" in given:
        return SiteChoice("file", given, (), about)
    return SiteChoice("records" if options.by == "site_record" else "ligand", given)


def _read_residues(
    session: Session[Program], selection: str, chain: Chain, name: str
) -> npt.NDArray[np.bool_]:
    """Which residues of a chain are in a selection, shape (n_residues,)."""
    inside = find_inside(chain, session.viewer.read_chains(selection))
    if inside.any():
        return inside
    raise InputError(
        f"«{name}={selection}»", f"Residues of {chain.label} are needed", "Select some of its residues"
    )


def _read_ends(session: Session[Program], selection: str, chain: Chain, name: str) -> tuple[int, int] | None:
    if not selection:
        return None
    indices = np.flatnonzero(_read_residues(session, selection, chain, name))
    return int(indices[0]), int(indices[-1])


def _draw(
    shown: Shown,
    subject: Subject,
    which: tuple[str, ...],
    options: FigureOptions,
    scan: HeadScan | None,
    own: HeadScan | None,
    values: npt.NDArray[np.float32] | Arcs | None,
) -> list[Any]:
    """The pictures, as the panel makes them of the same things; `own` scans the chosen head or set."""
    target, head = shown.target, shown.heads[0]
    known, missing, sites = compute_knowledge(subject, shown.site)
    if sites:
        known["site"] = sites[0]
    secondary = tuple(known[name] for name in ("helix", "strand") if name in known)
    grid = attention_map = profile = None
    if "grid" in which and scan is not None:
        choice = find_choice(shown.metric)
        if choice.annotation in missing:
            raise missing[choice.annotation]
        title = f"{shown.entry.name} on {target.chain.label}"
        grid = compute_grid(choice, scan, target.sequence_map, known, title, shown.counted)
    if values is None and own is not None:
        values = own.arcs
    if "map" in which and values is not None:
        attention_map = make_shown_map(
            target, head, values, options.look, known.get("contact"), known.get("site"), secondary
        )
    if "profile" in which and own is not None:
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
    )
