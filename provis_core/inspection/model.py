"""What the panel shows: the fields of the inspector, and what follows from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.edges import Edges
from ..attention.head_id import HeadId
from ..attention.head_scan import HeadScan
from ..attention.profile import Profile, compute_profile
from ..checkpoints.config import CheckpointConfig, read_config
from ..checkpoints.registry import ModelEntry, find_model
from ..errors import InputError, ProvisError
from ..exports.pairs import PairRows, make_pair_rows
from ..figures.grids import METRICS, RANKED, MetricChoice
from ..figures.head_grid import HeadGrid
from ..scenes.draw_options import DrawOptions
from ..scoring.head_scores import HeadScores
from ..structures.subject import Subject
from ..system.events import Events
from ..targets.targets import Part
from .drawings import Box, Drawings, choose_look
from .knowledge import Knowledge
from .loading import Loader, Status
from .sites import SITE_SOURCES, SiteChoice, SiteRow, SiteSummary, make_site_rows, summarize_site
from .supply import HeadSupply

if TYPE_CHECKING:
    from ..actions.explorer import AttentionExplorer

__all__ = ["TOPICS", "InspectorModel", "Topic"]

Topic = Literal["chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options"]

TOPICS: Final[tuple[Topic, ...]] = (
    "chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options",
)  # fmt: skip
"""What can be listened to."""

_T = TypeVar("_T")


class InspectorModel:
    """One chain, one model, the chosen heads, and what is known of them.

    Attributes
    ----------
    chains : tuple of Part
        That can be chosen.
    part : Part or None
        The chosen one.
    gaps : str
        What the model is asked to see; `part` tells what it does see.
    metric : str
        Name of what the grid shows.
    head : HeadId
        The chosen head.
    heads : tuple of HeadId
        All that are drawn, `head` among them.
    legend : str
        What the colours of the cylinders say.
    colored_by : str
        What the residues are coloured by: ``received`` or ``given`` attention; empty for the user's colours.
    is_site_shown : bool
        Whether the site is shown on the structure.
    box : Box or None
        The part of the map that is emphasised.
    marks : numpy.ndarray of bool, shape (n_residues,)
        What is selected in the viewer.
    options : DrawOptions
    """

    def __init__(self, explorer: AttentionExplorer, clock: Callable[[], float] = time.monotonic) -> None:
        self.explorer = explorer
        self._viewer = explorer.viewer
        self._events: Events[Topic] = Events(TOPICS, self._viewer.warn)
        self._loader = Loader(explorer, lambda: self._events.tell("status"), clock)
        self._supply = HeadSupply(explorer, self._loader, self._take_scan, self._take_values)
        self._known = Knowledge(self._loader, self._take_annotations)
        self._drawings = Drawings(self._viewer)
        self._model: tuple[ModelEntry, CheckpointConfig] | None = None
        self._grids: dict[str, HeadGrid] = {}
        self._ranked: HeadGrid | None = None  # what provis_heads gave
        self._drawn: dict[HeadId, Edges] = {}
        self._site_table: tuple[Any, HeadScores] | None = None
        self._made: dict[str, tuple[Any, Any]] = {}
        self.chains: tuple[Part, ...] = ()
        self.part: Part | None = None
        self.gaps = "auto"
        self.metric = METRICS[0].name
        self.head = HeadId(0, 0)
        self.heads: tuple[HeadId, ...] = (self.head,)
        self.legend = ""
        self.colored_by = ""
        self.is_site_shown = False
        self.box: Box | None = None
        self.marks: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        settings = explorer.settings
        self.options = DrawOptions(
            min_attn=settings.number("min_attn"),
            top=int(settings.number("top")),
            max_pairs=int(settings.number("max_pairs")),
            palette=settings.text("palette"),
            radius=settings.number("radius"),
        )

    def listen(self, topic: Topic, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function at each change of a topic, until the function that is given back is called."""
        return self._events.listen(topic, callback)

    def _take_scan(self) -> None:
        raise NotImplementedError

    def _take_values(self, head: HeadId) -> None:
        raise NotImplementedError

    def _take_annotations(self) -> None:
        raise NotImplementedError

    def _look_again(self) -> bool:
        raise NotImplementedError

    def _look_at(self, part: Part | None, subject: Subject | None) -> None:
        raise NotImplementedError

    def _paint(self) -> None:
        raise NotImplementedError

    def _keep(self) -> None:
        raise NotImplementedError

    def _lose(self, why: str) -> None:
        raise NotImplementedError

    def read_marks(self) -> None:
        raise NotImplementedError

    def read_session(self) -> bool:
        raise NotImplementedError

    def _need_part(self) -> Part:
        if self.part is None:
            raise InputError(
                "There is no chain in the panel", "", "Load a structure and open it in the panel"
            )
        return self.part

    @property
    def entry(self) -> ModelEntry:
        """The model."""
        return self._find_model()[0]

    @property
    def config(self) -> CheckpointConfig:
        """What the model is: its numbers of layers and heads."""
        return self._find_model()[1]

    def _find_model(self) -> tuple[ModelEntry, CheckpointConfig]:
        if self._model is None:
            entry = find_model(self.explorer.settings.text("model"))
            self._model = entry, read_config(entry.folder)
        return self._model

    @property
    def subject(self) -> Subject | None:
        """The chain with its atoms and records."""
        return self._known.subject

    @property
    def scan(self) -> HeadScan | None:
        """All heads; None until the worker has sent them."""
        return self._supply.scan

    @property
    def metrics(self) -> tuple[MetricChoice, ...]:
        """What the grid can show of this chain."""
        known = tuple(one for one in METRICS if one.annotation not in self._known.missing)
        return known if self._ranked is None else (*known, replace(RANKED, label=self._ranked.label))

    @property
    def grid(self) -> HeadGrid | None:
        """The chosen metric of all heads; None until it is computed."""
        return self._ranked if self.metric == RANKED.name else self._grids.get(self.metric)

    @property
    def head_palettes(self) -> dict[HeadId, str]:
        """The palette of each of `heads`."""
        return {head: choose_look(self.heads, head, self.options).palette for head in self.heads}

    @property
    def weights(self) -> npt.NDArray[np.float32] | None:
        """The whole map of `head`, shape (n_positions, n_positions); None until it is there.

        It never comes for a chain that is too long for a map: the arcs of `scan` are what there is.
        """
        return self._supply.weights(self.head)

    @property
    def edges(self) -> Edges | None:
        """The pairs of `head` that are drawn."""
        return self._drawn.get(self.head)

    @property
    def contacts(self) -> Annotation | None:
        """Contacts of the chain."""
        return self._known.found.get("contact")

    @property
    def secondary(self) -> tuple[Annotation, ...]:
        """Helix and strand, where they are known."""
        return tuple(self._known.found[name] for name in ("helix", "strand") if name in self._known.found)

    @property
    def sites(self) -> Annotation | None:
        """The residues of the site."""
        return self._known.found.get("site")

    @property
    def site_parts(self) -> tuple[Annotation, ...]:
        """The parts of the site, like each ligand."""
        return self._known.sites[1:]

    @property
    def site_source(self) -> str:
        """What the site is taken from, a key of `SITE_SOURCES`."""
        return self._known.choice.source

    @property
    def site_choice(self) -> SiteChoice:
        """What the site is taken from, with its options."""
        return self._known.choice

    @property
    def site_sources(self) -> Mapping[str, str]:
        """What it can be taken from, with words for the user."""
        return SITE_SOURCES

    @property
    def missing(self) -> Mapping[str, ProvisError]:
        """Why a property of the residues is not known, by its name."""
        return self._known.missing

    @property
    def status(self) -> Status:
        """What is going on."""
        return self._loader.status

    @property
    def profile(self) -> Profile | None:
        """Attention that each residue receives and gives in `head`; None without a chain."""
        if self.part is None:
            return None
        scan, weights = self.scan, self.weights
        received = None if scan is None else scan.received[self.head]
        return self._remember(
            "profile",
            (self.head, scan is None, weights is None),
            lambda part: compute_profile(received, weights, part.sequence_map, part.chain.n_residues),
        )

    @property
    def pair_rows(self) -> PairRows | None:
        """The drawn pairs of `head`; None where nothing is drawn."""
        edges = self.edges
        if edges is None:
            return None
        return self._remember(
            "pairs",
            (edges, self.contacts, self.sites),
            lambda part: make_pair_rows(part.chain, part.sequence_map, edges, self.contacts, self.sites),
        )

    @property
    def site_rows(self) -> tuple[SiteRow, ...]:
        """The residues of the site with the attention that they receive in `head`."""
        profile, sites = self.profile, self._known.sites
        if profile is None or not sites:
            return ()
        return self._remember(
            "sites", (profile, sites), lambda part: make_site_rows(part.chain, profile.received, sites)
        )

    @property
    def site_summary(self) -> SiteSummary | None:
        """Whether `head` attends to the site as a whole; None until it is computed."""
        if self._site_table is None or self._site_table[0] is not self.sites:
            return None
        return summarize_site(self._site_table[1], self.head)

    def _remember(self, name: str, key: Any, make: Callable[[Part], _T]) -> _T:
        """What is made of the rest, until something else is asked for under its name."""
        assert self.part is not None
        if name not in self._made or self._made[name][0] != key:
            self._made[name] = key, make(self.part)
        made: _T = self._made[name][1]
        return made
