"""What ChimeraX shows beside the user's own: pseudobonds, surfaces, labels; and which of them are ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.attention.edges import Edges
from provis_core.scenes.dashes import DASH_RADIUS, make_dashes
from provis_core.scenes.scene import Overlay, Scene
from provis_core.structures.chain import Chain

from .chimerax_chains import ReadChain
from .chimerax_meshes import make_surface, mesh_cylinders
from .chimerax_models import ChimeraxModels

__all__ = ["ChimeraxDrawings"]

_PREFIX: Final = "provis "
_LABELS: Final = "labels"  # texts that we leave with a structure
_DRAWINGS: Final = "drawings"
_N_NAMED: Final = 6  # linked chains that the name of a drawing tells
_MOVED: Final = 0.05  # Å
_HAIRLINE: Final = 0.01  # Å, radius of a pseudobond that carries label and weight inside of a cylinder


class ChimeraxDrawings:
    """The drawings of one ChimeraX.

    Pseudobonds follow their atoms; a surface follows its model, and is looked at again.

    Parameters
    ----------
    models : ChimeraxModels
    """

    def __init__(self, models: ChimeraxModels) -> None:
        self._models = models
        self._session = models.session

    # -- names -----------------------------------------------------------------------------------------

    def make_names(self, chains: Sequence[Chain], head: str, base: str = "") -> list[str]:
        """Return names for the drawings of one head on some chains; see `Painter.object_names`."""
        tokens = {
            key: self._tokens(key) for chain in chains for key in {one.object_key for one in chain.singles}
        }
        owned = self._owned()
        names: list[str] = []
        for chain in chains:
            members = chain.singles
            words = [tokens[one.object_key][one.chain_id, one.segment_id] for one in members]
            token = "-".join(words[:_N_NAMED]) + ("-etc" if len(words) > _N_NAMED else "")
            wanted = (
                f"{_PREFIX}{token} {head}" if not base else base if len(chains) == 1 else f"{base} {token}"
            )
            names.append(self._free_name(wanted, members[0].object_key, owned, names))
        return names

    def _tokens(self, key: str) -> dict[tuple[str, str], str]:
        """A word for each chain of a structure; no two are the same where upper and lower case are."""
        structure = self._models.find_key(key)
        tokens: dict[tuple[str, str], str] = {}
        seen: dict[str, int] = {}
        for chain in structure.chains if structure is not None else ():
            chain_id = chain.chain_id.strip()
            nth = sum(known == chain_id for known, _ in tokens) + 1
            word = chain_id or "nochain"
            count = seen[word.lower()] = seen.get(word.lower(), 0) + 1
            word = word if count == 1 else f"{word}_{count}"
            tokens[chain_id, str(nth)] = word
            tokens.setdefault((chain_id, ""), word)
        return tokens

    def _free_name(self, wanted: str, key: str, owned: Mapping[str, str], names: Sequence[str]) -> str:
        """The name itself, or with the model's id where a drawing of another model has it."""
        structure = self._models.find_key(key)
        mine = [name for name, owner in owned.items() if owner == key]
        for name in mine:
            if (name == wanted or name.startswith(f"{wanted} #")) and name not in names:
                return name
        taken = {name.lower() for name in [*owned, *names]}
        if wanted.lower() not in taken and not self._is_shared(wanted, structure):
            return wanted
        return f"{wanted} #{structure.id_string}" if structure is not None else wanted

    def _is_shared(self, wanted: str, structure: Any) -> bool:
        """Whether a model of the user has this name."""
        others = [one for one in self._session.models.list() if one is not structure]
        return any(one.name.lower() == wanted.lower() for one in others) and wanted not in self.names()

    def _owned(self) -> dict[str, str]:
        """Drawings by name, and the key of the structure that each is on; empty for several."""
        found = {}
        for one in self._drawn():
            parent = getattr(one, "parent", None)
            is_structure = parent is not None and parent in self._models.all()
            found[one.name] = self._models.key(parent) if is_structure else ""
        return found

    def _drawn(self) -> list[Any]:
        """Our models, in a session that was opened, too: those of our prefix, and those that we named so."""
        from chimerax.atomic import PseudobondGroup
        from chimerax.core.models import Surface

        given = {name for one in self._models.all() for name in self._known(one)}
        return [
            one
            for one in self._session.models.list()
            if (type(one) is Surface or isinstance(one, PseudobondGroup))
            and (one.name.startswith(_PREFIX) or one.name in given)
        ]

    def _known(self, structure: Any) -> dict[str, list[Any]]:
        """Look and chain ids of what was drawn on a structure, by the name of the drawing."""
        return self._models.read_entries(structure, _DRAWINGS, _is_drawing)

    def _remember(self, name: str, chain: Chain, look: str = "") -> None:
        for key in {one.object_key for one in chain.singles}:
            if (structure := self._models.find_key(key)) is not None:
                ids = [one.chain_id for one in chain.singles if one.object_key == key]
                known = {**self._known(structure), name: [look, ids]}
                self._models.write_text(structure, _DRAWINGS, json.dumps(known))

    def _find_alike(self, scene: Scene) -> set[str]:
        """Names of the other drawings of a chain of a scene that have its look."""
        found = set()
        for chain in scene.chain.singles if scene.look else ():
            for name, (look, ids) in self._known(self._models.need(chain)).items():
                if name != scene.name and look == scene.look and chain.chain_id in ids:
                    found.add(name)
        return found

    def names(self) -> list[str]:
        """Return the names of our drawings, and of what is labelled alone."""
        labelled = [name for one in self._models.all() for name in self._labelled(one)]
        return list(dict.fromkeys([*(one.name for one in self._drawn()), *labelled]))

    def delete(self, names: Sequence[str]) -> None:
        """Delete our drawings and labels of some names."""
        gone = [one for one in self._drawn() if one.name in names]
        if gone:
            self._session.models.close(gone)
        for structure in self._models.all():
            for name in names:
                self._unlabel(structure, name)
            if known := self._known(structure):
                left = {name: one for name, one in known.items() if name not in names}
                self._models.write_text(structure, _DRAWINGS, json.dumps(left) if left else "")

    # -- cylinders -------------------------------------------------------------------------------------

    def draw_scene(self, scene: Scene, read: Sequence[ReadChain]) -> list[str]:
        """Draw a scene in place of what has its name; returns what it hides: see `Painter`.

        Parameters
        ----------
        scene : Scene
        read : sequence of ReadChain
            The members of its chain as they are now.
        """
        shown = {one.name for one in self._drawn() if one.display}
        hidden = self._find_alike(scene) & shown if scene.name not in shown else set()
        self.delete([scene.name])
        structures = list({one.chain.object_key: self._models.need(one.chain) for one in read}.values())
        alpha = round(255 * scene.alpha)
        start_rgba, end_rgba = _rgba(scene.start_rgb, alpha), _rgba(scene.end_rgb, alpha)
        radius, ends = scene.radius, _ends(scene.edges, read)
        if (
            scene.edges.direction == "directed"
        ):  # a pseudobond has one colour: the cylinders of two are a surface around it
            mesh = mesh_cylinders(scene.start, scene.end, scene.radius, start_rgba, end_rgba)
            surface = self._add_surface(scene.name, structures, mesh)
            surface.provis_ends = ends
            radius = np.full(len(scene.radius), _HAIRLINE, dtype=np.float32)
        group = self._make_group(scene.name, structures)
        bonds = group.new_pseudobonds(*ends[:2])
        bonds.colors, bonds.radii, bonds.halfbonds = end_rgba, radius, False
        group.dashes = 0
        self._keep_weights(bonds, scene.edges)
        self._label_bonds(group, bonds, scene.labels)
        self._remember(scene.name, scene.chain, scene.look)
        for one in self._drawn():
            if one.name in hidden:
                one.display = False
        return sorted(hidden)

    def _make_group(self, name: str, structures: Sequence[Any]) -> Any:
        if len(structures) == 1:
            return structures[0].pseudobond_group(name)
        group = self._session.pb_manager.get_group(name)
        if group.id is None:
            self._session.models.add([group])
        return group

    def _add_surface(self, name: str, structures: Sequence[Any], mesh: Any) -> Any:
        root = self._session.models.scene_root_model
        return make_surface(name, structures[0] if len(structures) == 1 else root, mesh)

    def _keep_weights(self, bonds: Any, edges: Edges) -> None:
        """Leave the exact weight with each pseudobond, for ``color byattribute`` and for sessions."""
        from chimerax.atomic import Pseudobond

        Pseudobond.register_attr(self._session, "attention", "ProVis", attr_type=float)
        for bond, weight in zip(bonds, edges.weight.tolist(), strict=True):
            bond.attention = weight

    def _label_bonds(self, group: Any, bonds: Any, labels: Sequence[tuple[int, str]]) -> None:
        from chimerax.label.label3d import PseudobondLabel, labels_model

        for index, text in labels:
            model = labels_model(group, create=True)
            model.add_labels([bonds[index]], PseudobondLabel, self._session.main_view, {"text": text})

    def find_stale(self) -> list[str]:
        """Return the names of surfaces of which an atom has left its end since they were drawn."""
        stale = []
        for one in self._drawn():
            if (ends := getattr(one, "provis_ends", None)) is None:  # opened with a session
                continue
            query, key, start, end = ends
            if len(query) != len(start) or len(key) != len(end):  # atoms were deleted
                stale.append(one.name)
                continue
            apart = [np.abs(query.coords - start), np.abs(key.coords - end)]
            if max(float(part.max(initial=0)) for part in apart) > _MOVED:
                stale.append(one.name)
        return stale

    def picked_ends(self) -> Any:
        """Atoms at the ends of those of our pseudobonds that the user has selected; None for none."""
        from chimerax.atomic import PseudobondGroup, concatenate

        ends = [
            one.pseudobonds.filter(one.pseudobonds.selecteds).atoms
            for one in self._drawn()
            if isinstance(one, PseudobondGroup) and one.pseudobonds.num_selected
        ]
        return concatenate([atoms for pair in ends for atoms in pair]) if ends else None

    # -- overlays --------------------------------------------------------------------------------------

    def draw_overlay(self, overlay: Overlay, read: ReadChain) -> None:
        """Draw the dashed lines and labels of an overlay, in place of those that were there."""
        structure = self._models.need(overlay.chain)
        self.delete([overlay.name])
        if len(overlay.dash_start):
            start, end, line = make_dashes(overlay.dash_start, overlay.dash_end)
            rgba = _rgba(overlay.dash_rgb[line], 255)
            mesh = mesh_cylinders(start, end, np.full(len(line), DASH_RADIUS), rgba, rgba)
            self._add_surface(overlay.name, [structure], mesh)
        self._label_residues(structure, overlay.name, read, overlay.labels)
        if len(overlay.dash_start):
            self._remember(overlay.name, overlay.chain)

    def _label_residues(self, structure: Any, name: str, read: ReadChain, labels: Mapping[int, str]) -> None:
        """Write texts at residues, but not where the user has written something."""
        from chimerax.label.label3d import ResidueLabel, labels_model

        if not labels:
            return
        model = labels_model(structure, create=True)
        taken, done = set(model.labeled_objects(ResidueLabel)), []
        for row, text in labels.items():
            residue = read.residues[row]
            if residue not in taken:
                model.add_labels([residue], ResidueLabel, self._session.main_view, {"text": text})
                done.append([residue.chain_id, residue.number, residue.insertion_code, text])
        kept = {**self._labelled(structure), name: done}
        self._models.write_text(structure, _LABELS, json.dumps(kept))

    def _labelled(self, structure: Any) -> dict[str, list[list[Any]]]:
        return self._models.read_entries(structure, _LABELS, _are_labels)

    def _unlabel(self, structure: Any, name: str) -> None:
        """Take our labels of one name off, unless the user has written something else there."""
        from chimerax.label.label3d import labels_model

        kept = self._labelled(structure)
        if name not in kept:
            return
        ours = {(chain, number, code): text for chain, number, code, text in kept.pop(name)}
        self._models.write_text(structure, _LABELS, json.dumps(kept) if kept else "")
        model = labels_model(structure)
        if model is None:
            return
        there = [
            label.object
            for label in model.labels()
            if (about := _about(label.object)) in ours and label.text == ours[about]
        ]
        model.delete_labels(there)


