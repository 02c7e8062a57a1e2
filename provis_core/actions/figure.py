"""The use case behind ``provis_figure``: the panel's pictures of one chain as a file, without the panel."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs
from ..attention.head_id import HeadId, check_head
from ..attention.head_scan import HeadScan
from ..attention.profile import compute_profile
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry, find_model
from ..errors import InputError, ProvisError
from ..figures.figure_files import check_figure_path
from ..figures.frame import own_style
from ..figures.grids import METRICS, compute_grid, find_choice
from ..figures.pictures import arrange_pictures, make_shown_map, make_shown_profile, read_pictures
from ..figures.process import start_figure
from ..inspection.knowledge import compute_knowledge
from ..inspection.sites import SiteChoice, compute_sites
from ..scenes.draw_options import DrawOptions
from ..structures.chain import Chain
from ..structures.subject import Subject
from ..system.jobs import Job
from ..targets.part_annotations import read_part_subject
from ..targets.targets import Part, find_inside
from .figure_options import THEMES, FigureOptions
from .head_request import choose_head
from .scans import collect_scans, submit_scans

if TYPE_CHECKING:
    from .explorer import AttentionExplorer

__all__ = ["save_chain_figure"]


@dataclass(frozen=True, eq=False)
class _Shown:
    """One chain and what of it is drawn; words have become indices."""

    part: Part
    subject: Subject
    entry: ModelEntry
    heads: tuple[HeadId, ...]  # the chosen one first
    choice: SiteChoice
    metric: str
    palette: str
    window: int
    marks: npt.NDArray[np.bool_] | None
    rows: tuple[int, int] | None
    columns: tuple[int, int] | None


def save_chain_figure(
    explorer: AttentionExplorer,
    path: str | Path,
    selection: str = "",
    layer: int | None = None,
    head: int | None = None,
    model: str = "",
    options: FigureOptions | None = None,
    *,
    gaps: str = "auto",
    link: bool = False,
    quiet: bool = True,
) -> Job:
    """Write the panel's pictures of one chain into a file; nothing in the viewer changes.

    Parameters
    ----------
    explorer : AttentionExplorer
    path : path-like
        Ends in .png, .pdf or .svg.
    selection : str
        In the viewer's language; of several chains that are not linked the first is drawn, and a warning
        names the others. Empty for what the panel looks at, else all enabled objects.
    layer, head : int, optional
        Counted from 1. The panel's, or the model's registered head by default.
    model : str
        Name or folder; empty for the panel's, or the kept default.
    options : FigureOptions, optional
    gaps, link
        What the model sees; see `provis_core.targets.targets.make_parts`.
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
    target = check_figure_path(path)
    with own_style():  # without matplotlib nothing is computed
        options.check()
    which = read_pictures(options.what)
    shown = _choose(explorer, selection, layer, head, model, options, gaps, link)
    part, entry = shown.part, shown.entry
    n_positions = part.sequence_map.n_positions
    is_long = DrawOptions(window=shown.window).kept_weight(n_positions) > 0
    futures: list[Future[Any]] = []
    scans, request = {}, None
    if is_long or {"grid", "profile"} & {*which}:
        scans = submit_scans(explorer, [part], entry, window=shown.window, quiet=quiet)
        futures += scans.values()
    if not is_long and {"map", "profile"} & {*which}:
        asked = DrawOptions(window=shown.window)
        request = explorer.ask_head([part], entry, shown.heads[0], asked, quiet=quiet)
        futures += request.futures.values()

    about = f"{part.chain.label}, {entry.name} {shown.heads[0].label}"
    figure: Future[Path] = Future()

    def draw() -> None:
        try:
            scan = collect_scans([part], scans, explorer.viewer.warn)[0].scan if scans else None
            values = request.weights()[0] if request is not None else None
            if isinstance(values, ProvisError):
                raise values
            panels = _draw(shown, which, options, scan, values)
            theme = THEMES[options.theme]
            started = start_figure(target, panels, size=options.size, dpi=options.dpi, theme=theme)
        except Exception as error:  # noqa: BLE001 - raised again by `finish`
            figure.set_exception(error)
        else:
            started.add_done_callback(partial(_pass_on, figure))

    def finish() -> Path:
        written = figure.result()
        if not quiet:
            explorer.viewer.write(f" ProVis: figure of {about} written to {written}")
        return written

    explorer.start(Job(f"pictures of {about}", draw), tuple(futures))
    return explorer.start(Job(f"figure of {about}", finish), (figure,))


def _pass_on(to: Future[Path], done: Future[Path]) -> None:
    """Give one future the outcome of another."""
    error = done.exception()
    to.set_result(done.result()) if error is None else to.set_exception(error)


