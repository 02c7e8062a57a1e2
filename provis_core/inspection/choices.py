"""What the user can choose in the panel: each choice is another state, which the inspector becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..actions.profile_options import check_profile, check_windowed_profile
from ..actions.work.head_request import choose_head
from ..actions.work.relevance_request import choose_predictions
from ..attention.arcs import check_min_attn
from ..attention.head_id import Head, HeadId, HeadSet, check_head
from ..checkpoints.registry import ModelEntry
from ..errors import InputError
from ..figures.grids import DEFAULT_METRIC, RANKED
from ..figures.relevance_grids import RELEVANCE_CHOICES
from ..scoring.head_scores import HeadScores
from ..targets.scope import check_window
from ..targets.sites import SiteChoice
from ..targets.targets import Target
from .box import Box
from .sight import link_targets, read_model, remake_targets
from .state import RELEVANCE

if TYPE_CHECKING:
    from .desk import Desk

__all__ = ["Choices"]


class Choices:
    """Methods raise a `ProvisError` where what is chosen cannot be had; nothing has changed then.

    Parameters
    ----------
    inspector : Desk
    """

    def __init__(self, inspector: Desk) -> None:
        self._inspector = inspector

    # -- which chain and which model -------------------------------------------------------------------

    def chain(self, index: int) -> None:
        """Look at one of the chains that are offered."""
        chains = self._inspector.chains
        self._inspector.look_at(chains, chains[index])

    def gaps(self, gaps: str) -> None:
        """What the model sees of the chain: one of `provis_core.structures.sequence.GAPS`."""
        here = self._inspector
        if here.target is None:
            here.become(replace(here.state, gaps=gaps))
        else:
            here.look_at(*remake_targets(here.chains, here.target, gaps), gaps=gaps)

    def link(self, link: bool) -> None:
        """Look at all chains of the object as one sequence, or at each by itself again.

        Parameters
        ----------
        link : bool
            Whether the model sees those of the chains that are of the same object as the one looked at as one
            sequence, with linkers between them. They are offered beside the single ones.

        Raises
        ------
        ProvisError
            If there is one chain only, or none.
        """
        here = self._inspector
        target = here.need_target()
        if link != here.state.link:
            here.look_at(*link_targets(here.chains, target, here.state.gaps, link=link))

    def model(self, name: str) -> None:
        """Look with another model, by its name or folder; the kept default stays."""
        here = self._inspector
        here.look_at(here.chains, here.target, read_model(name))

    # -- which heads, and how they are drawn -----------------------------------------------------------

    def metric(self, name: str) -> None:
        """Show another metric in the grid."""
        here = self._inspector
        choice = here.readings.find_metric(name)
        state = replace(here.state, metric=choice.name)
        if here.target is not None:
            here.stage.replay.write_metric(here.target, state, here.entry)
            is_scored = choice.annotation and choice not in RELEVANCE_CHOICES
            if is_scored and choice.annotation not in here.readings.missing:
                here.stage.replay.write_ranking(here.target, state, here.entry, choice.annotation)
        here.become(state)

    def why(self, prediction: str) -> None:
        """Ask why the model says something; the grid shows the relevance of the heads.

        Parameters
        ----------
        prediction : str
            In the words of ``provis_explain``; empty for its default.

        Raises
        ------
        InputError
            If it cannot be meant of the chain and the model.
        """
        here = self._inspector
        target = here.need_target()
        choose_predictions(here.session.viewer, prediction, [target], here.entry)
        metric = here.state.metric if here.readings.reasons.are_shown else RELEVANCE_CHOICES[0].name
        here.supply.retry()
        state = replace(here.state, metric=metric, why=prediction.strip())
        here.stage.replay.write_metric(target, state, here.entry)
        here.become(state)

    def counted(self, min_attn: float) -> None:
        """Count arcs from another weight on in the grid.

        Raises
        ------
        InputError
            If weaker pairs than that were not kept.
        """
        here = self._inspector
        check_min_attn(min_attn)
        state = replace(here.state, counted=min_attn)
        if here.target is not None and state != here.state:
            here.stage.replay.write_metric(here.target, state, here.entry)
        here.become(state)

    def ranking(self, target: Target, entry: ModelEntry, scores: HeadScores) -> None:
        """Show the scores of ``provis_heads`` in the grid if they are of the chain and model looked at."""
        here = self._inspector
        if not here.readings.take_ranking(target, entry, scores):
            return
        if here.state.metric == RANKED.name:
            here.tell("grid")
        else:
            here.become(replace(here.state, metric=RANKED.name))

    def head(self, head: Head, add: bool = False) -> None:
        """Draw another head, or the mean of some.

        Parameters
        ----------
        head : HeadId or HeadSet
            0-based.
        add : bool
            Draw it beside those that are drawn, each in a colour of its own; if it is among them, draw it no
            longer.
        """
        here = self._inspector
        head, config = head if isinstance(head, HeadSet) else HeadId(*head), here.config
        check_head(head, config.n_layers, config.n_heads, here.entry.name)
        old: tuple[Head, ...] = here.state.heads
        heads: tuple[Head, ...] = (head,)
        if add:
            heads = (tuple(one for one in old if one != head) or old) if head in old else (*old, head)
        here.watch.look_again()
        here.supply.retry()
        state = replace(here.state, heads=heads, head=head if head in heads else heads[-1])
        if state != here.state:
            here.become(state)
        else:  # it was cleared, or has moved
            here.stage.draw()
        here.stage.write()

    def best_head(self) -> None:
        """Draw the head that comes first in the grid, once that has come, if it is above the background.

        Unless anything else was chosen meanwhile, or taken up from a session.
        """
        here = self._inspector

        def look() -> None:
            state, grid = here.state, here.readings.grid
            is_own = here.target is None or state.heads == (choose_head(here.entry, None, None),)
            if here.watch.is_restored or state.metric != DEFAULT_METRIC or not is_own:
                stop()
            elif grid is not None:
                stop()
                first = grid.best[0] if grid.best else None
                if first is not None and first != state.head and grid.values[first] > grid.reference:
                    self.head(first)

        stop = here.listen("grid", look)
        look()

    def step(self, d_layer: int, d_head: int) -> None:
        """Draw the head some layers and heads further on, of a set from its first; at an edge it stays."""
        config, old = self._inspector.config, self._inspector.state.head.heads[0]
        layer = min(max(old.layer + d_layer, 0), config.n_layers - 1)
        head = min(max(old.head + d_head, 0), config.n_heads - 1)
        if (layer, head) != old:
            self.head(HeadId(layer, head))

    def options(self, **options: Any) -> None:
        """Draw with other `DrawOptions` or another ``window``; at rest, `settle` is called."""
        here = self._inspector
        window = options.pop("window", here.state.window)
        changed = replace(here.state.options, **options)
        check_window(window)
        changed.check(window)
        here.stage.find_color(changed)
        if here.target is not None and window != here.state.window:
            here.look_at(here.chains, here.target, options=changed, window=window)
        else:
            here.become(replace(here.state, options=changed, window=window))

    def profile(self, which: str) -> None:
        """Colour the residues by the attention that they receive or give in the chosen head, as it changes.

        Parameters
        ----------
        which : str
            ``"received"``, ``"given"``, ``"relevance"``, or empty for the user's own colours.

        Raises
        ------
        InputError
            If it is another word.
        """
        here = self._inspector
        if which == RELEVANCE and not here.readings.reasons.are_shown:
            self.why(here.state.why)
        elif which and which != RELEVANCE:
            check_profile(which)
            check_windowed_profile(which, here.state.window)
        here.need_target()
        here.become(replace(here.state, colored_by=which))
        here.stage.write()

    # -- what is emphasised ----------------------------------------------------------------------------

    def box(self, rows: slice, columns: slice) -> None:
        """Select and emphasise two ranges of residues.

        Parameters
        ----------
        rows, columns : slice
            Residue indices of queries and keys; made to fit the chain.
        """
        here = self._inspector
        box = Box(rows, columns).cut(here.need_target().chain.n_residues)
        if box.is_empty:
            raise InputError("The box holds no residue", "", "Drag over some residues of the map")
        here.become(replace(here.state, box=box))

    def no_box(self) -> None:
        """Emphasise nothing; the two selections are removed."""
        self._inspector.become(replace(self._inspector.state, box=None))

    def site(self, source: str, **options: Any) -> None:
        """Take the site from somewhere else.

        Parameters
        ----------
        source : str
            A key of `SITE_SOURCES`; ``selection`` takes what is selected in the viewer now.
        **options
            ``distance``, ``ion_distance``, ``kinds``, ``additives`` of ligands; ``path`` of a file, and
            the options of its annotator.

        Raises
        ------
        ProvisError
            If it cannot be taken from there. The site stays as it was.
        """
        here = self._inspector
        target = here.need_target()
        if source == "selection":
            here.read_marks()
        residues = tuple(np.flatnonzero(here.stage.pointer.marks).tolist()) if source == "selection" else ()
        about = (target.chain.object_name, target.chain.segment_id, target.chain.chain_id)
        is_tied = source in ("selection", "file")
        choice = SiteChoice(source, options, residues, about if is_tied else ("", "", ""))
        sites = here.known.compute_sites(choice)
        here.become(replace(here.state, site=choice))
        here.known.take_sites(choice, sites)
        if not here.state.site_shown:
            here.stage.replay.write_ranking(target, here.state, here.entry, "site")

    def site_shown(self, shown: bool) -> None:
        """Show the site on the structure, or no longer; it stays shown when another one is chosen.

        Raises
        ------
        ProvisError
            If there is no site to show.
        """
        here = self._inspector
        target = here.need_target()
        if shown:
            here.stage.show_held_site(target)
        here.become(replace(here.state, site_shown=shown))
