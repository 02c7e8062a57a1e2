"""Programs that the contract is tested on: what a user does in them, and what the user sees.

A world opens one structure: object ``toy`` with two protein chains. It is all that the suite needs of a
program beside the protocol of `provis_core.viewers.viewer`, so a viewer that is added needs a world and
nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from provis_core.structures.chain import Chain, SelectedChain
from provis_core.structures.files.chains import load_chains
from provis_core.viewers.file_viewer import FileViewer
from provis_core.viewers.viewer import Viewer
from tests.core.fakes import FakeViewer

__all__ = ["SHIFT", "ChimeraxWorld", "FakeWorld", "PymolWorld", "Residue", "World", "open_file"]

SHIFT = (7.0, -3.0, 2.0)  # Å; what `World.move` does

Residue = tuple[str, str]
"""Chain id and number."""


class World(Protocol):
    """One program with ``toy`` loaded."""

    viewer: Viewer

    follows_renames: bool
    """Whether a structure is the same to the program when it has another name."""

    follows_moves: bool
    """Whether what is drawn on a structure moves with it."""

    def move(self) -> None:
        """Move the object by `SHIFT`."""

    def remove_residue(self) -> None:
        """Delete the first residue of chain A."""

    def rename(self) -> None:
        """Call the object ``other``."""

    def delete(self) -> None:
        """Delete the object."""

    def reopen(self) -> None:
        """Save a session, and open it in a new run of the program, with a new viewer."""

    def mark(self, residues: Sequence[Residue]) -> None:
        """Let the user select residues, in place of what was selected."""

    def parse(self, words: str) -> set[Residue]:
        """Residues that the program understands by a selection, or by the name of one."""

    def names(self) -> set[str]:
        """Names of all objects and selections."""

    def look(self) -> dict[Residue, tuple[Any, bool]]:
        """Colour of the CA atom of each residue, and whether its side chain is shown as sticks."""


class FakeWorld:
    """The viewer in memory that the other tests use."""

    follows_renames = follows_moves = False

    def __init__(self, path: Path) -> None:
        self.viewer: Any = FakeViewer(*load_chains(path))

    def _chains(self) -> list[Chain]:
        return [one.chain for one in self.viewer.chains]

    def _put(self, change: Any) -> None:
        """Put changed chains in the place of those that there are."""
        viewer = self.viewer
        changed = {chain.label: change(chain) for chain in self._chains()}
        viewer.now |= changed
        viewer.chains = [SelectedChain(one, np.ones(one.n_residues, dtype=bool)) for one in changed.values()]

    def move(self) -> None:
        self._put(lambda chain: _copy(chain, ca_coords=chain.ca_coords + np.array(SHIFT, dtype=np.float32)))

    def remove_residue(self) -> None:
        self._put(lambda chain: _without_first(chain) if chain.chain_id == "A" else chain)

    def rename(self) -> None:
        self._put(lambda chain: _copy(chain, object_name="other"))
        self.viewer.objects = {"other"}

    def delete(self) -> None:
        self.viewer.objects, self.viewer.chains = set(), []

    def reopen(self) -> None:
        before, self.viewer = self.viewer, FakeViewer(*self._chains())
        for name in ("now", "scenes", "overlays", "residue_colors", "colored", "selections", "kept"):
            setattr(self.viewer, name, dict(getattr(before, name)))

    def mark(self, residues: Sequence[Residue]) -> None:
        for chain in self._chains():
            inside = [(chain.chain_id, one.resi) in residues for one in chain.residue_ids]
            self.viewer.marked[chain.label] = np.array(inside, dtype=bool)

    def parse(self, words: str) -> set[Residue]:
        by_label = {chain.label: chain for chain in self._chains()}
        if words in self.viewer.selections:
            found = self.viewer.selections[words]
            return {(by_label[label].chain_id, by_label[label].residue_ids[k].resi) for label, k in found}
        residues: set[Residue] = set()
        for part in words.split(" or "):
            chain, _, numbers = part.split("//")[1].partition("/")
            known = [r.resi for one in self._chains() if one.chain_id == chain for r in one.residue_ids]
            residues |= {(chain, resi) for resi in (numbers.split("+") if numbers else known)}
        return residues

    def names(self) -> set[str]:
        viewer = self.viewer
        return viewer.objects | {*viewer.scenes, *viewer.overlays, *viewer.selections}

    def look(self) -> dict[Residue, tuple[Any, bool]]:
        seen: dict[Residue, tuple[Any, bool]] = {}
        for chain in self._chains():
            colors: list[Any] = [None] * chain.n_residues
            sticks = np.zeros(chain.n_residues, dtype=bool)
            layers = [one for one in self.viewer.overlays.values() if one.chain.label == chain.label]
            shown = [one.rgb for one in layers]
            shown += [rgb for label, rgb in self.viewer.residue_colors.items() if label == chain.label]
            for rgb in shown:
                for k in np.flatnonzero(np.isfinite(rgb).all(axis=1)):
                    colors[k] = tuple(np.round(rgb[k], 2).tolist())
            for one in layers:
                sticks |= one.sticks
            for residue, color, stick in zip(chain.residue_ids, colors, sticks.tolist(), strict=True):
                seen[chain.chain_id, residue.resi] = color, stick
        return seen


class PymolWorld:
    """PyMOL in this process."""

    follows_renames = follows_moves = False

    def __init__(self, path: Path, cmd: Any, folder: Path) -> None:
        self._cmd = cmd
        self._session = folder / "saved.pse"
        cmd.load(str(path), "toy", zoom=0)
        self.viewer = self._open()

    def _open(self) -> Any:
        from plugin.viewers.pymol_viewer import PymolViewer

        return PymolViewer(self._cmd)

    def move(self) -> None:
        self._cmd.translate(list(SHIFT), object="toy")

    def remove_residue(self) -> None:
        self._cmd.remove("%toy and chain A and resi 1")

    def rename(self) -> None:
        self._cmd.set_name("toy", "other")

    def delete(self) -> None:
        self._cmd.delete("toy")

    def reopen(self) -> None:
        self._cmd.save(str(self._session))
        self._cmd.reinitialize()
        self.viewer = self._open()
        self._cmd.load(str(self._session))

    def mark(self, residues: Sequence[Residue]) -> None:
        words = " or ".join(f"(chain {chain} and resi {resi})" for chain, resi in residues)
        self._cmd.select("picked", words or "none", enable=1)

    def parse(self, words: str) -> set[Residue]:
        found: set[Residue] = set()
        self._cmd.iterate(words, "add((chain, resi))", space={"add": found.add})
        return found

    def names(self) -> set[str]:
        return set(self._cmd.get_names("all"))

    def look(self) -> dict[Residue, tuple[Any, bool]]:
        colors: dict[Residue, Any] = {}
        self._cmd.iterate(
            "polymer and name CA", "put((chain, resi), color)", space={"put": colors.__setitem__}
        )
        sticks: set[Residue] = set()
        self._cmd.iterate(
            "polymer and name CB and rep sticks", "add((chain, resi))", space={"add": sticks.add}
        )
        return {residue: (color, residue in sticks) for residue, color in colors.items()}


class ChimeraxWorld:
    """ChimeraX's library in this process: it has no sessions, so that the viewer alone is new after one."""

    follows_renames = follows_moves = True

    def __init__(self, path: Path, session: Any, folder: Path) -> None:
        from tests.chimerax.library import open_structure

        self._session = session
        session.models.close(session.models.list())
        (self._structure,) = open_structure(session, path, "toy", folder)
        self.viewer = self._open()

    def _open(self) -> Any:
        from plugin.viewers.chimerax_viewer import ChimeraxViewer

        return ChimeraxViewer(self._session)

    def _atoms(self, words: str) -> Any:
        from chimerax.core.commands import AtomSpecArg

        spec, _, rest = AtomSpecArg.parse(words, self._session)
        assert not rest.strip(), rest
        return spec.evaluate(self._session).atoms

    def move(self) -> None:
        from chimerax.geometry import translation

        self._structure.position = translation(SHIFT) * self._structure.position

    def remove_residue(self) -> None:
        self._structure.chains[0].existing_residues[0].delete()

    def rename(self) -> None:
        self._structure.name = "other"

    def delete(self) -> None:
        self._session.models.close([self._structure])

    def reopen(self) -> None:
        self.viewer = self._open()

    def mark(self, residues: Sequence[Residue]) -> None:
        self._session.selection.clear()
        for chain, resi in residues:
            self._atoms(f"/{chain}:{resi}").selected = True

    def parse(self, words: str) -> set[Residue]:
        found = self._atoms(words).unique_residues
        return {(one.chain_id, f"{one.number}{one.insertion_code}") for one in found}

    def names(self) -> set[str]:
        from chimerax.core.commands import is_selector_user_defined, list_selectors

        named = {name for name in list_selectors() if is_selector_user_defined(name)}
        return (
            named
            | {f"{one.name} #{one.id_string}" for one in self._session.models.list()}
            | {one.name for one in self._session.models.list()}
        )

    def look(self) -> dict[Residue, tuple[Any, bool]]:
        seen: dict[Residue, tuple[Any, bool]] = {}
        for residue in self._structure.residues:
            ca, cb = residue.find_atom("CA"), residue.find_atom("CB")
            stick = cb is not None and bool(cb.display) and cb.draw_mode == cb.STICK_STYLE
            color = tuple(ca.color), tuple(residue.ribbon_color)
            seen[residue.chain_id, str(residue.number)] = color, stick
        return seen


def open_file(path: Path) -> FileViewer:
    """The file in the place of a viewer: its reading half."""
    return FileViewer(path, write=lambda text: None, warn=lambda text: None)


def _copy(chain: Chain, **values: Any) -> Chain:
    from dataclasses import replace

    return replace(chain, **values)


def _without_first(chain: Chain) -> Chain:
    return _copy(
        chain,
        residue_ids=chain.residue_ids[1:],
        residue_names=chain.residue_names[1:],
        ca_coords=chain.ca_coords[1:],
    )
