"""Which residues of an object are those of its protein chains, and the atom that stands for each.

The rules are listed in ``docs/structures.md``.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from provis_core.structures.components import CAPS, NUCLEOTIDES, WATERS, is_amino_acid
from provis_core.structures.sequence import ONE_LETTER, one_letter

from .pymol_order import ChainKey, OrderedAtom, has_ranks_of_one_file, sort_residues

__all__ = ["read_residues", "select_residues", "where"]

_NO_RESIDUES: Final = CAPS | NUCLEOTIDES | WATERS
_RANK, _INDEX = operator.attrgetter("rank"), operator.attrgetter("index")


@contextlib.contextmanager
def select_residues(cmd: Any, object_name: str) -> Iterator[str]:
    """Select an atom, or a few, of each residue that may be of a protein chain.

    The CA is enough, or whatever there is in a residue without one; a calcium ion is no protein residue, and
    the element of a real CA may be wrong (misaligned names in a PDB file).

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    object_name : str

    Yields
    ------
    str
        A selection that lives as long as the context. PyMOL takes a selection apart anew wherever it is
        named: a hidden one of our own is four times faster.
    """
    within, rest = cmd.get_unused_name("_provis_read"), cmd.get_unused_name("_provis_rest")
    try:
        cmd.select(within, _find_protein(cmd, object_name), enable=0)
        linked = f"%{object_name} and organic and (neighbor %{within})"
        if cmd.count_atoms(linked):  # like the chromophore of GFP, which has no backbone of the usual names
            cmd.select(within, f"%{within} or byres ({linked})", enable=0)
        others = _list_others_of_entities(cmd, object_name, f"%{within}")
        if others:
            cmd.select(within, " or ".join([f"%{within}", *others]), enable=0)
        without_ca = _find_without_ca(cmd, f"%{within}")
        cmd.select(within, f"%{within} and name CA", enable=0)
        if without_ca:
            cmd.select_list(rest, object_name, without_ca, mode="index")
            cmd.select(within, f"%{within} or %{rest}", enable=0)
        yield f"%{within}"
    finally:
        cmd.delete(within)
        cmd.delete(rest)


def _find_without_ca(cmd: Any, within: str) -> list[int]:
    """Indices of the atoms of residues that have no CA.

    In Python, since PyMOL's ``byres`` takes a time that grows with the square of the number of residues.
    """
    known: set[tuple[str, ...]] = set()
    residues: set[tuple[str, ...]] = set()
    for atoms, names in (("name CA", known), ("not name CA", residues)):
        cmd.iterate(f"{within} and {atoms}", "add((chain, segi, resi, resn))", space={"add": names.add})
    without = residues - known
    if not without:
        return []
    found: list[tuple[Any, ...]] = []
    expression = "add((chain, segi, resi, resn, index))"
    cmd.iterate(f"{within} and not name CA", expression, space={"add": found.append})
    return [atom[-1] for atom in found if atom[:-1] in without]


def _find_protein(cmd: Any, object_name: str) -> str:
    """Selection of the protein residues, with those that no bond holds to the polymer.

    PyMOL compares the name of every atom with a list: so only names that there are outside of the polymer.
    """
    others: set[str] = set()
    outside = f"%{object_name} and not (polymer.protein or polymer.nucleic)"
    cmd.iterate(outside, "add(resn)", space={"add": others.add})
    known = "+".join(sorted(name for name in others if name.upper() in ONE_LETTER))
    protein = f"(%{object_name} and polymer.protein)"
    return f"{protein} or ({outside} and resn {known})" if known else protein


def read_residues(cmd: Any, object_name: str, within: str, state: int) -> dict[ChainKey, list[OrderedAtom]]:
    """Read the residues of the protein chains in one state.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    object_name : str
    within : str
        What `select_residues` gave.
    state : int
        From 1.

    Returns
    -------
    dict of ChainKey to list of OrderedAtom
        One atom per residue; chains and residues are in the order in which the file first names them, or
        of the bonds where the object was edited. A residue without CA is stood for by another of its atoms.
    """
    rows: list[tuple[Any, ...]] = []
    cmd.iterate_state(state, within, f"add(({', '.join(OrderedAtom._fields)}))", space={"add": rows.append})
    loose: set[tuple[str, ...]] = set()
    cmd.iterate(f"{within} and not polymer", "add((chain, segi, resi, resn))", space={"add": loose.add})
    chains: dict[ChainKey, list[OrderedAtom]] = {}
    for row in rows:
        chains.setdefault(row[:2], []).append(OrderedAtom._make(row))
    found = {key: _one_per_residue(members) for key, members in chains.items()}
    if state > 1:
        early: set[int] = set()
        cmd.iterate_state(1, within, "add(index)", space={"add": early.add})
        found = {key: _sort_latecomers(members, early) for key, members in found.items()}
    in_file_order = True
    if any(_is_in_doubt(chain) for chain in found.values()):
        in_file_order = has_ranks_of_one_file(cmd, object_name)
        found = {
            key: sort_residues(cmd, object_name, chain, in_file_order) if _is_in_doubt(chain) else chain
            for key, chain in found.items()
        }
    if loose:
        found = {key: _drop_ligands(cmd, object_name, chain, loose) for key, chain in found.items()}
    place = _RANK if in_file_order else _INDEX
    chosen = sorted((chain for chain in found.values() if chain), key=lambda chain: place(chain[0]))
    return {chain[0].chain_key: chain for chain in chosen}


def _is_in_doubt(chain: Sequence[OrderedAtom]) -> bool:
    """Whether PyMOL shows the residues in another order than that of their file, or there is no file."""
    indices = [atom.index for atom in chain]
    return indices != sorted(indices) or any(atom.rank < 0 for atom in chain)


def where(object_name: str, key: ChainKey, resis: Iterable[str]) -> str:
    """Selection of some residues of a chain."""
    numbers = "+".join(resi.replace("-", "\\-") for resi in resis)
    return f'(%{object_name} and chain "{key[0]}" and segi "{key[1]}" and resi {numbers})'


def _list_others_of_entities(cmd: Any, object_name: str, within: str) -> list[str]:
    """Selections of residues that an mmCIF file counts in a protein, whatever they are called.

    In such a file each ligand has a segment and an entity of its own.
    """
    entities: set[tuple[str, str, str]] = set()
    cmd.iterate(f"{within} and name CA", "add((chain, segi, custom))", space={"add": entities.add})
    if not any(entity for _, _, entity in entities):
        return []
    rest: set[tuple[str, str, str, str, str]] = set()
    others = f"%{object_name} and not {within} and not solvent and not polymer.nucleic"
    cmd.iterate(others, "add((chain, segi, custom, resi, resn))", space={"add": rest.add})
    found: dict[ChainKey, list[str]] = {}
    for chain, segi, entity, resi, resn in sorted(rest):
        if entity and (chain, segi, entity) in entities and resn not in _NO_RESIDUES:
            found.setdefault((chain, segi), []).append(resi)
    return [where(object_name, key, resis) for key, resis in found.items()]


def _one_per_residue(atoms: list[OrderedAtom]) -> list[OrderedAtom]:
    """The atom that stands for each residue, in the order in which the file first names the residues.

    Of alternate locations the one with the highest occupancy counts, ties go to the first by name. Two
    atoms of one number and one alternate location are two residues: a file in which numbers are used twice.
    """
    ordered = sorted(atoms, key=_RANK)
    if len({atom.resi for atom in atoms}) == len(atoms):
        return ordered
    places: dict[tuple[str, int], list[OrderedAtom]] = {}
    n_seen: dict[tuple[str, str], int] = {}
    for atom in ordered:
        if atom.name == "CA":
            nth = n_seen[atom.resi, atom.alt] = n_seen.get((atom.resi, atom.alt), -1) + 1
        else:
            nth = 0
        places.setdefault((atom.resi, nth), []).append(atom)
    return [
        min(place, key=lambda atom: (atom.name != "CA", -atom.q, atom.alt, atom.rank))
        for place in places.values()
    ]


def _sort_latecomers(chain: list[OrderedAtom], early: set[int]) -> list[OrderedAtom]:
    """Put residues that only a later model has into their places, where PyMOL's own order tells them.

    PyMOL sorts residues by number, which is the order of the chain if it is that of the first model.
    """
    by_index = sorted(chain, key=_INDEX)
    ranks = [atom.rank for atom in by_index if atom.index in early]
    return by_index if len(ranks) < len(chain) and ranks == sorted(ranks) else chain


def _drop_ligands(
    cmd: Any, object_name: str, chain: list[OrderedAtom], loose: set[tuple[str, ...]]
) -> list[OrderedAtom]:
    """Leave out of a chain what PyMOL does not count as polymer, unless it has its place there.

    That is: it stands between residues of the polymer (modified residues between two gaps, and those without
    a usual backbone), or it goes on from the end of the polymer by a bond of the backbone, or it is an amino
    acid of the protein's entity. Free amino acids and what is linked to a side chain come after the end of
    the chain; programs other than the PDB's count such ligands in the entity, too. A cap is bonded on one
    side alone.
    """
    sure = [k for k, atom in enumerate(chain) if atom.residue not in loose]
    if not sure:
        return []
    entities = {chain[k].custom for k in sure if chain[k].custom}
    first, last = sure[0], sure[-1]
    while first > 0 and _goes_on(cmd, object_name, chain[first], "N", chain[first - 1], entities):
        first -= 1
    while last + 1 < len(chain) and _goes_on(cmd, object_name, chain[last], "C", chain[last + 1], entities):
        last += 1

    def belongs(k: int) -> bool:
        atom, is_inside = chain[k], first <= k <= last
        if atom.custom in entities:
            return atom.resn not in _NO_RESIDUES and (is_inside or is_amino_acid(atom.resn))
        if is_inside:
            return atom.name == "CA" or is_amino_acid(atom.resn) or _joins(cmd, object_name, atom)
        return k < first and one_letter(atom.resn) != "X"

    return [atom for k, atom in enumerate(chain) if atom.residue not in loose or belongs(k)]


def _joins(cmd: Any, object_name: str, atom: OrderedAtom) -> bool:
    """Whether a residue is bonded to the backbone on both of its sides."""
    here = where(object_name, atom.chain_key, [atom.resi])
    return all(cmd.count_atoms(f"%{object_name} and name {name} and neighbor {here}") for name in "CN")


def _goes_on(
    cmd: Any, object_name: str, end: OrderedAtom, name: str, following: OrderedAtom, entities: Collection[str]
) -> bool:
    """Whether a residue with a CA, or of the entity, is bonded to an atom of the backbone of another one."""
    if following.resn in _NO_RESIDUES or not (following.name == "CA" or following.custom in entities):
        return False
    here, there = (where(object_name, one.chain_key, [one.resi]) for one in (end, following))
    return bool(cmd.count_atoms(f"{here} and name {name} and neighbor {there}"))
