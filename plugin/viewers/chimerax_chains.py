"""Read protein chains out of ChimeraX. The rules are listed in ``docs/structures.md``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from provis_core.errors import InputError, StructureError
from provis_core.structures.chain import Chain, ResidueId, SelectedChain, find_chain_problem
from provis_core.structures.components import AMINO_ACIDS, CAPS, NUCLEOTIDES, ONE_LETTER, WATERS
from provis_core.structures.files.sources import find_polymer
from provis_core.structures.polymer import PolymerSequence

from .chimerax_models import ChimeraxModels

__all__ = ["ReadChain", "parse_spec", "read_chains", "read_structure_chains", "residues_of"]

_NO_RESIDUES: Final = sorted(CAPS | NUCLEOTIDES | WATERS)
_THREE: Final = {ONE_LETTER[name]: name for name in reversed(ONE_LETTER)}
_SOURCE: Final = "ChimeraX"
_RENUMBER: Final = "Give the residues numbers of their own: renumber #1/A start 1"


@dataclass(frozen=True, eq=False)
class ReadChain:
    """A chain and what ChimeraX calls its residues.

    Attributes
    ----------
    chain : Chain
    residues : chimerax.atomic.Residues
        In the order of the chain.
    """

    chain: Chain
    residues: Any


def read_chains(
    models: ChimeraxModels, selection: str
) -> tuple[list[SelectedChain], list[StructureError | str]]:
    """Read every protein chain that a specifier touches.

    Parameters
    ----------
    models : ChimeraxModels
    selection : str
        A specifier of atoms; empty for all structures that are shown.

    Returns
    -------
    chains : list of SelectedChain
        In the order of the models. Coordinates are those in the scene, of the alternate location and of the
        coordinate set that are shown.
    problems : list of StructureError or str
        Why a chain could not be read, and what else the user must know.

    Raises
    ------
    InputError
        If ChimeraX cannot read the specifier.
    StructureError
        If it holds no atoms or no protein.
    """
    if selection.strip():
        atoms = parse_spec(models.session, selection)
        structures = [one for one in models.all() if len(atoms) and one in atoms.unique_structures]
        touched = atoms.unique_residues.pointers
    else:
        structures, touched = [one for one in models.all() if one.visible and one.num_atoms], None
    notes: list[str] = []
    if "." not in selection:
        structures, notes = _first_of_ensembles(models, structures)
    if not structures:
        raise _no_atoms(models, selection)
    found: list[SelectedChain] = []
    problems: list[StructureError] = []
    for structure in structures:
        for one in read_structure_chains(models, structure):
            if isinstance(one, StructureError):
                problems.append(one)
                continue
            is_inside = np.ones(one.chain.n_residues, dtype=np.bool_)
            if touched is not None:
                is_inside = np.isin(one.residues.pointers, touched)
            if is_inside.any():
                found.append(SelectedChain(one.chain, is_inside))
    if not found:
        raise problems[0] if problems else _no_protein(selection, structures)
    return found, [*problems, *notes]


def parse_spec(session: Any, text: str) -> Any:
    """Return the atoms that a specifier names.

    Raises
    ------
    InputError
        If ChimeraX cannot read it.
    """
    from chimerax.core.commands import AtomSpecArg
    from chimerax.core.errors import UserError

    try:
        spec, _, rest = AtomSpecArg.parse(text.strip(), session)
        if rest.strip():
            raise UserError(f"nothing is called {rest.strip()!r}")
        return spec.evaluate(session).atoms
    except (UserError, ValueError) as error:
        raise InputError(
            f"ChimeraX does not understand {text!r} ({error})",
            "A specifier of models, chains, residues or atoms is needed",
            "For example: #1/A, or #1/A:25-50, or sel for what is selected",
        ) from error


def _first_of_ensembles(models: ChimeraxModels, structures: list[Any]) -> tuple[list[Any], list[str]]:
    """Leave out the further models of an ensemble, which are one molecule many times over; say so."""
    first: dict[tuple[Any, ...], Any] = {}
    for structure in structures:
        is_part = len(structure.id) > 1
        about = structure.id[:-1], structure.name, structure.num_residues
        first.setdefault(about if is_part else structure.id, structure)
    kept = list(first.values())
    names = [models.name(one) for one in kept if len(one.id) > 1]
    if len(kept) == len(structures):
        return kept, []
    return kept, [
        f"{', '.join(names)} is taken of {len(structures)} models; name others to have them, as in #1.2-4"
    ]


def _no_atoms(models: ChimeraxModels, selection: str) -> StructureError:
    names = ", ".join(models.name(one) for one in models.all()) or "no structures"
    if selection.strip():
        return StructureError(
            f"The specifier {selection!r} names no atoms",
            f"Atoms of a protein chain are needed; open are: {names}",
            "Name a chain, for example: #1/A",
        )
    return StructureError(
        f"No structure is shown; open are: {names}",
        "A protein structure is needed",
        "Open one (for example: open 1hpv), or show its model, or name a chain",
    )


def _no_protein(selection: str, structures: list[Any]) -> StructureError:
    names = Counter(str(name) for one in structures for name in one.residues.names)
    there = ", ".join(f"{count} {name}" for name, count in names.most_common(4))
    return StructureError(
        f"The specifier {selection!r} holds no protein" if selection else f"No protein is shown: {there}",
        "A protein language model needs at least one protein residue",
        "Name a protein chain, for example: #1/A",
    )


def read_structure_chains(models: ChimeraxModels, structure: Any) -> list[ReadChain | StructureError]:
    """Read the protein chains of a structure, or why one of them cannot be used."""
    from chimerax.atomic import Residue

    # ChimeraX sorts chains by their ids, and residues as the file has them
    place = {pointer: k for k, pointer in enumerate(structure.residues.pointers.tolist())}
    chains = [one for one in structure.chains if one.polymer_type == Residue.PT_AMINO]
    chains.sort(key=lambda one: place[int(one.existing_residues.pointers[0])])
    n_same = Counter(one.chain_id for one in chains)
    seen: Counter[str] = Counter()
    found = []
    for one in chains:
        seen[one.chain_id] += 1
        segment = str(seen[one.chain_id]) if n_same[one.chain_id] > 1 else ""
        if (read := _read_chain(models, structure, one, segment)) is not None:
            found.append(read)
    return found


def residues_of(structure: Any, chain_id: str) -> Any:
    """Return all that has a chain id: its residues, ligands and water."""
    residues = structure.residues
    return residues.filter(np.array([one.strip() == chain_id for one in residues.chain_ids], dtype=np.bool_))


def _read_chain(
    models: ChimeraxModels, structure: Any, chain: Any, segment: str
) -> ReadChain | StructureError | None:
    there = chain.existing_residues
    is_kept = ~np.isin(there.names.astype(str), _NO_RESIDUES)
    rows = _first_of_each_number(there, is_kept)
    residues = there.filter(rows)
    chain_id = chain.chain_id.strip()
    states = list(structure.coordset_ids)
    codes = [code.strip() for code in residues.insertion_codes]
    if not len(residues):
        return None
    made = Chain(
        object_name=models.name(structure),
        object_key=models.key(structure),
        chain_id=chain_id,
        segment_id=segment,
        shares_id=bool(segment),
        state=states.index(structure.active_coordset_id) + 1,
        n_states=len(states),
        residue_ids=tuple(
            ResidueId(chain_id, int(number), code)
            for number, code in zip(residues.numbers, codes, strict=True)
        ),
        residue_names=tuple(map(str, residues.names)),
        ca_coords=_read_coords(residues).astype(np.float32),
    )
    problem = find_chain_problem(made, "Open the whole structure, or name other chains", lambda _: _RENUMBER)
    if problem is not None:
        return problem
    polymer = _read_polymer(chain, residues, len(there), rows)
    if polymer is None and not segment:
        polymer = find_polymer(made, models.files(structure))
    return ReadChain(replace(made, polymer=polymer), residues)


def _first_of_each_number(residues: Any, is_kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Rows of the residues that count: where several are alternatives of one, the most occupied.

    ChimeraX makes two residues of one number where a PDB file has alternate locations of different names.
    """
    rows = np.flatnonzero(is_kept)
    numbers, codes = residues.numbers, residues.insertion_codes
    ids = [(int(numbers[k]), codes[k]) for k in rows]
    if len(set(ids)) == len(ids):
        return rows
    groups: dict[tuple[int, str], list[int]] = {}
    for k, residue in zip(rows.tolist(), ids, strict=True):
        groups.setdefault(residue, []).append(k)
    chosen = []
    for group in groups.values():
        has_locations = len(group) == 1 or all(map(_has_locations, (residues[k] for k in group)))
        chosen += [min(group, key=lambda k: _rank(residues[k]))] if has_locations else group
    return np.array(sorted(chosen), dtype=np.int64)