def _choose(
    explorer: AttentionExplorer,
    selection: str,
    layer: int | None,
    head: int | None,
    model: str,
    options: FigureOptions,
    gaps: str,
    link: bool,
) -> _Shown:
    """Read the chain, or take the panel's, and turn words into what they mean."""
    panel = explorer.inspector
    looked_at = None if selection else panel.part
    if looked_at is not None and link and not looked_at.chain.members:
        looked_at = None
    is_panels = looked_at is not None and explorer.viewer.is_there(looked_at.chain)
    if is_panels and looked_at is not None:
        part = looked_at
    else:
        parts, skipped = explorer.read_parts(selection, gaps, link=link)
        part = parts[0]
        left = [one.chain.label for one in parts[1:]]
        for line in (*map(str, skipped), *([_describe_left(part, left)] if left else [])):
            explorer.viewer.warn(line)
    entry = panel.entry if is_panels and not model else find_model(model or explorer.settings.text("model"))
    is_panels_head = is_panels and not model and layer is None and head is None
    chosen = panel.head if is_panels_head else choose_head(entry, layer, head)
    others = _read_others(options.others, entry)
    if is_panels_head and not others:
        others = panel.heads
    subject = read_part_subject(explorer.viewer, part)
    choice = panel.site_choice if is_panels and not options.by and not options.site else None
    if choice is None or options.site_options:
        choice = _read_site(explorer, options, part.chain)
        if choice != SiteChoice():  # what was asked for must be there
            compute_sites(choice, subject)
    marks = _read_residues(explorer, options.mark, part.chain, "mark") if options.mark else None
    return _Shown(
        part,
        subject,
        entry,
        (chosen, *(one for one in others if one != chosen)),
        choice,
        options.metric or (panel.metric if is_panels else METRICS[0].name),
        options.palette or (panel.options.palette if is_panels else explorer.settings.text("palette")),
        options.window or (panel.options.window if is_panels else 0),
        panel.marks if marks is None and is_panels else marks,
        _read_ends(explorer, options.rows, part.chain, "rows"),
        _read_ends(explorer, options.columns, part.chain, "columns"),
    )


def _describe_left(part: Part, left: list[str]) -> str:
    return (
        f"a figure shows one chain: {part.chain.label} is drawn, not {', '.join(left)}. Name one to choose it"
    )


def _read_others(text: str, entry: ModelEntry) -> tuple[HeadId, ...]:
    heads = tuple(HeadId.parse(word.strip()) for word in text.split("+") if word.strip())
    config = read_config(entry.folder)
    for one in heads:
        check_head(one, config.n_layers, config.n_heads, entry.name)
    return heads


def _read_site(explorer: AttentionExplorer, options: FigureOptions, chain: Chain) -> SiteChoice:
    about = (chain.object_name, chain.segment_id, chain.chain_id)
    if options.site:
        residues = np.flatnonzero(_read_residues(explorer, options.site, chain, "site"))
        return SiteChoice("selection", {}, tuple(residues.tolist()), about)
    given = dict(options.site_options)
    if "path" in given:
        return SiteChoice("file", given, (), about)
    return SiteChoice("records" if options.by == "site_record" else "ligand", given)


def _read_residues(
    explorer: AttentionExplorer, selection: str, chain: Chain, name: str
) -> npt.NDArray[np.bool_]:
    """Which residues of a chain are in a selection, shape (n_residues,)."""
    inside = find_inside(chain, explorer.viewer.read_chains(selection))
    if inside.any():
        return inside
    raise InputError(
        f"{name}={selection}", f"Residues of {chain.label} are needed", "Select some of its residues"
    )


def _read_ends(
    explorer: AttentionExplorer, selection: str, chain: Chain, name: str
) -> tuple[int, int] | None:
    if not selection:
        return None
    indices = np.flatnonzero(_read_residues(explorer, selection, chain, name))
    return int(indices[0]), int(indices[-1])


def _draw(
    shown: _Shown,
    which: tuple[str, ...],
    options: FigureOptions,
    scan: HeadScan | None,
    values: npt.NDArray[np.float32] | Arcs | None,
) -> list[Any]:
    """The pictures, as the panel makes them of the same things."""
    part, head = shown.part, shown.heads[0]
    known, missing, sites = compute_knowledge(shown.subject, shown.choice)
    if sites:
        known["site"] = sites[0]
    secondary = tuple(known[name] for name in ("helix", "strand") if name in known)
    grid = attention_map = profile = None
    if "grid" in which and scan is not None:
        choice = find_choice(shown.metric)
        if choice.annotation in missing:
            raise missing[choice.annotation]
        title = f"{shown.entry.name} on {part.chain.label}"
        grid = compute_grid(choice, scan, part.sequence_map, known, title)
    if values is None and scan is not None:
        values = scan.arcs
    if "map" in which and values is not None:
        attention_map = make_shown_map(
            part, head, values, options.look, known.get("contact"), known.get("site"), secondary
        )
    if "profile" in which and scan is not None:
        weights = None if isinstance(values, Arcs) else values
        sums = compute_profile(scan.received[head], weights, part.sequence_map, part.chain.n_residues)
        profile = make_shown_profile(part, sums, known.get("site"), secondary)
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
