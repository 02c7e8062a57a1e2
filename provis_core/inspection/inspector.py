"""The inspector: what is looked at, the parts that show it, and what becomes of them when it changes.

Everything happens on the viewer's thread. What takes long is asked of the worker or a thread and arrives
later; listeners are told, and nothing waits. It knows no Qt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from ..actions._figure import Shown
from ..actions.report import describe_long_chains
from ..attention.edges import Edges
from ..attention.head_id import HeadId
from ..checkpoints.config import CheckpointConfig
from ..checkpoints.registry import ModelEntry
from ..commands.dialect import Dialect
from ..errors import InputError, ProvisError, StructureError
from ..figures.grids import RANKED
from ..scenes.draw_options import DrawOptions
from ..scoring.head_scores import HeadScores
from ..session.session import Session
from ..session.settings import Settings
from ..system.events import Events
from ..targets.scope import Scope
from ..targets.targets import Part
from ..viewers.viewer import Viewer
from .choices import Choices
from .following import find_offered, follow_objects, follow_renamed, rename_site
from .knowledge import Knowledge
from .loading import Loader, Status
from .readings import Readings
from .sight import Model, Sight, look_again, look_at, name_chains, read_kept, read_model
from .stage import Stage
from .state import PanelState, describe_bad_state
from .supply import HeadSupply

__all__ = ["TOPICS", "Inspector", "Topic"]

Topic = Literal["chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options"]

TOPICS: Final[tuple[Topic, ...]] = (
    "chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options",
)  # fmt: skip
"""What can be listened to."""

_STATE: Final = "panel"  # key of our state in the viewer's session
_TOLD: Final[Mapping[str, tuple[Topic, ...]]] = {
    "chains": ("chain",), "heads": ("head", "map"), "head": ("head", "map"), "metric": ("grid",),
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
    choose : Choices
        Makes another state.
    readings : Readings
        What there is to show.
    known : Knowledge
        What is known of the residues.
    stage : Stage
        What is shown in the viewer.
    loader : Loader
        What is awaited.
    """

    def __init__(self, session: Session[Viewer], clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        viewer = self._viewer = session.viewer
        self._events: Events[Topic] = Events(TOPICS, viewer.warn)
        self.loader = Loader(session, lambda: self._events.tell("status"), clock)
        self._supply = HeadSupply(session, self.loader, self._take_scan, self._take_values)
        self.known = Knowledge(self.loader, self._take_annotations)
        self.readings = Readings(self, self._supply, self.known, self.loader, self._events.tell)
        self.stage = Stage(self, session, self._supply, self.known, self.loader, self._events.tell)
        self.choose = Choices(self)
        self.state = PanelState(options=_default_options(session.settings))
        self._sight = Sight()
        self._objects: Mapping[str, str] = {}  # of the viewer, whose chains are offered or cannot be
        self._kept = ""  # the state that the viewer keeps

    def listen(self, topic: Topic, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function at each change of a topic, until the function that is given back is called."""
        return self._events.listen(topic, callback)

    # -- what is looked at -----------------------------------------------------------------------------

    @property
    def part(self) -> Part | None:
        """The chain."""
        return self._sight.part

    @property
    def chains(self) -> tuple[Part, ...]:
        """Those that can be chosen, as `PanelState.chains` names them."""
        return self._sight.parts

    @property
    def entry(self) -> ModelEntry:
        """The model."""
        return self._find_model()[0]

    @property
    def config(self) -> CheckpointConfig:
        """What the model is: its numbers of layers and heads."""
        return self._find_model()[1]

    @property
    def drawn(self) -> Mapping[HeadId, Edges]:
        """The pairs of each head that is drawn."""
        return self.stage.cylinders.edges

    @property
    def dialect(self) -> Dialect:
        """How commands and options are typed in the viewer: texts are shown in its words."""
        return self._viewer.dialect

    @property
    def status(self) -> Status:
        """What is going on."""
        return self.loader.status

    @property
    def shown(self) -> Shown | None:
        """What a figure of the panel shows; None where there is no chain, or it is gone."""
        part, state = self.part, self.state
        if part is None or not self._viewer.is_there(part.chain):
            return None
        heads = (state.head, *(one for one in state.heads if one != state.head))
        palette, window = state.options.palette, state.window
        return Shown(
            part, self.entry, heads, state.site, state.metric, palette, window, self.stage.pointer.marks
        )

    def need_part(self) -> Part:
        """The chain; an `InputError` where there is none."""
        if self.part is None:
            raise InputError(
                "There is no chain in the panel", "", "Load a structure and open it in the panel"
            )
        return self.part

    def _find_model(self) -> Model:
        if self._sight.model is None:
            name = self.state.model or self.session.settings.text("model")
            self._sight = replace(self._sight, model=read_model(name))
        assert self._sight.model is not None
        return self._sight.model

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
            if "metric" in changed:
                self.readings.make_grid()
        else:
            self._begin(sight, old)
            told |= dict.fromkeys(TOPICS[: TOPICS.index("status")])
        self._events.tell(*told)
        self._keep()

    def _begin(self, sight: Sight, old: PanelState) -> None:
        """Give up what there is of the last chain or model, and ask for what there is of the next."""
        before, self._sight = self.part, sight
        part, state = sight.part, self.state
        for line in describe_long_chains(self.entry, [part]) if part is not None else ():
            self._viewer.warn(line)
        self.readings.forget()
        self._supply.reset(part, self.entry, state.window)
        self.known.reset(sight.subject, state.site)
        self._supply.want(state.head, state.heads, state.options)
        self.stage.begin(old, before.chain if before is not None else None)

    def look_at(
        self, parts: Iterable[Part], part: Part | None, model: Model | None = None, **changes: Any
    ) -> None:
        """Begin anew with one of some chains, or none, with a model, and with other changes of the state."""
        model = model or self._find_model()
        state, sight = look_at(self._viewer, self.state, self._sight, parts, part, model)
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
        if not selection:
            is_there = self.part is not None and self._viewer.is_there(self.part.chain)
            if is_there or self._restore(self._viewer.kept_state(_STATE)):
                if link:
                    self.choose.link(True)
                return
        parts, skipped = Scope(selection, gaps=self.state.gaps, link=link).read(self._viewer)
        for error in skipped:
            self._viewer.warn(str(error))
        self.look_at(parts, parts[0])
        self._objects = find_offered(self._viewer, parts)

    def _offer(self, parts: Iterable[Part]) -> None:
        """Offer other chains, the one that is looked at among them."""
        self._sight = replace(self._sight, parts=tuple(parts))
        self.become(replace(self.state, chains=name_chains(self._viewer, self.chains)))

    def restart(self) -> None:
        """Compute again, after a failure or `stop`."""
        if self.part is not None:
            self.look_at(self.chains, self.part)

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
        self._objects = {}
        self.loader.close()

    def end(self) -> None:
        """The viewer is ending: nothing is awaited any more, and nobody is told."""
        self.loader.close()

    # -- what happens in the viewer --------------------------------------------------------------------

    def read_marks(self) -> None:
        """Look which residues of the chain are selected in the viewer, and whether the chain is still there.

        Cheap enough to be called several times per second. A session that was loaded meanwhile is taken up.
        """
        if self.read_session():
            return
        self._follow_objects()
        if self.part is None:
            return
        if not self._viewer.is_there(self.part.chain):
            self._lose(_describe_loss(self.part))
        elif self.stage.pointer.read_marks(self.part.chain):
            self._events.tell("marks")

    def _follow_objects(self) -> None:
        """Offer the chains of the objects that there are now; what is looked at may have another name."""
        before, self._objects = self._objects, self._viewer.list_objects()
        if before == self._objects:
            return
        here, gaps = self.part, self.state.gaps
        stayed, came = follow_objects(self._viewer, self._sight, gaps, before, self._objects)
        if here is None:
            if came:
                self.look_at((*stayed, *came), came[0])
        elif self._viewer.is_there(here.chain):
            self._offer((*stayed, *came))
        elif (found := follow_renamed(here, stayed, came, gaps)) is None:
            self._lose(_describe_loss(here), [one for one in (*stayed, *came) if one is not here])
        else:
            parts, now = found
            site, box = rename_site(self.state.site, now.chain), self.state.box
            self.look_at(parts, now, site=site, box=box)

    def read_session(self) -> bool:
        """If another session was loaded, look at what it tells; whether there was one."""
        kept = self._viewer.kept_state(_STATE)
        return kept != self._kept and self._restore(kept)

    def _look_again(self) -> bool:
        """Read the chain as it is now; whether it has moved, or another state of it is shown."""
        try:
            sight = look_again(self._viewer, self._sight)
        except StructureError as error:
            self._lose(error.got)
            return False
        if sight is None:
            return False
        before, self._sight = self._sight, sight
        self.known.reset(sight.subject, self.state.site)
        if [one.chain.label for one in sight.parts] != [one.chain.label for one in before.parts]:
            self._events.tell("chain")  # another state of it is shown
        return True

    def _lose(self, why: str, others: Sequence[Part] = ()) -> None:
        """Show nothing: the chain is gone; others may be offered."""
        if self.part is not None:
            self.stage.pointer.show(self.part.chain, self.state.box, None)
        self.look_at(others, None)
        self.loader.problems["chain"] = f"{why}. Load it again, or open another chain."
        self._kept = ""
        self._viewer.keep_state(_STATE, "")
        self._events.tell("status")

    def center(self, *residues: int) -> None:
        """Bring a residue to the middle of the view, or several into it."""
        self.stage.pointer.center(self.need_part().chain, residues, zoom=len(residues) > 1)

    # -- what is drawn ---------------------------------------------------------------------------------

    def show_heads(self, heads: tuple[HeadId, ...], head: HeadId) -> None:
        """Draw some heads, one of them the chosen one, on the chain as it is now."""
        self._look_again()
        self._supply.retry()
        state = replace(self.state, heads=heads, head=head)
        if state != self.state:
            self.become(state)
        else:  # it was cleared, or has moved
            self.stage.draw()
        self.stage.write()

    def show_ranking(self, part: Part, entry: ModelEntry, table: HeadScores) -> None:
        """Show the scores of ``provis_heads`` in the grid if they are of the chain and model looked at."""
        if not self.readings.take_ranking(part, entry, table):
            return
        if self.state.metric == RANKED.name:
            self._events.tell("grid")
        else:
            self.become(replace(self.state, metric=RANKED.name))

    def settle(self) -> None:
        """The user has let go of a slider: write the command that makes what is drawn.

        What failed while it moved is asked for once more.
        """
        self._supply.retry()
        if self._look_again() or self.stage.cylinders.is_behind:
            self.stage.draw()
        self.stage.write()

    def command(self) -> str:
        """The commands that make this drawing, one per line; empty without a chain."""
        if self.part is None:
            return ""
        return "\n".join(self.stage.replay.describe_drawing(self.part, self.state, self.entry))

    # -- what arrives ----------------------------------------------------------------------------------

    def _take_scan(self) -> None:
        self.stage.paint()
        self.readings.make_grid()
        self.readings.test_site()
        self._events.tell("scan", "grid")
        self.stage.draw()
        self.stage.write()

    def _take_values(self, head: HeadId) -> None:
        if head == self.state.head:
            self.stage.paint()
            self._events.tell("map")
        if self.stage.cylinders.is_behind:
            self.stage.draw()
            self.stage.write()
        else:
            self._supply.want(self.state.head, self.state.heads, self.state.options)

    def _take_annotations(self) -> None:
        self.readings.make_grid()
        self.readings.test_site()
        self.stage.show_site()
        self._events.tell("sites", "grid")

    # -- what stays ------------------------------------------------------------------------------------

    def from_json(self, values: Mapping[str, Any]) -> None:
        """Look at what a kept state tells; it stays as it is if that cannot be used."""
        self.become(*read_kept(self._viewer, values, self.state.options))
        self._objects = find_offered(self._viewer, self.chains)

    def _restore(self, kept: str) -> bool:
        """Use a kept state, if there is one; whether it could be used."""
        self._kept = kept
        if not kept:
            return False
        try:
            try:
                values = json.loads(kept)
            except (ValueError, RecursionError) as error:
                raise describe_bad_state(error) from error
            self.from_json(values)
        except ProvisError as error:
            self._viewer.warn(str(error))
            return False
        return True

    def _keep(self) -> None:
        """Leave the state with the viewer, which saves it with its session."""
        values = self.state.to_json()
        if values:
            self._kept = json.dumps(values)
            self._viewer.keep_state(_STATE, self._kept)


def _describe_loss(part: Part) -> str:
    return f"{part.chain.label} {'were' if part.chain.members else 'was'} deleted or renamed"


def _default_options(settings: Settings) -> DrawOptions:
    """How is drawn what nobody has chosen otherwise."""
    return DrawOptions(
        min_attn=settings.number("min_attn"),
        top=int(settings.number("top")),
        min_sep=int(settings.number("min_sep")),
        max_pairs=int(settings.number("max_pairs")),
        palette=settings.text("palette"),
        radius=settings.number("radius"),
    )
