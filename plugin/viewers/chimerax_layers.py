"""The layers of overlays on ChimeraX's atoms, ribbons and labels: see `provis_core.scenes.layers`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.scenes.layers import Layers
from provis_core.scenes.painted import Key, PaintedAtom, Place, read_entry, write_entry
from provis_core.structures.chain import Chain

from .chimerax_chains import residues_of
from .chimerax_models import ChimeraxModels

__all__ = ["ChimeraxLayers"]

_TEXT: Final = "layers"
_NAMED: Final = ("H", "N", "O", "P", "S", "Se")  # elements that have a colour of their own on sticks


class ChimeraxSkin:
    """ChimeraX's atoms and ribbons, as layers are put on them. A colour is ``0xAARRGGBB`` as a C int."""

    direct = -0x01000000  # opaque

    def __init__(self, models: ChimeraxModels) -> None:
        self._models = models

    def elements(self) -> dict[str, int]:
        """See `Skin`."""
        from chimerax.atomic.colors import element_color

        numbers = {"H": 1, "N": 7, "O": 8, "P": 15, "S": 16, "Se": 34}
        return {symbol: int(_pack(np.array([element_color(numbers[symbol])]))[0]) for symbol in _NAMED}

    def read(self, place: Place) -> dict[Key, PaintedAtom]:
        """See `Skin`."""
        residues = self._residues(place)
        atoms = residues.atoms
        found: dict[Key, PaintedAtom] = {}
        colors = _pack(residues.ribbon_colors)
        for k, (resi, name) in enumerate(_ids(residues)):
            found[resi, name, "", "", 0] = PaintedAtom(int(colors[k]), False, -1, "")
        is_stick = atoms.displays & (atoms.draw_modes == atoms.STICK_STYLE)
        rows = zip(
            _ids(atoms.residues),
            atoms.names,
            _pack(atoms.colors).tolist(),
            is_stick.tolist(),
            atoms.element_names,
            strict=True,
        )
        for index, ((resi, residue), name, color, stick, element) in enumerate(rows):
            found[resi, residue, str(name), "", 0] = PaintedAtom(color, stick, index, str(element))
        return found

    def recolor(self, place: Place, colors: Mapping[Key, int]) -> None:
        """See `Skin`."""
        residues = self._residues(place)
        atoms = residues.atoms
        ribbons, shown = residues.ribbon_colors, atoms.colors
        for k, (resi, name) in enumerate(_ids(residues)):
            if (color := colors.get((resi, name, "", "", 0))) is not None:
                ribbons[k] = _unpack(color)
        for k, ((resi, residue), name) in enumerate(zip(_ids(atoms.residues), atoms.names, strict=True)):
            if (color := colors.get((resi, residue, str(name), "", 0))) is not None:
                shown[k] = _unpack(color)
        residues.ribbon_colors, atoms.colors = ribbons, shown

    def set_sticks(self, place: Place, indices: Collection[int], shown: bool) -> None:
        """See `Skin`."""
        atoms = self._residues(place).atoms
        chosen = atoms.filter(np.array(sorted(indices), dtype=np.int64))
        if shown:
            chosen.draw_modes = atoms.STICK_STYLE
        chosen.displays = shown

    def _residues(self, place: Place) -> Any:
        return residues_of(self._models.find_key(place[0]), place[2])


class ChimeraxLayers:
    """The layers of one ChimeraX. They are kept as a text with each structure, so sessions have them.

    Parameters
    ----------
    models : ChimeraxModels
    """

    def __init__(self, models: ChimeraxModels) -> None:
        self._models = models
        self._skin = ChimeraxSkin(models)
        self._layers = Layers(self._skin)
        self._told: set[str] = set()  # keys of structures of which it was said that something is damaged

    def names(self) -> list[str]:
        """Names of the layers on structures that are open."""
        self._follow()
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
            If the structure was closed.
        """
        structure = self._models.need(chain)
        self._follow()
        place = (self._models.key(structure), chain.segment_id, chain.chain_id)
        others = self._others(structure, chain)
        self._layers.paint(name, place, chain, rgb, sticks, carbons=carbons, others=others)
        self._keep(structure)

    def remove(self, names: Collection[str]) -> list[str]:
        """Take layers off; what lies below is seen again; see `Layers.remove`."""
        self._follow()
        removed = self._layers.remove(names)
        for structure in self._models.all():
            self._keep(structure)
        return removed

    @staticmethod
    def _others(structure: Any, chain: Chain) -> frozenset[str]:
        """Names of what has the chain's id and is no residue of it."""
        there = residues_of(structure, chain.chain_id).names
        return frozenset(str(name) for name in there).difference(chain.residue_names)

    def _follow(self) -> None:
        """Forget structures that were closed; take the layers of those that a session has opened."""
        painted = self._layers.painted
        for place in [place for place in painted if self._models.find_key(place[0]) is None]:
            del painted[place]
        for structure in self._models.all():
            key = self._models.key(structure)
            text = self._models.read_text(structure, _TEXT)
            if not text or any(place[0] == key for place in painted):
                continue
            try:
                entry = ast.literal_eval(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                entry = text
            kept, problem = read_entry(entry)
            painted.update({(key, *place[1:]): one for place, one in kept.items()})
            if problem is not None and key not in self._told:
                self._told.add(key)
                self._models.session.logger.warning(f"ProVis: {problem}")

    def _keep(self, structure: Any) -> None:
        """Leave the layers with a structure."""
        key = self._models.key(structure)
        own = {("", *place[1:]): one for place, one in self._layers.painted.items() if place[0] == key}
        text = repr(write_entry(own)) if own else ""
        if text or self._models.read_text(structure, _TEXT):
            self._models.write_text(structure, _TEXT, text)


def _ids(residues: Any) -> list[tuple[str, str]]:
    """Number with insertion code, and name, of each of some residues."""
    rows = zip(residues.numbers, residues.insertion_codes, residues.names, strict=True)
    return [(f"{number}{code.strip()}", str(name)) for number, code, name in rows]


def _pack(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    wide = rgba.astype(np.uint32)
    packed = (wide[:, 3] << 24) | (wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2]
    return packed.astype(np.uint32).view(np.int32)


def _unpack(color: int) -> tuple[int, int, int, int]:
    return (color >> 16) & 255, (color >> 8) & 255, color & 255, (color >> 24) & 255
