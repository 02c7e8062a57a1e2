"""Whether what was drawn still fits: cylinders stay where they were when a structure is moved under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from provis_core.errors import InputError, ProvisError
from provis_core.structures.chain import Chain

from .pymol_chains import object_matrix
from .pymol_overlays import set_transparency
from .pymol_sessions import keep_in_sessions

__all__ = ["PymolDrawings"]

_SESSION_KEY: Final = "provis_drawings"
_FAINT: Final = 0.75  # transparency of what does not fit
_MOVED: Final = 0.05  # Å

Point = tuple[float, float, float]
Place = tuple[str, str, str, str]


@dataclass
class Drawn:
    """One drawing: some CA atoms of its chains, and where they were.

    Attributes
    ----------
    label : str
        Of the chains, for the user.
    marks : tuple of (Place, Point)
        Object, chain, segment and number of the residue of a CA atom, and where it was on the screen, in Å.
    own : float
        Transparency that the drawing has while it fits.
    is_stale : bool or None
        None where a session was saved while it was; it may have been saved before it was faint.
    look : str
        What its colours are; see `provis_core.scenes.scene.Scene`.
    """

    label: str
    marks: tuple[tuple[Place, Point], ...]
    own: float = 0.0
    is_stale: bool | None = False
    look: str = ""

    @property
    def objects(self) -> set[str]:
        """Names of the objects it was made on."""
        return {place[0] for place, _ in self.marks}

    @property
    def chains(self) -> set[tuple[str, ...]]:
        """Object, chain and segment of each of its chains."""
        return {place[:3] for place, _ in self.marks}


class PymolDrawings:
    """The drawings of one PyMOL that stay behind when their structure is moved.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    warn : callable
        Says something to the user.
    """

    def __init__(self, cmd: Any, warn: Callable[[str], object]) -> None:
        self._cmd = cmd
        self._warn = warn
        self._drawn: dict[str, Drawn] = {}
        keep_in_sessions(cmd, _SESSION_KEY, self._write_entry, self._read_entry, warn)

    def remember(self, name: str, chain: Chain, transparency: float, look: str = "") -> None:
        """Remember what a drawing was made on.

        Parameters
        ----------
        name : str
            Of the object.
        chain : Chain
            Joined or not; first, middle and last CA of each member are looked at again.
        transparency : float
        look : str
            What its colours are.
        """
        marks = tuple(mark for one in chain.singles for mark in _mark(one))
        self._drawn[name] = Drawn(chain.label, marks, transparency, look=look)

    def find_alike(self, chain: Chain, look: str) -> list[str]:
        """Names of the drawings of a chain, or of one of linked ones, that have a look (not an empty one)."""
        own = {(one.object_name, one.chain_id, one.segment_id) for one in chain.singles}
        return [name for name, one in self._drawn.items() if look and one.look == look and own & one.chains]

    def look(self) -> list[str]:
        """Names of the drawings that do not fit; those are faint, and said once."""
        there = set(self._cmd.get_names("objects"))
        for name in [name for name in self._drawn if name not in there]:
            del self._drawn[name]
        # what was renamed or deleted tells nothing
        known = {name: one for name, one in self._drawn.items() if one.marks and there >= one.objects}
        now = self._find_places({place for one in known.values() for place, _ in one.marks})
        for name, drawn in known.items():
            is_stale = any(_is_elsewhere(now[place], then) for place, then in drawn.marks if place in now)
            if is_stale != drawn.is_stale:
                drawn.is_stale = is_stale
                set_transparency(self._cmd, name, max(drawn.own, _FAINT) if is_stale else drawn.own)
                if is_stale:
                    self._warn(
                        f"{name} does not fit any more: {drawn.label} was moved, changed, or shows another "
                        "state since it was drawn. It is faint until it is drawn again"
                    )
        return [name for name, drawn in self._drawn.items() if drawn.is_stale]

    def _find_places(self, places: set[Place]) -> dict[Place, list[Any]]:
        """Where CA atoms are on the screen: of all alternate locations, and in all states that are shown.

        One selection per object: each costs 10 ms where there are fifty thousand atoms. What PyMOL does not
        show at all is left out.
        """
        cmd = self._cmd
        now: dict[Place, list[Any]] = {}
        for name in {place[0] for place in places}:
            states = _shown_states(cmd, name)
            now.update({place: [] for place in places if place[0] == name and states})
            numbers = "+".join(sorted({place[3].replace("-", "\\-") for place in places if place[0] == name}))
            where = f"%{name} and name CA and resi {numbers}"
            for state in states:
                found: list[tuple[Any, ...]] = []
                expression = "add((chain, segi, resi, x, y, z))"
                cmd.iterate_state(state, where, expression, space={"add": found.append}, quiet=1)
                matrix = object_matrix(cmd, name, state) if found else None
                for *names, x, y, z in found:
                    place, point = (name, *names), np.array([x, y, z])
                    if place in now:
                        now[place].append(point if matrix is None else matrix[:3, :3] @ point + matrix[:3, 3])
        return now

    def _write_entry(self) -> dict[str, Any]:
        """Plain values: a session must open where ProVis is not."""
        self.look()
        return {
            name: (one.label, one.marks, one.own, one.is_stale, one.look) for name, one in self._drawn.items()
        }

    def _read_entry(self, entry: Any) -> ProvisError | None:
        """Take the drawings of a session."""
        items = list(entry.items()) if isinstance(entry, dict) else []
        good = {name: drawn for name, drawn in ((name, _read_drawn(kept)) for name, kept in items) if drawn}
        self._drawn.update(good)
        if isinstance(entry, dict) and len(good) == len(items):
            return None
        return InputError(
            f"What ProVis kept in this session of its drawings cannot be read ({entry!r:.60})",
            "Entries that this version of ProVis wrote are needed to see whether drawings still fit",
            "Draw them again if the structure was moved",
        )


def _shown_states(cmd: Any, object_name: str) -> Sequence[int]:
    """States of an object that are on the screen, from 1; none where PyMOL shows nothing of it."""
    import pymol

    try:
        state = int(cmd.get_object_state(object_name))
    except pymol.CmdException:
        return ()
    return [state] if state else range(1, int(cmd.count_states(f"%{object_name}")) + 1)


def _read_drawn(kept: Any) -> Drawn | None:
    try:
        label, marks, own, is_stale, *more = kept  # earlier versions kept no look
        return Drawn(
            str(label),
            tuple((_place(*place), _point(point)) for place, point in marks),
            float(own),
            None if is_stale is not False else False,
            str(more[0]) if more else "",
        )
    except (TypeError, ValueError):
        return None


def _mark(chain: Chain) -> list[tuple[Place, Point]]:
    """First, middle and last CA atom of a chain."""
    there = np.flatnonzero(np.isfinite(chain.ca_coords).all(axis=1))
    chosen = dict.fromkeys(there[[0, len(there) // 2, -1]].tolist()) if len(there) else ()
    ids = (chain.object_name, chain.chain_id, chain.segment_id)
    return [((*ids, chain.residue_ids[k].resi), _point(chain.ca_coords[k])) for k in chosen]


def _is_elsewhere(now: Sequence[Any], then: Point) -> bool:
    return min((float(np.abs(point - then).max()) for point in now), default=np.inf) > _MOVED


def _place(*names: Any) -> Place:
    name, chain, segi, resi = map(str, names)
    return name, chain, segi, resi


def _point(values: Sequence[Any]) -> Point:
    x, y, z = values
    return float(x), float(y), float(z)
