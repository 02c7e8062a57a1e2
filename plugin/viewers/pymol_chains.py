"""Read protein chains out of PyMOL.

``iterate`` and ``iterate_state`` are used throughout: ``get_coords`` raises where PyMOL's C module was
built for another NumPy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.errors import InputError, StructureError
from provis_core.structures.chain import Chain, ResidueId, SelectedChain, find_chain_problem
from provis_core.structures.files.sources import find_polymer
from provis_core.structures.polymer import PolymerSequence

from ..collector import hold_collection
from .pymol_names import list_molecules
from .pymol_order import ChainKey, OrderedAtom
from .pymol_polymers import read_polymers
from .pymol_remarks import name_apart
from .pymol_residues import read_residues, select_residues
from .pymol_sources import candidate_files

__all__ = ["object_matrix", "read_chains"]


def read_chains(cmd: Any, selection: str) -> tuple[list[SelectedChain], list[StructureError]]:
    """Read every protein chain that a selection touches, in its object and shown state.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    selection : str
        Atom selection; empty for all enabled objects.

    Returns
    -------
    chains : list of SelectedChain
        In the order of the objects, then of the chains in the file. Coordinates are those on the screen:
        matrices of the object are applied.
    problems : list of StructureError
        Why an object or a chain of the selection could not be read.

    Raises
    ------
    InputError
        If PyMOL cannot read the selection.
    StructureError
        If it holds no atoms or no protein.
    """
    selection = selection.strip() or _enabled_objects(cmd)
    if _count(cmd, selection) == 0:
        raise StructureError(
            f"The selection {selection!r} holds no atoms",
            f"Atoms of a protein chain are needed; loaded are: {_names(cmd)}",
            "Check the name with: count_atoms " + selection,
        )
    found: list[SelectedChain] = []
    problems: list[StructureError] = []
    for object_name in list_molecules(cmd, selection):
        try:
            chains = _read_object(cmd, object_name, selection)
        except StructureError as error:
            problems.append(error)
            continue
        files = candidate_files(cmd, object_name)
        for selected in chains:
            problem = find_chain_problem(
                selected.chain,
                "Load the whole structure, or select other chains",
                partial(name_apart, cmd, selected.chain),
            )
            if problem is None:
                found.append(_add_polymer(selected, files))
            else:
                problems.append(problem)
    if not found:
        if problems:
            raise problems[0]
        raise StructureError(
            f"The selection {selection!r} holds no protein in the shown state: {_contents(cmd, selection)}"
            if cmd.count_atoms(f"({selection}) and polymer.protein")
            else f"The selection {selection!r} holds no protein: {_contents(cmd, selection)}",
            "A protein language model needs at least one protein residue",
            "Select a protein chain, for example: provis_attn polymer.protein",
        )
    return found, problems


def _enabled_objects(cmd: Any) -> str:
    enabled = set(cmd.get_names("public_objects", enabled_only=1))
    names = [name for name in list_molecules(cmd) if name in enabled]
    if not names:
        raise StructureError(
            f"No enabled object has atoms; loaded are: {_names(cmd)}",
            "A protein structure is needed",
            "Load one (for example: fetch 1hpv), or enable it, or name a selection",
        )
    return " or ".join(f"(%{name})" for name in names)


def _count(cmd: Any, selection: str) -> int:
    import pymol
    from pymol.parsing import QuietException

    try:
        return int(cmd.count_atoms(f"({selection})", quiet=1))
    except (pymol.CmdException, QuietException) as error:
        reason = (str(error).strip() or "no reason given").splitlines()[0].replace("Error: ", "")
        raise InputError(
            f"PyMOL does not understand the selection {selection!r} ({reason})",
            "An atom selection or the name of an object is needed",
            f"Loaded are: {_names(cmd)}. An example: provis_attn chain A",
        ) from error


def _names(cmd: Any) -> str:
    """The molecules, as the user knows them."""
    names = [name for name in list_molecules(cmd) if not name.startswith(("_", "provis_"))]
    text = ", ".join(names[:20]) or "no molecules"
    return text if len(names) <= 20 else f"{text} and {len(names) - 20} more"


def _contents(cmd: Any, selection: str) -> str:
    """What there is instead of protein, with numbers of residues."""
    kinds = (
        ("nucleic acid", "polymer.nucleic"),
        ("water", "solvent"),
        ("ligand or ion", "organic or inorganic"),
    )
    parts = []
    for words, kind in kinds:
        residues: set[tuple[str, ...]] = set()
        cmd.iterate(
            f"({selection}) and ({kind})", "add((model, segi, chain, resi))", space={"add": residues.add}
        )
        if residues:
            parts.append(f"{len(residues)} residue{'s' if len(residues) > 1 else ''} of {words}")
    return ", ".join(parts) or f"{_count(cmd, selection)} atoms of another kind"


def _read_object(cmd: Any, object_name: str, selection: str) -> list[SelectedChain]:
    with hold_collection():
        with select_residues(cmd, object_name) as within:
            touched = _find_touched(cmd, object_name, within, selection)
            if touched is not None and not touched:
                return []
            states, n_states = _shown_states(cmd, object_name)
            chains, shown_in = _read_states(cmd, object_name, within, states)
            polymers = read_polymers(cmd, object_name, within, (states[0], n_states), chains)
        matrices = {state: object_matrix(cmd, object_name, state) for state in set(shown_in.values())}
        n_same = Counter(chain_id for chain_id, _ in chains)
        selected = [
            _make_chain(
                object_name,
                (shown_in[key], n_states),
                atoms,
                touched,
                matrices[shown_in[key]],
                polymer=polymers.get(key),
                shares_id=n_same[key[0]] > 1,
            )
            for key, atoms in chains.items()
        ]
        return [one for one in selected if one.inside.any()]


def _read_states(
    cmd: Any, object_name: str, within: str, states: Sequence[int]
) -> tuple[dict[ChainKey, list[OrderedAtom]], dict[ChainKey, int]]:
    """Residues of the chains, and the first of some states that has them."""
    keys: set[ChainKey] = set()
    if len(states) > 1:
        cmd.iterate(within, "add((chain, segi))", space={"add": keys.add})
    chains: dict[ChainKey, list[OrderedAtom]] = {}
    shown_in: dict[ChainKey, int] = {}
    for state in states:
        for key, atoms in read_residues(cmd, object_name, within, state).items():
            chains.setdefault(key, atoms)
            shown_in.setdefault(key, state)
        if keys <= chains.keys():
            break
    return chains, shown_in


def _find_touched(cmd: Any, object_name: str, within: str, selection: str) -> set[tuple[str, ...]] | None:
    """Residues with any atom in a selection, None for all.

    ``byres`` is slow, so only what is not yet known is asked.
    """
    touched: set[tuple[str, ...]] = set()
    if not cmd.count_atoms(f"{within} and not ({selection})"):
        return None if cmd.count_atoms(within) else touched
    direct = f"{within} and ({selection})"
    by_other_atoms = f"{within} and byres (%{object_name} and ({selection}) and not byres ({direct}))"
    for part in (direct, by_other_atoms):
        cmd.iterate(part, "add((chain, segi, resi, resn))", space={"add": touched.add})
    return touched


def _shown_states(cmd: Any, object_name: str) -> tuple[Sequence[int], int]:
    """States of an object that are on the screen, from 1, and how many it has."""
    import pymol

    n_states = int(cmd.count_states(f"%{object_name}"))
    try:
        state = int(cmd.get_object_state(object_name))
    except pymol.CmdException as error:  # PyMOL shows nothing of it
        raise StructureError(
            f"{object_name} has {n_states} state{'s' if n_states > 1 else ''} and none of them is shown: "
            f"state {cmd.get('state')} was chosen",
            "Attention is drawn on the state that is on the screen",
            f"Choose a state that {object_name} has, for example: set state, 1",
        ) from error
    # 0 is PyMOL's word for all states at once: chains of an assembly may be in one of them each
    return [state] if state else range(1, n_states + 1), n_states


def object_matrix(cmd: Any, object_name: str, state: int) -> npt.NDArray[np.float64] | None:
    """What PyMOL applies to the coordinates of an object to show it.

    ``get_object_ttt`` would say it directly, but ends PyMOL 2.5 with a segmentation fault.

    Parameters
    ----------
    cmd : module
    object_name : str
    state : int
        1-based.

    Returns
    -------
    numpy.ndarray, shape (4, 4), or None
        None for nothing.
    """
    total, history = (
        np.reshape(cmd.get_object_matrix(object_name, state, incl_ttt) or np.eye(4), (4, 4))
        for incl_ttt in (1, 0)
    )
    if cmd.get_setting_int("matrix_mode", object_name) <= 0:  # coordinates already have the state's matrix
        total = total @ np.linalg.inv(history)
    return None if np.allclose(total, np.eye(4), atol=1e-7) else total


def _make_chain(
    object_name: str,
    states: tuple[int, int],
    atoms: list[OrderedAtom],
    touched: set[tuple[str, ...]] | None,
    matrix: npt.NDArray[np.float64] | None,
    *,
    polymer: PolymerSequence | None,
    shares_id: bool,
) -> SelectedChain:
    chain_id, segment_id = key = atoms[0].chain_key
    coords = np.array([atom[-3:] if atom.name == "CA" else (np.nan,) * 3 for atom in atoms])
    if matrix is not None:
        coords = coords @ matrix[:3, :3].T + matrix[:3, 3]
    chain = Chain(
        object_name=object_name,
        chain_id=chain_id,
        segment_id=segment_id,
        state=states[0],
        n_states=states[1],
        residue_ids=tuple(ResidueId.from_resi(chain_id, atom.resi) for atom in atoms),
        residue_names=tuple(atom.resn for atom in atoms),
        ca_coords=coords.astype(np.float32),
        polymer=polymer,
        shares_id=shares_id,
    )
    if touched is None:
        return SelectedChain(chain, np.ones(chain.n_residues, dtype=bool))
    numbers = {residue[2] for residue in touched if residue[:2] == key}
    return SelectedChain(chain, np.array([atom.resi in numbers for atom in atoms], dtype=bool))


def _add_polymer(selected: SelectedChain, files: list[Path]) -> SelectedChain:
    """Take the whole sequence from the file of an object, where PyMOL does not tell it."""
    chain = selected.chain
    if chain.polymer is not None or chain.shares_id:  # SEQRES goes by chain id
        return selected
    polymer = find_polymer(chain, files)
    return replace(selected, chain=replace(chain, polymer=polymer)) if polymer else selected
