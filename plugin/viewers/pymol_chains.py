"""Read protein chains out of PyMOL.

``iterate`` and ``iterate_state`` are used throughout: ``get_coords`` raises where PyMOL's C module was
built for another NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from provis_core.chain import Chain, ResidueId
from provis_core.errors import InputError, StructureError
from provis_core.sequence import ONE_LETTER
from provis_core.viewer import SelectedChain

__all__ = ["read_chains"]

_KNOWN = "+".join(sorted(ONE_LETTER))
# protein residues, with those that PyMOL does not count as polymer (modified ones, CA-only models)
_PROTEIN = f"(polymer.protein or (resn {_KNOWN} and not polymer.nucleic))"
# one atom per residue is enough: the CA, or whatever there is in a residue without one
_CA = f"({_PROTEIN} and name CA and not elem Ca)"
_ONE_PER_RESIDUE = f"({_CA} or ({_PROTEIN} and not byres {_CA}))"


def read_chains(cmd: Any, selection: str) -> list[SelectedChain]:
    """Read every protein chain that a selection touches, in its object and shown state.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    selection : str
        Atom selection; empty for all enabled objects.

    Returns
    -------
    list of SelectedChain
        In the order of the objects, then of the chains.

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
            f"Atoms of a protein chain are needed; loaded are: {_names(cmd) or 'no objects'}",
            "Check the name with: count_atoms " + selection,
        )
    found: list[SelectedChain] = []
    for object_name in cmd.get_object_list(f"({selection})") or []:
        found.extend(_read_object(cmd, object_name, selection))
    if not found:
        raise StructureError(
            f"The selection {selection!r} holds no protein: {_contents(cmd, selection)}",
            "A protein language model needs at least one protein residue",
            "Select a protein chain, for example: provis_attn polymer.protein",
        )
    return found


def _enabled_objects(cmd: Any) -> str:
    enabled = set(cmd.get_names("public_objects", enabled_only=1))
    names = [name for name in cmd.get_object_list("all") or [] if name in enabled]
    if not names:
        raise StructureError(
            f"No enabled object has atoms; loaded are: {_names(cmd) or 'no objects'}",
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
            f"Loaded are: {_names(cmd) or 'no objects'}. An example: provis_attn chain A",
        ) from error


def _names(cmd: Any) -> str:
    return ", ".join((cmd.get_object_list("all") or [])[:20])


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
            parts.append(f"{len(residues)} residues of {words}")
    return ", ".join(parts) or f"{_count(cmd, selection)} atoms of another kind"


def _read_object(cmd: Any, object_name: str, selection: str) -> Iterable[SelectedChain]:
    state = int(cmd.get_object_state(object_name))
    within = f"(%{object_name} and {_ONE_PER_RESIDUE})"
    touched: set[tuple[str, str, str]] = set()
    cmd.iterate(
        f"{within} and byres ((%{object_name}) and ({selection}))",
        "add((chain, segi, resi))",
        space={"add": touched.add},
    )
    if not touched:
        return []
    atoms: list[tuple[Any, ...]] = []
    cmd.iterate_state(
        state,
        within,
        "add((chain, segi, resi, resn, name, alt, q, rank, x, y, z))",
        space={"add": atoms.append},
    )
    chains: dict[tuple[str, str], dict[str, list[tuple[Any, ...]]]] = {}
    for atom in atoms:
        chains.setdefault(atom[:2], {}).setdefault(atom[2], []).append(atom)
    n_states = int(cmd.count_states(f"%{object_name}"))
    wanted = {key[:2] for key in touched}
    return [
        _make_chain(object_name, state, n_states, key, residues, touched)
        for key, residues in chains.items()
        if key in wanted
    ]


def _make_chain(
    object_name: str,
    state: int,
    n_states: int,
    key: tuple[str, str],
    residues: dict[str, list[tuple[Any, ...]]],
    touched: set[tuple[str, str, str]],
) -> SelectedChain:
    chain_id, segment_id = key
    # of alternate locations the one with the highest occupancy counts, ties go to the first by name
    chosen = [min(atoms, key=lambda atom: (-atom[6], atom[5], atom[7])) for atoms in residues.values()]
    # the file's order, also where the numbers do not rise
    chosen.sort(key=lambda atom: atom[7])
    chain = Chain(
        object_name=object_name,
        chain_id=chain_id,
        segment_id=segment_id,
        state=state,
        n_states=n_states,
        residue_ids=tuple(_residue_id(chain_id, atom[2]) for atom in chosen),
        residue_names=tuple(atom[3] for atom in chosen),
        ca_coords=np.array(
            [atom[8:11] if atom[4] == "CA" else (np.nan,) * 3 for atom in chosen], dtype=np.float32
        ),
    )
    inside = np.array([(chain_id, segment_id, atom[2]) in touched for atom in chosen], dtype=bool)
    return SelectedChain(chain, inside)


def _residue_id(chain_id: str, resi: str) -> ResidueId:
    if resi[-1:].isdigit():
        return ResidueId(chain_id, int(resi))
    return ResidueId(chain_id, int(resi[:-1]), resi[-1])