def _has_locations(residue: Any) -> bool:
    """Whether some atoms of a residue are in alternate locations."""
    return any(location.strip() for location in residue.atoms.alt_locs)


def _rank(residue: Any) -> tuple[bool, float, str]:
    """What is best first: a residue with a CA, the occupancy of it, and the name of its location."""
    atom = residue.find_atom("CA")
    return (True, 0.0, "") if atom is None else (False, -float(atom.occupancy), atom.alt_loc.strip())


def _read_coords(residues: Any) -> npt.NDArray[np.float64]:
    """Where the CA atoms are in the scene, shape (n_residues, 3); NaN where a residue has none."""
    coords = np.full((len(residues), 3), np.nan)
    atoms = residues.atoms
    found = atoms.filter((atoms.names == "CA") & (atoms.element_names == "C"))
    if len(found):
        order = np.argsort(residues.pointers)
        rows = order[np.searchsorted(residues.pointers, found.residues.pointers, sorter=order)]
        coords[rows] = found.scene_coords
    return coords


def _read_polymer(chain: Any, residues: Any, n_there: int, rows: npt.NDArray[np.int64]) -> Any:
    """The whole sequence of a chain, where ChimeraX knows it: of the unresolved residues their letters."""
    if not chain.from_seqres:
        return None
    letters = chain.characters
    if len(letters) == n_there:
        place = np.arange(n_there)
    else:
        is_there = np.array([one is not None for one in chain.residues], dtype=np.bool_)
        place = np.where(is_there, np.cumsum(is_there) - 1, -1)
    kept = np.full(n_there + 1, -2, dtype=np.int64)  # of a cap
    kept[rows], kept[-1] = np.arange(len(rows)), -1
    index = kept[place]
    names = residues.names
    pairs = [(letter, k) for letter, k in zip(letters, index.tolist(), strict=True) if k != -2]
    components = [
        str(names[k]) if k >= 0 else (_THREE[letter] if letter in AMINO_ACIDS + "UO" else "UNK")
        for letter, k in pairs
    ]
    return PolymerSequence(tuple(components), _SOURCE, np.array([k for _, k in pairs]))
