"""Colours and sticks on the user's own atoms, and how they come off again.

Each overlay is a layer on some atoms of one chain; what the user had lies below all layers, and the layer
that was put on last is seen. Layers come off in any order. What the user changes by hand meanwhile is the
user's: such an atom is in no layer any more, and an atom that was deleted is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..structures.chain import Chain
from .painted import Key, Layer, Painted, PaintedAtom, Place

__all__ = ["Layers", "Skin"]

_MAIN_CHAIN: Final = frozenset({"N", "C", "O", "OXT"})


class Skin(Protocol):
    """What layers are put on: the atoms of a viewer."""

    direct: int
    """Added to ``0xRRGGBB`` it is what the viewer calls that colour."""

    def elements(self) -> Mapping[str, int]:
        """What the viewer calls the colours of elements."""

    def read(self, place: Place) -> dict[Key, PaintedAtom]:
        """All atoms of a chain; ligands and water that have its ids may be there."""

    def recolor(self, place: Place, colors: Mapping[Key, int]) -> None:
        """Give some atoms of a chain a colour."""

    def set_sticks(self, place: Place, indices: Collection[int], shown: bool) -> None:
        """Show some atoms of an object as sticks, or no longer."""


class Layers:
    """The layers of one viewer.

    Parameters
    ----------
    skin : Skin

    Attributes
    ----------
    painted : dict of Place to Painted
        The chains that have layers.
    """

    def __init__(self, skin: Skin) -> None:
        self._skin = skin
        self.painted: dict[Place, Painted] = {}

    def names(self) -> list[str]:
        """Names of all layers."""
        return [name for painted in self.painted.values() for name in painted.layers]

    def paint(
        self,
        name: str,
        place: Place,
        chain: Chain,
        rgb: npt.NDArray[Any],
        sticks: npt.NDArray[np.bool_] | None = None,
        *,
        carbons: bool = False,
        others: Collection[str] = (),
    ) -> None:
        """Put a layer on top of a chain, in place of the one with this name.

        Parameters
        ----------
        name : str
        place : Place
            Where the chain is in the viewer.
        chain : Chain
        rgb : numpy.ndarray, shape (n_residues, 3)
            In [0, 1]; residues with NaN keep their colour.
        sticks : numpy.ndarray of bool, shape (n_residues,), optional
            Residues whose side chains are shown as sticks.
        carbons : bool
            Colour carbon atoms alone, and nitrogen, oxygen, sulfur and so on as the viewer does.
        others : collection of str
            Names of what has the ids of the chain and is no residue of it.
        """
        painted = self.painted.get(place)
        is_empty = not np.isfinite(rgb).all(axis=1).any() and (sticks is None or not sticks.any())
        if is_empty and (painted is None or name not in painted.layers):
            return
        painted = self.painted.setdefault(place, Painted())
        atoms = self._skin.read(place)
        painted.forget_changed(atoms)
        bits = np.clip(np.rint(np.nan_to_num(rgb) * 255), 0, 255).astype(np.int64)
        colors = self._skin.direct + (bits[:, 0] << 16) + (bits[:, 1] << 8) + bits[:, 2]
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
        elements, layer = self._skin.elements(), Layer()
        for key, atom in atoms.items():
            resi, residue_name, atom_name = key[:3]
            if residue_name in others:
                continue
            if resi in color_of:
                by_element = elements.get(atom.element, atom.color)
                is_plain = not carbons or atom.element in ("C", "")
                layer.colors[key] = color_of[resi] if is_plain else by_element
                painted.own_colors.setdefault(key, atom.color)
            if resi in shown and _is_side_chain(residue_name, atom_name, atom.element):
                layer.sticks.add(key)
                if not atom.has_sticks:
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
        removed = []
        for place, painted in list(self.painted.items()):
            ours = [name for name in painted.layers if name in names]
            if not ours:
                continue
            atoms = self._skin.read(place)
            painted.forget_changed(atoms)
            for name in ours:
                layer = painted.layers.pop(name)
                removed += [name] * bool(layer.colors or layer.sticks)
            self._apply(place, atoms)
        return removed

    def is_painted(self, place: Place, painted: Painted) -> bool:
        """Whether a chain looks as if it had some layers, which are kept for another place."""
        atoms = self._skin.read(place)
        return all(
            key in atoms and atoms[key].color == painted.top_color(key) for key in painted.own_colors
        ) and all(key in atoms and atoms[key].has_sticks for key in painted.sticks)

    def _apply(self, place: Place, atoms: Mapping[Key, PaintedAtom]) -> None:
        """Show what is to be seen now, and forget atoms that are in no layer any more."""
        painted = self.painted[place]
        changed: dict[Key, int] = {}
        for key, own in list(painted.own_colors.items()):
            top = painted.top_color(key)
            wanted = own if top is None else top
            if wanted != atoms[key].color:
                changed[key] = wanted
            if top is None:
                del painted.own_colors[key]
        if changed:
            self._skin.recolor(place, changed)
        hidden = {key for key in painted.sticks if not painted.has_sticks(key)}
        shown = {key for key in painted.sticks - hidden if not atoms[key].has_sticks}
        painted.sticks -= hidden
        for keys, is_shown in ((hidden, False), (shown, True)):
            if keys:
                self._skin.set_sticks(place, [atoms[key].index for key in keys], is_shown)
        if not painted.layers:
            del self.painted[place]


def _is_side_chain(residue_name: str, atom_name: str, element: str) -> bool:
    """What is shown beside a cartoon: the side chain with its CA, all of a glycine, the ring of a proline."""
    if element in ("H", "D", ""):
        return False
    if residue_name == "GLY":
        return True
    return atom_name not in _MAIN_CHAIN or (residue_name == "PRO" and atom_name == "N")