def _is_drawing(kept: Any) -> bool:
    """Whether something kept is a look and chain ids."""
    match kept:
        case [str(), [*ids]]:
            return all(isinstance(one, str) for one in ids)
    return False


def _are_labels(kept: Any) -> bool:
    """Whether something kept is a list of chain id, number, insertion code and text."""
    return isinstance(kept, list) and all(
        isinstance(one, list) and [type(value) for value in one] == [str, int, str, str] for one in kept
    )


def _about(labelled: Any) -> tuple[Any, ...]:
    names = ("chain_id", "number", "insertion_code")
    return tuple(getattr(labelled, name, None) for name in names)


def _rgba(rgb: npt.NDArray[np.floating], alpha: int) -> npt.NDArray[np.uint8]:
    rgba = np.full((len(rgb), 4), alpha, dtype=np.uint8)
    rgba[:, :3] = np.clip(np.rint(np.asarray(rgb) * 255), 0, 255)
    return rgba


def _ends(edges: Edges, read: Sequence[ReadChain]) -> tuple[Any, Any, Any, Any]:
    """CA atoms of query and key of each edge, and where they are in their models."""
    from chimerax.atomic import Atoms

    rows = [residue for one in read for residue in one.residues]
    atoms = {k: rows[k].find_atom("CA") for k in {*edges.query.tolist(), *edges.key.tolist()}}
    query = Atoms([atoms[k] for k in edges.query.tolist()])
    key = Atoms([atoms[k] for k in edges.key.tolist()])
    return query, key, query.coords.copy(), key.coords.copy()
