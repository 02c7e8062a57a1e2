"""Colours and sticks on the user's own atoms, and how they come off again.

Each overlay is a layer on some atoms of one chain; what the user had lies below all layers, and the layer
that was put on last is seen. Layers come off in any order. What the user changes by hand meanwhile is the
user's: such an atom is in no layer any more, and an atom that was deleted is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.errors import ProvisError, StructureError
from provis_core.structures.chain import Chain

from .pymol_names import list_molecules
from .pymol_painted import KEY, STICKS, Atom, Key, Layer, Painted, Place, read_entry, write_entry
from .pymol_selections import find_other_names
from .pymol_sessions import keep_in_sessions

__all__ = ["PymolLayers", "check_there"]

_SESSION_KEY: Final = "provis_layers"
_DIRECT: Final = 0x40000000  # PyMOL's colour index of a colour that is given by its red, green and blue
_MAIN_CHAIN: Final = frozenset({"N", "C", "O", "OXT"})

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
        self._painted: dict[Place, Painted] = {}
        keep_in_sessions(cmd, _SESSION_KEY, lambda: write_entry(self._painted), self._read_entry, warn)

    def names(self) -> list[str]:
        """Names of the layers on objects that are there."""
        self._follow_objects()
        return [name for painted in self._painted.values() for name in painted.layers]

    def paint(
        self,
        name: str,
        chain: Chain,
        rgb: npt.NDArray[Any],
        sticks: npt.NDArray[np.bool_] | None = None,
        *,
        carbons: bool = False,
    ) -> None:
        """Put a layer on top of a chain, in place of the one with this name.

        Parameters
        ----------
        name : str
        chain : Chain
        rgb : numpy.ndarray, shape (n_residues, 3)
            In [0, 1]; residues with NaN keep their colour.
        sticks : numpy.ndarray of bool, shape (n_residues,), optional
            Residues whose side chains are shown as sticks.
        carbons : bool
            Colour carbon atoms alone, and nitrogen, oxygen, sulfur and so on as PyMOL does.

        Raises
        ------
        StructureError
            If the object is gone.
        """
        check_there(self._cmd, chain)
        self._follow_objects()
        place = (chain.object_name, chain.segment_id, chain.chain_id)
        painted = self._painted.get(place)
        is_empty = not np.isfinite(rgb).all(axis=1).any() and (sticks is None or not sticks.any())
        if is_empty and (painted is None or name not in painted.layers):
            return
        painted = self._painted.setdefault(place, Painted())
        atoms = self._read(place)
        painted.forget_changed(atoms)
        bits = np.clip(np.rint(np.nan_to_num(rgb) * 255), 0, 255).astype(np.int64)
        colors = _DIRECT + (bits[:, 0] << 16) + (bits[:, 1] << 8) + bits[:, 2]
        is_colored = np.isfinite(rgb).all(axis=1)
        color_of = {
            residue.resi: int(color)
            for residue, color, colored in zip(chain.residue_ids, colors, is_colored, strict=True)
            if colored
        }
        shown = (
            {chain.residue_ids[index].resi for index in np.flatnonzero(sticks)} if sticks is not None else ()
        )
        painted.layers.pop(name, None)
        others = find_other_names(self._cmd, chain)
        elements = {symbol: self._cmd.get_color_index(word) for symbol, word in _ELEMENTS.items()}
        layer = Layer()
        for key, atom in atoms.items():
            resi, residue_name, atom_name = key[:3]
            if residue_name in others:
                continue
            if resi in color_of:
                by_element = elements.get(atom.element, atom.color)
                is_plain = not carbons or atom.element == "C"
                layer.colors[key] = color_of[resi] if is_plain else by_element
                painted.own_colors.setdefault(key, atom.color)
            if resi in shown and _is_side_chain(residue_name, atom_name, atom.element):
                layer.sticks.add(key)
                if not atom.reps & STICKS:
                    painted.sticks.add(key)
        if layer.colors or layer.sticks:
            painted.layers[name] = layer
        self._apply(place, atoms)

    def remove(self, names: Collection[str]) -> list[str]:
        """Take layers off; what lies below is seen again.

        Parameters
        ----------
        names : collection of str

        Returns
        -------
        list of str
            Those of which something was left.
        """
        self._follow_objects()
        removed = []
        for place, painted in list(self._painted.items()):
            ours = [name for name in painted.layers if name in names]
            if not ours:
                continue
            atoms = self._read(place)
            painted.forget_changed(atoms)
            for name in ours:
                layer = painted.layers.pop(name)
                removed += [name] * bool(layer.colors or layer.sticks)
            self._apply(place, atoms)
        return removed

    def _apply(self, place: Place, atoms: Mapping[Key, Atom]) -> None:
        """Show what is to be seen now, and forget atoms that are in no layer any more."""
        painted, cmd = self._painted[place], self._cmd
        changed: dict[Key, int] = {}
        for key, own in list(painted.own_colors.items()):
            top = painted.top_color(key)
            wanted = own if top is None else top
            if wanted != atoms[key].color:
                changed[key] = wanted
            if top is None:
                del painted.own_colors[key]
        if changed:
            where = _whole(place)
            cmd.alter(where, f"color = get({KEY}, color)", space={"get": changed.get})
            cmd.recolor(where)
        hidden = {key for key in painted.sticks if not painted.has_sticks(key)}
        shown = {key for key in painted.sticks - hidden if not atoms[key].reps & STICKS}
        painted.sticks -= hidden
        for action, keys in ((cmd.hide, hidden), (cmd.show, shown)):
            if keys:
                selection = cmd.get_unused_name("_provis_sticks")
                cmd.select_list(selection, place[0], [atoms[key].index for key in keys], mode="index")
                action("sticks", f"%{selection}")
                cmd.delete(selection)
        if not painted.layers:
            del self._painted[place]

    def _read(self, place: Place) -> dict[Key, Atom]:
        """All atoms of a chain."""
        rows: list[tuple[Any, ...]] = []
        expression = f"add(({KEY}, color, reps, index, elem))"
        self._cmd.iterate(_whole(place), expression, space={"add": rows.append})
        return {row[0]: Atom._make(row[1:]) for row in rows}

    def _follow_objects(self) -> None:
        """Follow objects and chains that have another name now, and forget those that are gone."""
        there = list_molecules(self._cmd)
        known = {place[0] for place in self._painted}
        for name in sorted(known - set(there)):
            gone = {place: self._painted.pop(place) for place in list(self._painted) if place[0] == name}
            for other in there:
                moved = {(other, *place[1:]): painted for place, painted in gone.items()}
                if other not in known and all(map(self._is_painted, moved, moved.values())):
                    self._painted.update(moved)
                    break
        self._follow_chains()

    def _follow_chains(self) -> None:
        """Follow chains and segments that have another id now, and forget those that are gone."""
        for place in [place for place in self._painted if not self._cmd.count_atoms(_whole(place))]:
            painted = self._painted.pop(place)
            ids: set[tuple[str, str]] = set()
            self._cmd.iterate(f"%{place[0]}", "add((segi, chain))", space={"add": ids.add})
            others = [(place[0], *both) for both in sorted(ids)]
            for other in others:
                if other not in self._painted and self._is_painted(other, painted):
                    self._painted[other] = painted
                    break

    def _is_painted(self, place: Place, painted: Painted) -> bool:
        atoms = self._read(place)
        return all(
            key in atoms and atoms[key].color == painted.top_color(key) for key in painted.own_colors
        ) and all(key in atoms and atoms[key].reps & STICKS for key in painted.sticks)

    def _read_entry(self, entry: Any) -> ProvisError | None:
        """Take the layers of a session."""
        painted, problem = read_entry(entry)
        self._painted.update(painted)
        return problem


def _whole(place: Place) -> str:
    return f'%{place[0]} and segi "{place[1]}" and chain "{place[2]}"'


def _is_side_chain(residue_name: str, atom_name: str, element: str) -> bool:
    """What is shown beside a cartoon: the side chain with its CA, all of a glycine, the ring of a proline."""
    if element in ("H", "D"):
        return False
    if residue_name == "GLY":
        return True
    return atom_name not in _MAIN_CHAIN or (residue_name == "PRO" and atom_name == "N")
