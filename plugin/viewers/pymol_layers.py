"""The layers of overlays on PyMOL's atoms: see `provis_core.scenes.layers`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.errors import ProvisError, StructureError
from provis_core.scenes.layers import Layers
from provis_core.scenes.painted import Key, PaintedAtom, Place, read_entry, write_entry
from provis_core.structures.chain import Chain

from .pymol_names import list_molecules
from .pymol_selections import find_other_names
from .pymol_sessions import keep_in_sessions

__all__ = ["PymolLayers", "check_there"]

_SESSION_KEY: Final = "provis_layers"
_KEY: Final = "(resi, resn, name, alt, state)"  # ``state`` is that of objects with other atoms in each
_STICKS: Final = 1  # the bit of this representation in ``reps``

_ELEMENTS: Final = {
    "H": "hydrogen",
    "N": "nitrogen",
    "O": "oxygen",
    "P": "phosphorus",
    "S": "sulfur",
    "Se": "selenium",
}
"""PyMOL's names of the colours of elements."""


def check_there(cmd: Any, chain: Chain) -> None:
    """Raise `StructureError` unless there is an object with the name of the chain's."""
    if chain.object_name not in cmd.get_names("objects"):
        raise StructureError(
            f"{chain.label} was deleted or renamed",
            "The chain is needed under the name that it had",
            "Give the command again with its new name",
        )


class PymolSkin:
    """PyMOL's atoms, as layers are put on them."""

    direct = 0x40000000  # PyMOL's colour index of a colour that is given by its red, green and blue

    def __init__(self, cmd: Any) -> None:
        self._cmd = cmd

    def elements(self) -> dict[str, int]:
        """See `Skin`."""
        return {symbol: self._cmd.get_color_index(word) for symbol, word in _ELEMENTS.items()}

    def read(self, place: Place) -> dict[Key, PaintedAtom]:
        """See `Skin`."""
        rows: list[tuple[Any, ...]] = []
        expression = f"add(({_KEY}, color, reps & {_STICKS} != 0, index, elem))"
        self._cmd.iterate(_whole(place), expression, space={"add": rows.append})
        return {row[0]: PaintedAtom._make(row[1:]) for row in rows}

    def recolor(self, place: Place, colors: Mapping[Key, int]) -> None:
        """See `Skin`."""
        where = _whole(place)
        self._cmd.alter(where, f"color = get({_KEY}, color)", space={"get": colors.get})
        self._cmd.recolor(where)

    def set_sticks(self, place: Place, indices: Collection[int], shown: bool) -> None:
        """See `Skin`."""
        cmd = self._cmd
        selection = cmd.get_unused_name("_provis_sticks")
        cmd.select_list(selection, place[0], list(indices), mode="index")
        (cmd.show if shown else cmd.hide)("sticks", f"%{selection}")
        cmd.delete(selection)


class PymolLayers:
    """The layers of one PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    warn : callable
        Says something to the user.
    """

    def __init__(self, cmd: Any, warn: Callable[[str], object]) -> None:
        self._cmd = cmd
        self._layers = Layers(PymolSkin(cmd))
        keep_in_sessions(cmd, _SESSION_KEY, lambda: write_entry(self._layers.painted), self._read_entry, warn)

    def names(self) -> list[str]:
        """Names of the layers on objects that are there."""
        self._follow_objects()
        return self._layers.names()

    def paint(
        self,
        name: str,
        chain: Chain,
        rgb: npt.NDArray[Any],
        sticks: npt.NDArray[np.bool_] | None = None,
        *,
        carbons: bool = False,
    ) -> None:
        """Put a layer on top of a chain; see `Layers.paint`.

        Raises
        ------
        StructureError
            If the object is gone.
        """
        check_there(self._cmd, chain)
        self._follow_objects()
        place = (chain.object_name, chain.segment_id, chain.chain_id)
        others = find_other_names(self._cmd, chain)
        self._layers.paint(name, place, chain, rgb, sticks, carbons=carbons, others=others)

    def remove(self, names: Collection[str]) -> list[str]:
        """Take layers off; what lies below is seen again; see `Layers.remove`."""
        self._follow_objects()
        return self._layers.remove(names)

    def _follow_objects(self) -> None:
        """Follow objects and chains that have another name now, and forget those that are gone."""
        there, painted = list_molecules(self._cmd), self._layers.painted
        known = {place[0] for place in painted}
        for name in sorted(known - set(there)):
            gone = {place: painted.pop(place) for place in list(painted) if place[0] == name}
            for other in there:
                moved = {(other, *place[1:]): one for place, one in gone.items()}
                if other not in known and all(map(self._layers.is_painted, moved, moved.values())):
                    painted.update(moved)
                    break
        self._follow_chains()

    def _follow_chains(self) -> None:
        """Follow chains and segments that have another id now, and forget those that are gone."""
        painted = self._layers.painted
        for place in [place for place in painted if not self._cmd.count_atoms(_whole(place))]:
            gone = painted.pop(place)
            ids: set[tuple[str, str]] = set()
            self._cmd.iterate(f"%{place[0]}", "add((segi, chain))", space={"add": ids.add})
            others = [(place[0], *both) for both in sorted(ids)]
            for other in others:
                if other not in painted and self._layers.is_painted(other, gone):
                    painted[other] = gone
                    break

    def _read_entry(self, entry: Any) -> ProvisError | None:
        """Take the layers of a session."""
        painted, problem = read_entry(entry)
        self._layers.painted.update(painted)
        return problem


def _whole(place: Place) -> str:
    return f'%{place[0]} and segi "{place[1]}" and chain "{place[2]}"'
