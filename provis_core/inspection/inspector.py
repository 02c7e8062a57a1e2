"""The inspector: what is looked at, the parts that show it, and what becomes of them when it changes.

Everything happens on the viewer's thread. What takes long is asked of the worker or a thread and arrives
later; listeners are told, and nothing waits. It knows no Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..actions.work.figure_choice import Shown
from ..actions.work.report import describe_long_chains
from ..attention.edges import Edges
from ..attention.head_id import Head, HeadSet
from ..checkpoints.config import CheckpointConfig
from ..checkpoints.registry import ModelEntry
from ..errors import InputError
from ..session.session import Session
from ..system.events import Events
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .choices import Choices
from .knowledge import Knowledge
from .loading import Loader, Status
from .readings import Readings
from .sight import KnownModel, Sight, look_at, name_chains, read_model
from .stage import Stage
from .state import PanelState
from .supply import HeadSupply
from .topics import TOPICS, Topic
from .watch import Watch

__all__ = ["Inspector"]

_TOLD: Final[Mapping[str, tuple[Topic, ...]]] = {
    "chains": ("chain",), "heads": ("head", "map"), "head": ("head", "map"), "metric": ("grid", "map"),
    "why": ("grid", "map"), "counted": ("grid", "sites"),
    "options": ("options",), "colored_by": ("options",), "site_shown": ("sites",),
}  # fmt: skip
"""Whom a change of a field of the state is told to; all where another chain is looked at."""


class Inspector:
    """All heads of one model on one chain, and the chosen ones on the structure.

    Methods raise a `ProvisError` where what is asked for cannot be done; nothing has changed then. What
    fails later is in `status`, and the viewer has shown it.

    Parameters
    ----------
    session : Session
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    state : PanelState
        What is looked at and how.
    sight : Sight
        What was read for it.
    choose : Choices
        Makes another state.
    readings : Readings
        What there is to show.
    known : Knowledge
        What is known of the residues.
    stage : Stage
        What is shown in the viewer.
    loader, supply : Loader, HeadSupply
        What is awaited, and what has come of the heads.
    watch : Watch
        Keeps it in step with the viewer.
    """

    def __init__(self, session: Session[Viewer], clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        viewer = self._viewer = session.viewer
        self._events: Events[Topic] = Events(TOPICS, viewer.warn)
        self.loader = Loader(session, lambda: self._events.tell("status"), clock)
        self.supply = HeadSupply(
            session, self.loader, self._take_scan, self._take_values, self._take_relevance
        )
        self.known = Knowledge(self.loader, self._take_annotations)
        self.readings = Readings(self, self.supply, self.known, self.loader, self._events.tell)
        self.stage = Stage(self, session, self.supply, self.known, self.loader, self._events.tell)
        self.choose = Choices(self)
        self.state = PanelState.first(session.settings)
        self.sight = Sight()
        self.watch = Watch(self)

    def tell(self, *topics: Topic) -> None:
        """Call those who listen to some topics."""
        self._events.tell(*topics)

    def listen(self, topic: Topic, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function at each change of a topic, until the function that is given back is called."""
        return self._events.listen(topic, callback)

    # -- what is looked at -----------------------------------------------------------------------------

    @property
    def target(self) -> Target | None:
        """The chain."""
        return self.sight.target

    @property
    def chains(self) -> tuple[Target, ...]:
        """Those that can be chosen, as `PanelState.chains` names them."""
        return self.sight.targets

    @property
    def entry(self) -> ModelEntry:
        """The model."""
        return self._find_model()[0]

    @property
    def config(self) -> CheckpointConfig:
        """What the model is: its numbers of layers and heads."""
        return self._find_model()[1]

    @property
    def drawn(self) -> Mapping[Head, Edges]:
        """The pairs of each head that is drawn."""
        return self.stage.cylinders.edges

    @property
    def status(self) -> Status:
        """What is going on."""
        return self.loader.status

    @property
    def shown(self) -> Shown | None:
        """What a figure of the panel shows; None where there is no chain, or it is gone."""
        target, state = self.target, self.state
        if target is None or not self._viewer.is_there(target.chain):
            return None
        heads = (state.head, *(one for one in state.heads if one != state.head))
        palette, window = state.options.palette, state.window
        marks = self.stage.pointer.marks
        return Shown(
            target,
            self.entry,
            heads,
            state.site,
            state.metric,
            palette,
            window,
            marks,
            counted=state.counted,
            drawing=state.options,
            why=state.why,
        )

    def need_target(self) -> Target:
        """The chain; an `InputError` where there is none."""
        if self.target is None:
            raise InputError(
                "There is no chain in the panel", "", "Load a structure and open it in the panel"
            )
        return self.target

    def _find_model(self) -> KnownModel:
        if self.sight.model is None:
            name = self.state.model or self.session.settings.text("model")
            self.sight = replace(self.sight, model=read_model(name))
        assert self.sight.model is not None
        return self.sight.model

    # -- the one place where it changes ----------------------------------------------------------------

    def become(self, new: PanelState, sight: Sight | None = None) -> None:
        """Look at another state; the parts follow in the order in which one needs the other.

        Parameters
        ----------
        new : PanelState
        sight : Sight, optional
            What was read for it: all begins anew, whatever has changed.
        """
        old, self.state = self.state, new
        changed = {name for name in vars(new) if getattr(old, name) != getattr(new, name)}
        told: dict[Topic, None] = {topic: None for name in _TOLD if name in changed for topic in _TOLD[name]}
        if sight is None:
            self.stage.follow(old, changed)
            if changed & {"metric", "counted", "why"}:
                self.readings.make_grid()
            if changed & {"head", "counted"}:
                self.readings.test_site()
        else:
            self._begin(sight, old)
            told |= dict.fromkeys(TOPICS[: TOPICS.index("status")])
        self._events.tell(*told)
        self.watch.keep()

    def _begin(self, sight: Sight, old: PanelState) -> None:
        """Give up what there is of the last chain or model, and ask for what there is of the next."""
        before, self.sight = self.target, sight
        target, state = sight.target, self.state
        for line in describe_long_chains(self.entry, [target]) if target is not None else ():
            self._viewer.warn(line)
        self.readings.forget()
        self.supply.reset(target, self.entry, state.window)
        self.known.reset(sight.subject, state.site)
        self.supply.want(state.head, state.heads, state.options)
        if self.readings.reasons.are_shown:
            self.readings.make_grid()
        self.stage.begin(old, before.chain if before is not None else None)

    def look_at(
        self,
        targets: Iterable[Target],
        target: Target | None,
        model: KnownModel | None = None,
        **changes: Any,
    ) -> None:
        """Begin anew with one of some chains, or none, with a model, and with other changes of the state."""
        model = model or self._find_model()
        state, sight = look_at(self._viewer, self.state, self.sight, targets, target, model)
        self.become(replace(state, **changes), sight)

    # -- how a panel begins and ends -------------------------------------------------------------------

    def open(self, selection: str = "", link: bool = False) -> None:
        """Look at the chains of a selection, the first of them at once.

        Parameters
        ----------
        selection : str
            In the viewer's language. Empty for what was looked at last, here or when the session was saved,
            else all enabled objects.
        link : bool
            Look at all of them as one sequence, with linkers between them.

        Raises
        ------
        ProvisError
            If there is no such chain.
        """
        self.watch.open(selection, link)

    def offer(self, targets: Iterable[Target]) -> None:
        """Offer other chains, the one that is looked at among them."""
        self.sight = replace(self.sight, targets=tuple(targets))
        self.become(replace(self.state, chains=name_chains(self._viewer, self.chains)))

    def restart(self) -> None:
        """Compute again, after a failure or `stop`."""
        if self.target is not None:
            self.look_at(self.chains, self.target)

    def stop(self) -> None:
        """Stop what the worker computes for the panel, within a second."""
        self.loader.stop()

    def clear(self) -> None:
        """Remove what was drawn and selected here, and give residues their colours back."""
        names = self.stage.clear()
        self.become(replace(self.state, box=None, colored_by="", site_shown=False))
        self.stage.write_cleared(names)
        self._events.tell("drawing")

    def close(self) -> None:
        """The panel is closed: nothing is awaited any more; what is drawn stays. `open` begins again."""
        self.stage.forget()
        self.look_at((), None)
        self.watch.forget()
        self.loader.close()

    def end(self) -> None:
        """The viewer is ending: nothing is awaited any more, and nobody is told."""
        self.loader.close()

    def read_marks(self) -> None:
        """Look what is selected in the viewer and which chains there are; a loaded session is taken up.

        Cheap enough to be called several times per second.
        """
        self.watch.look()

    def settle(self) -> None:
        """The user has let go of a slider: write the command that makes what is drawn.

        What failed while it moved is asked for once more.
        """
        self.supply.retry()
        if self.watch.look_again() or self.stage.cylinders.is_behind:
            self.stage.draw()
        self.stage.write()

    def command(self) -> str:
        """The commands that make this drawing, one per line; empty without a chain."""
        if self.target is None:
            return ""
        return "\n".join(self.stage.replay.list_commands(self.target, self.state, self.entry))

    def _take_scan(self) -> None:
        self.stage.paint()
        self.readings.make_grid()
        self.readings.test_site()
        self._events.tell("scan", "grid")
        self.stage.draw()
        self.stage.write()

    def _take_values(self, head: Head) -> None:
        if head == self.state.head:
            self.stage.paint()
            self._events.tell("map")
            if isinstance(head, HeadSet):
                self.readings.test_site()
        if self.stage.cylinders.is_behind:
            self.stage.draw()
            self.stage.write()
        else:
            self.supply.want(self.state.head, self.state.heads, self.state.options)

    def _take_relevance(self) -> None:
        self.stage.paint()
        self.readings.make_grid()
        self._events.tell("grid", "map")

    def _take_annotations(self) -> None:
        self.readings.make_grid()
        self.readings.test_site()
        self.stage.show_site()
        self._events.tell("sites", "grid")
