"""What the panel shows of some heads of a chain: what follows from what is chosen and what has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.edges import Edges
from ..attention.head_id import Head, HeadSet
from ..attention.head_scan import HeadScan
from ..attention.profile import Profile, compute_profile
from ..attention.relevance import Relevance
from ..checkpoints.registry import ModelEntry
from ..errors import ProvisError
from ..exports.pairs import PairRows, make_pair_rows
from ..figures.grids import RANKED, MetricChoice, compute_grid, known_choices, make_ranked_grid
from ..figures.head_grid import HeadGrid
from ..figures.relevance_grids import RELEVANCE_CHOICES, find_shown, make_relevance_grid
from ..scenes.draw_options import choose_look
from ..scoring.head_scores import HeadScores
from ..scoring.head_scoring import compute_head_scores
from ..targets.sites import Known
from ..targets.targets import Target
from .knowledge import Knowledge
from .loading import Loader
from .reasons import Reasons, Viewed
from .sites import SiteRow, SiteSummary, make_site_rows, summarize_site
from .supply import HeadSupply

__all__ = ["Readings"]

_SECONDARY: Final = ("helix", "strand")

_T = TypeVar("_T")

_Source = HeadScan | Relevance | None


class Readings:
    """What can be read of the heads of a chain; each value is remembered until what it is made of changes.

    Parameters
    ----------
    sight : Viewed
        What is looked at now.
    supply : HeadSupply
    known : Knowledge
    loader : Loader
        Computes the numbers of all heads.
    tell : callable
        Called with ``"grid"`` or ``"sites"`` when such numbers have come.

    Attributes
    ----------
    reasons : Reasons
        Why the model says something.
    """

    def __init__(
        self,
        sight: Viewed,
        supply: HeadSupply,
        known: Knowledge,
        loader: Loader,
        tell: Callable[[Literal["grid", "sites"]], object],
    ) -> None:
        self._sight, self._supply, self._known = sight, supply, known
        self._loader, self._tell = loader, tell
        self._made: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self.reasons = Reasons(sight, supply, self._remember)
        self._grids: dict[str, tuple[_Source, Annotation | None, float, HeadGrid]] = {}
        self._asked: tuple[str, _Source, Annotation | None, float] | None = (
            None  # the grid that was asked for last
        )
        self._ranked: HeadGrid | None = None  # what the last ranking gave
        self._site_tables: dict[
            HeadSet | None, tuple[HeadScan, Annotation, float, HeadScores]
        ] = {}  # None: all

    def forget(self) -> None:
        """Another chain or model is looked at."""
        self._made.clear()
        self._grids.clear()
        self._site_tables.clear()
        self._ranked = self._asked = None

    # -- what has come ---------------------------------------------------------------------------------

    @property
    def scan(self) -> HeadScan | None:
        """All heads; None until the worker has sent them."""
        return self._supply.scan

    @property
    def own_scan(self) -> HeadScan | None:
        """The scan that has the head, of a set that of its mean; None until the worker has sent it."""
        return self._supply.scan_of(self._sight.state.head)

    @property
    def weights(self) -> npt.NDArray[np.float32] | None:
        """The whole map of the head, shape (n_positions, n_positions); None until it is there.

        It never comes for a chain that is too long for a map: the arcs of `own_scan` are what there is.
        """
        return self._supply.weights(self._sight.state.head)

    @property
    def edges(self) -> Edges | None:
        """The pairs of the head that are drawn."""
        return self._sight.drawn.get(self._sight.state.head)

    @property
    def contacts(self) -> Annotation | None:
        """Contacts of the chain."""
        return self._known.found.get("contact")

    @property
    def secondary(self) -> tuple[Annotation, ...]:
        """Helix and strand, where they are known."""
        return tuple(self._known.found[name] for name in _SECONDARY if name in self._known.found)

    @property
    def sites(self) -> Annotation | None:
        """The residues of the site."""
        return self._known.found.get("site")

    @property
    def knowledge(self) -> Known:
        """All that is known of the residues, why the rest is not, and the site."""
        return self._known.found, self._known.missing, self._known.sites

    @property
    def missing(self) -> Mapping[str, ProvisError]:
        """Why a property of the residues is not known, by its name."""
        return self._known.missing

    # -- what follows from it --------------------------------------------------------------------------

    @property
    def head_palettes(self) -> dict[Head, str]:
        """The palette of each head that is shown."""
        heads, options = self._sight.state.heads, self._sight.state.options
        return {head: choose_look(heads, head, options).palette for head in heads}

    @property
    def profile(self) -> Profile | None:
        """Attention that each residue receives and gives in the head; None without a chain."""
        head, scan, weights = self._sight.state.head, self.own_scan, self.weights
        received = None if scan is None else scan.received[head.place]
        return self._remember(
            "profile",
            (head, scan is None, weights is None),
            lambda target: compute_profile(received, weights, target.sequence_map, target.chain.n_residues),
        )

    @property
    def pair_rows(self) -> PairRows | None:
        """The drawn pairs of the head; None where nothing is drawn."""
        edges, contacts, sites = self.edges, self.contacts, self.sites
        if edges is None:
            return None
        return self._remember(
            "pairs",
            (edges, contacts, sites),
            lambda target: make_pair_rows(target.chain, target.sequence_map, edges, contacts, sites),
        )

    @property
    def site_rows(self) -> tuple[SiteRow, ...]:
        """The residues of the site with the attention that they receive in the head."""
        profile, sites = self.profile, self._known.sites
        if profile is None or not sites:
            return ()
        rows = self._remember(
            "sites", (profile, sites), lambda target: make_site_rows(target.chain, profile.received, sites)
        )
        return rows or ()

    @property
    def site_summary(self) -> SiteSummary | None:
        """Whether the head attends to the site as a whole; None until it is computed."""
        head = self._sight.state.head
        scan, sites, counted, table = self._site_tables.get(_set_of(head), (None, None, 0.0, None))
        if (
            table is None
            or (scan, sites) != (self.own_scan, self.sites)
            or counted != self._sight.state.counted
        ):
            return None
        return summarize_site(table, head.place)

    def _remember(self, name: str, key: tuple[Any, ...], make: Callable[[Target], _T]) -> _T | None:
        """What is made of the chain and of a key, until another key is asked for under its name."""
        target = self._sight.target
        if target is None:
            return None
        if name not in self._made or self._made[name][0] != (target, *key):
            self._made[name] = (target, *key), make(target)
        made: _T = self._made[name][1]
        return made

    # -- the numbers of all heads ----------------------------------------------------------------------

    @property
    def metrics(self) -> tuple[MetricChoice, ...]:
        """What the grid can show of this chain."""
        offered = (*known_choices(), *(RELEVANCE_CHOICES if self.reasons.can_be_asked else ()))
        known = tuple(one for one in offered if one.annotation not in self.missing)
        return known if self._ranked is None else (*known, replace(RANKED, label=self._ranked.label))

    @property
    def grid(self) -> HeadGrid | None:
        """The chosen metric of all heads; None until it is computed."""
        if self._sight.state.metric == RANKED.name:
            return self._ranked
        return self._find_grid(find_shown(self._sight.state.metric))

    def find_metric(self, name: str) -> MetricChoice:
        """What the grid can show, by its name.

        Raises
        ------
        InputError
            If there is none.
        """
        return RANKED if name == RANKED.name and self._ranked is not None else find_shown(name)

    def make_grid(self) -> None:
        """Compute the chosen metric on a thread, once it can be and if it is neither there nor on its way."""
        target = self._sight.target
        if target is None or self._sight.state.metric == RANKED.name:
            return
        choice = find_shown(self._sight.state.metric)
        if choice in RELEVANCE_CHOICES:
            self._supply.want_relevance(self._sight.state.why)
        source, known = self._source_of(choice), self._known.found.get(choice.annotation)
        is_lacking = source is None or (choice.annotation and known is None)
        if is_lacking or self._find_grid(choice) is not None:
            return
        counted = self._sight.state.counted
        asked = choice.name, source, known, counted
        if self._asked == asked and self._loader.is_awaited("grid"):
            return
        self._asked = asked

        def take(grid: HeadGrid) -> None:
            self._grids[choice.name] = source, known, counted, grid
            self._tell("grid")

        title = f"{self._sight.entry.name} on {target.chain.label}"
        if isinstance(source, Relevance):
            work = partial(make_relevance_grid, choice, source, target.sequence_map, known, title)
        else:
            assert source is not None
            found = dict(self._known.found)
            work = partial(compute_grid, choice, source, target.sequence_map, found, title, counted)
        self._loader.compute("grid", f"{choice.label}, all heads", work, take)

    def _source_of(self, choice: MetricChoice) -> _Source:
        """What the numbers of a metric are made of; None until it is there."""
        return self.reasons.relevance if choice in RELEVANCE_CHOICES else self.scan

    def take_ranking(self, target: Target, entry: ModelEntry, table: HeadScores) -> bool:
        """Take the scores of ``provis_heads``; whether they are of the chain and the model looked at."""
        here = self._sight.target
        if here is None or entry.folder != self._sight.entry.folder:
            return False
        theirs, ours = target.chain, here.chain
        names = (ours.object_name, ours.chain_id, ours.segment_id, ours.residue_ids)
        if (theirs.object_name, theirs.chain_id, theirs.segment_id, theirs.residue_ids) != names:
            return False
        if target.sequence_map.sequence != here.sequence_map.sequence:
            return False
        self._ranked = make_ranked_grid(table, f"{entry.name} on {theirs.label}")
        return True

    def test_site(self) -> None:
        """Compute on a thread whether heads attend to the site, unless that is known."""
        target, scan, sites, counted = (
            self._sight.target,
            self.own_scan,
            self.sites,
            self._sight.state.counted,
        )
        several = _set_of(self._sight.state.head)
        if target is None or scan is None or sites is None:
            return
        if self._site_tables.get(several, ())[:3] == (scan, sites, counted):
            return

        def take(table: HeadScores) -> None:
            self._site_tables[several] = scan, sites, counted, table
            self._tell("sites")

        work = partial(compute_head_scores, scan, target.sequence_map, sites, min_attn=counted)
        self._loader.compute("site", "p-values of the site", work, take)

    def _find_grid(self, choice: MetricChoice) -> HeadGrid | None:
        """A grid that is there, of what it would be made of now."""
        source, known, counted, grid = self._grids.get(choice.name, (None, None, 0.0, None))
        is_own = source is self._source_of(choice) and known is self._known.found.get(choice.annotation)
        return grid if is_own and counted == self._sight.state.counted else None


def _set_of(head: Head) -> HeadSet | None:
    return head if isinstance(head, HeadSet) else None
