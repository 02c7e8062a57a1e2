"""What is chosen in the panel: the fields of the inspector."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ..attention.edges import Edges
from ..attention.head_id import HeadId
from ..checkpoints.config import CheckpointConfig, read_config
from ..checkpoints.registry import ModelEntry, find_model
from ..commands.dialect import Dialect
from ..errors import InputError
from ..figures.grids import METRICS
from ..scenes.draw_options import DrawOptions
from ..session.session import Session
from ..structures.subject import Subject
from ..system.events import Events
from ..targets.sites import SiteChoice
from ..targets.targets import Part
from ..viewers.viewer import Viewer
from .box import Box
from .cylinders import Cylinders
from .knowledge import Knowledge
from .loading import Loader, Status
from .painting import Painting
from .pointer import Pointer
from .readings import Readings
from .site_show import SiteShow
from .supply import HeadSupply

__all__ = ["TOPICS", "InspectorModel", "Topic"]

Topic = Literal["chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options"]

TOPICS: Final[tuple[Topic, ...]] = (
    "chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options",
)  # fmt: skip
"""What can be listened to."""


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
    colored_by : str
        What the residues are coloured by: ``received`` or ``given`` attention; empty for the user's colours.
    is_site_shown : bool
        Whether the site is shown on the structure.
    box : Box or None
        The part of the map that is emphasised.
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    options : DrawOptions
    readings : Readings
        What the panel shows of all that.
    """

    def __init__(self, session: Session[Viewer], clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        self._viewer = session.viewer
        self._events: Events[Topic] = Events(TOPICS, self._viewer.warn)
        self.loader = Loader(session, lambda: self._events.tell("status"), clock)
        self._supply = HeadSupply(session, self.loader, self._take_scan, self._take_values)
        self._known = Knowledge(self.loader, self._take_annotations)
        self.readings = Readings(self, self._supply, self._known, self.loader, self._events.tell)
        self._pointer = Pointer(self._viewer)
        self._site_show = SiteShow(session)
        self._painting = Painting(self._viewer)
        self._cylinders = Cylinders(self._viewer, self._supply)
        self._model: tuple[ModelEntry, CheckpointConfig] | None = None
        self.chains: tuple[Part, ...] = ()
        self.part: Part | None = None
        self.gaps = "auto"
        self.metric = METRICS[0].name
        self.head = HeadId(0, 0)
        self.heads: tuple[HeadId, ...] = (self.head,)
        self.window = 0
        self.colored_by = ""
        self.is_site_shown = False
        self.box: Box | None = None
        settings = session.settings
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

    def need_part(self) -> Part:
        """The chain; an `InputError` where there is none."""
        if self.part is None:
            raise InputError(
                "There is no chain in the panel", "", "Load a structure and open it in the panel"
            )
        return self.part

    @property
    def dialect(self) -> Dialect:
        """How commands and options are typed in the viewer: texts are shown in its words."""
        return self._viewer.dialect

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
            entry = find_model(self.session.settings.text("model"))
            self._model = entry, read_config(entry.folder)
        return self._model

    @property
    def marks(self) -> npt.NDArray[np.bool_]:
        """What is selected in the viewer, shape (n_residues,)."""
        return self._pointer.marks

    @property
    def legend(self) -> str:
        """What the colours of the cylinders say."""
        return self._cylinders.legend

    @property
    def subject(self) -> Subject | None:
        """The chain with its atoms and records."""
        return self._known.subject

    @property
    def drawn(self) -> Mapping[HeadId, Edges]:
        """The pairs of each of `heads` that are drawn."""
        return self._cylinders.edges

    @property
    def site_choice(self) -> SiteChoice:
        """What the site is taken from, with its options."""
        return self._known.choice

    @property
    def status(self) -> Status:
        """What is going on."""
        return self.loader.status
