"""The panel in step with the viewer: its objects, its selection, the chain as it moves, the session."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..errors import ProvisError, StructureError
from ..system.given_files import parse_json
from ..targets.scope import Scope
from ..targets.targets import Target
from .following import find_offered, follow_objects, follow_renamed, rename_site
from .sight import look_again, read_kept
from .state import describe_bad_state

if TYPE_CHECKING:
    from .desk import Desk

__all__ = ["Watch"]

_STATE: Final = "panel"  # key of our state in the viewer's session


class Watch:
    """Looks at the viewer, and keeps the state in its session.

    Parameters
    ----------
    inspector : Desk

    Attributes
    ----------
    is_restored : bool
        Whether a state was taken up that the viewer had kept.
    """

    def __init__(self, inspector: Desk) -> None:
        self._inspector, self._viewer = inspector, inspector.session.viewer
        self._objects: Mapping[str, str] = {}  # whose chains are offered or cannot be
        self._kept = ""  # the state that the viewer keeps
        self.is_restored = False

    def open(self, selection: str, link: bool) -> None:
        """Look at the chains of a selection; see `Inspector.open`."""
        here = self._inspector
        if not selection:
            is_there = here.target is not None and self._viewer.is_there(here.target.chain)
            if is_there or self._restore(self._viewer.kept_state(_STATE)):
                if link:
                    here.choose.link(True)
                return
        targets, skipped = Scope(selection, gaps=here.state.gaps, link=link).read(self._viewer)
        for error in skipped:
            self._viewer.warn(str(error))
        here.look_at(targets, targets[0])
        self._objects = find_offered(self._viewer, targets)

    def forget(self) -> None:
        """The panel is closed."""
        self._objects = {}

    def look(self) -> None:
        """Take up what has happened in the viewer; cheap enough to be called several times per second."""
        here = self._inspector
        kept = self._viewer.kept_state(_STATE)
        if kept != self._kept and self._restore(kept):  # another session was loaded
            return
        self._follow_objects()
        if here.target is None:
            return
        if not self._viewer.is_there(here.target.chain):
            others = [
                one for one in here.chains if one is not here.target and self._viewer.is_there(one.chain)
            ]
            self._lose(_describe_loss(here.target), others)
        elif here.stage.pointer.read_marks(here.target.chain):
            here.tell("marks")

    def look_again(self) -> bool:
        """Read the chain as it is now; whether it has moved, or another state of it is shown."""
        here = self._inspector
        try:
            sight = look_again(self._viewer, here.sight)
        except StructureError as error:
            self._lose(error.got)
            return False
        if sight is None:
            return False
        before, here.sight = here.sight, sight
        here.known.reset(sight.subject, here.state.site)
        if [one.chain.label for one in sight.targets] != [one.chain.label for one in before.targets]:
            here.tell("chain")  # another state of it is shown
        return True

    def from_json(self, values: Mapping[str, Any]) -> None:
        """Look at what a kept state tells; all stays as it is if that cannot be used."""
        here = self._inspector
        here.become(*read_kept(self._viewer, values, here.state.options))
        self._objects = find_offered(self._viewer, here.chains)
        self.is_restored = True

    def keep(self) -> None:
        """Leave the state with the viewer, which saves it with its session."""
        values = self._inspector.state.to_json()
        if values:
            self._kept = json.dumps(values)
            self._viewer.keep_state(_STATE, self._kept)

    def _follow_objects(self) -> None:
        """Offer the chains of the objects that there are now; what is looked at may have another name."""
        here, target = self._inspector, self._inspector.target
        before, self._objects = self._objects, self._viewer.list_objects()
        if before == self._objects:
            return
        gaps = here.state.gaps
        stayed, came = follow_objects(self._viewer, here.sight, gaps, before, self._objects)
        if target is None:
            if came:
                here.look_at((*stayed, *came), came[0])
        elif self._viewer.is_there(target.chain):
            here.offer((*stayed, *came))
        elif (found := follow_renamed(target, stayed, came, gaps)) is None:
            self._lose(_describe_loss(target), [one for one in (*stayed, *came) if one is not target])
        else:
            targets, now = found
            here.look_at(targets, now, site=rename_site(here.state.site, now.chain), box=here.state.box)

    def _lose(self, why: str, others: Sequence[Target] = ()) -> None:
        """Show nothing: the chain is gone; others may be offered."""
        here = self._inspector
        if here.target is not None:
            here.stage.pointer.show(here.target.chain, here.state.box, None)
        here.look_at(others, None)
        here.loader.problems["chain"] = f"{why}. Load it again, or open another chain."
        self._kept = ""
        self._viewer.keep_state(_STATE, "")
        here.tell("status")

    def _restore(self, kept: str) -> bool:
        """Use a kept state, if there is one; whether it could be used."""
        self._kept = kept
        if not kept:
            return False
        try:
            try:
                values = parse_json(kept)
            except ValueError as error:
                raise describe_bad_state(error) from error
            self.from_json(values)
        except ProvisError as error:
            self._viewer.warn(str(error))
            return False
        return True


def _describe_loss(target: Target) -> str:
    return f"{target.chain.label} {'were' if target.chain.members else 'was'} deleted or renamed"
