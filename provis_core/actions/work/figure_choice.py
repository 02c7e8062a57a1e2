"""What a figure shows: what was asked for in words, and for the rest what the panel shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...attention.arcs import MIN_ATTN
from ...attention.head_id import Head, HeadId, HeadSet, check_head
from ...checkpoints.config import read_config
from ...checkpoints.registry import ModelEntry
from ...commands import line as lines
from ...errors import InputError
from ...figures.grids import DEFAULT_METRIC
from ...figures.relevance_grids import RELEVANCE_CHOICES, is_relevance
from ...scenes.draw_options import DrawOptions
from ...session.session import Session
from ...structures.chain import Chain
from ...structures.subject import Subject
from ...targets.properties import read_target_subject
from ...targets.sites import Known, SiteChoice, ask_site, compute_sites
from ...targets.targets import Target, find_inside
from ...viewers.file_viewer import FileViewer
from ...viewers.viewer import Program
from ..figure_options import FigureOptions
from .head_request import choose_head

__all__ = ["Shown", "choose_shown", "define", "describe_options", "name_picture"]


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
    drawing : DrawOptions, optional
        How cylinders are drawn; as the user's preferences say where it is None.
    why : str
        What relevance is about, in the words of ``provis_explain``; empty for its default.
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
    drawing: DrawOptions | None = None
    why: str = ""

    def shows_relevance(self, which: Sequence[str]) -> bool:
        """Whether some of the pictures are about relevance."""
        return is_relevance(self.metric) and bool({"grid", "profile"} & {*which})


def define(knowledge: Known, which: Sequence[str]) -> list[str]:
    """Say what the pictures show of a chain, and how it was found.

    Parameters
    ----------
    knowledge : Known
    which : sequence of str
        Some of `provis_core.figures.pictures.PICTURES`.

    Returns
    -------
    list of str
        Like ``"contacts: CA-CA < 8 Å, |i-j| >= 6"``.
    """
    known, _, sites = knowledge
    told = {}
    if {"map", "grid", "structure", "pairs"} & {*which} and "contact" in known:
        told["contacts"] = known["contact"]
    if sites:
        told[f"site {sites[0].name.split(':')[-1].replace('_', ' ')}"] = sites[0]
    if {"map", "profile"} & {*which} and "helix" in known:
        told["secondary structure"] = known["helix"]
    return [f"{name}: {one.method}" for name, one in told.items() if one.method]


def describe_options(
    session: Session[Program], options: FigureOptions, shown: Shown, which: Sequence[str]
) -> tuple[dict[str, Any], str]:
    """Return all options of a figure with nothing left to a panel, and the line that is typed for them.

    Parameters
    ----------
    session : Session
    options : FigureOptions
        As they were typed.
    shown : Shown
        What they mean.
    which : sequence of str
        Some of `provis_core.figures.pictures.PICTURES`.

    Returns
    -------
    dict, str
    """
    from .. import find_command

    viewer, chain, head = session.viewer, shown.target.chain, shown.heads[0]
    place: dict[str, Any] = {"layer": None, "head": None, "heads": ""}
    if isinstance(head, HeadSet):
        place["heads"] = head.asked or head.label
    else:
        place |= {"layer": head.layer + 1, "head": head.head + 1}
    marks = np.flatnonzero(shown.marks).tolist() if shown.marks is not None else []
    site = ask_site(viewer, chain, shown.site)
    site["given"] = {name: viewer.dialect.value(value) for name, value in site["given"].items()}
    full = replace(
        options,
        filename=f"figure{Path(options.filename).suffix.lower()}",  # the same figure is the same file
        wait=None,
        quiet=True,
        overwrite=True,
        selection=viewer.name_residues(chain, shown.target.selected.residues),
        model=shown.entry.address,
        what="+".join(which),
        metric=shown.metric,
        target=shown.why if shown.shows_relevance(which) else "",
        min_attn=shown.counted,
        palette=shown.palette,
        window=shown.window,
        link=bool(chain.members),
        mark=viewer.name_residues(chain, marks) if marks else "",
        others="+".join(one.label for two in shown.heads[1:] for one in two.heads),
        caption="",
        **place,
        **site,
    )
    command = find_command("figure")
    if not isinstance(viewer, FileViewer):
        return asdict(full), lines.line(command, full, viewer.dialect)
    given = {one.name: getattr(full, one.name) for one in command.own.values() if one.name != "filename"}
    told = {name: value for name, value in given.items() if value != command.own[name].default}
    told |= dict(full.given)
    state = {"state": viewer.state} if viewer.state != 1 else {}
    words = [("", viewer.path.name), *state.items(), *told.items(), ("out", full.filename)]
    return asdict(full), viewer.dialect.line("figure", words)


def name_picture(shown: Shown) -> str:
    """Like ``provis_mini 12-4 on 1hpv chain A``."""
    return f"{shown.entry.name} {shown.heads[0].label} on {shown.target.chain.label}"


def choose_shown(
    session: Session[Program], options: FigureOptions, panel: Shown | None
) -> tuple[Shown, Subject]:
    """Turn the words of the user into what they mean; what they do not tell is as in the panel.

    Raises
    ------
    ProvisError
        If something that was asked for is not there.
    """
    if panel is not None and (options.selection or (options.link and not panel.target.chain.members)):
        panel = None
    target = panel.target if panel is not None else _read_target(session, options)
    subject = read_target_subject(session.viewer, target)
    entry, heads = _choose_head(session, options, panel)
    others: tuple[Head, ...] = _read_others(options.others, entry) or heads
    palette = session.settings.text("palette")
    base = panel or Shown(target, entry, heads, SiteChoice(), DEFAULT_METRIC, palette)
    site = base.site
    if options.by or options.site or options.file or options.given:
        site = _read_site(session, options, target.chain)
        if site != SiteChoice():  # what was asked for must be there
            compute_sites(site, subject)
    shown = Shown(
        target,
        entry,
        (heads[0], *(one for one in others if one != heads[0])),
        site,
        options.metric or (RELEVANCE_CHOICES[0].name if options.target else base.metric),
        options.palette or base.palette,
        options.window or base.window,
        _read_residues(session, options.mark, target.chain, "mark") if options.mark else base.marks,
        _read_ends(session, options.rows, target.chain, "rows"),
        _read_ends(session, options.columns, target.chain, "columns"),
        base.counted if options.min_attn is None else options.min_attn,
        base.drawing,
        options.target or (base.why if base.entry.folder == entry.folder else ""),
    )
    return shown, subject


def _read_target(session: Session[Program], options: FigureOptions) -> Target:
    """Read the chain of a selection; what is left out is warned of."""
    targets, skipped = options.read(session.viewer)
    left = [one.chain.label for one in targets[1:]]
    for line in (*map(str, skipped), *([_describe_left(targets[0], left)] if left else [])):
        session.viewer.warn(line)
    for line in options.describe_unknown(targets[:1]):
        session.warn_once(line)
    return targets[0]


def _choose_head(
    session: Session[Program], options: FigureOptions, panel: Shown | None
) -> tuple[ModelEntry, tuple[Head, ...]]:
    """The model and the heads that were asked for, or those of the panel; the chosen one first."""
    layer, head = options.layer, options.head
    if panel is None or options.model:
        entry = session.find_model(options.model)
    else:
        entry = panel.entry
        if layer is None and head is None and not options.heads:
            return entry, panel.heads
    return entry, (choose_head(entry, layer, head, options.heads),)


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
    if options.file:
        return SiteChoice("file", {"path": options.file, **options.given}, (), about)
    return SiteChoice("records" if options.by == "site_record" else "ligand", options.given)


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
