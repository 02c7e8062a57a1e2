"""From a table of atoms to the protein chains in it: which residues belong to the polymer, and their CA.

The rules are listed in ``docs/structures.md``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..chain import Chain, ResidueId
from ..components import CAPS, NUCLEOTIDES, WATERS, is_amino_acid, one_letter
from ..polymer import PolymerSequence
from .atom_table import AtomTable, StructureFile

__all__ = ["BuiltChain", "build_chains"]

_PEPTIDE_BOND: Final = 2.0
_CA_CA: Final = 4.5
"""Å; two residues whose C-N, or whose CA-CA where one of these is missing, is nearer are bonded."""


@dataclass
class _Run:
    """Atoms of one residue: consecutive rows, and the other locations of it that come later."""

    rows: list[int]
    key: tuple[int, str]
    names: list[str]
    ca: list[int]
    is_het: bool
    n_ter: int
    before_ter: bool
    polymer_number: int


class BuiltChain(NamedTuple):
    """A chain, and the rows of the table that its residues were made of."""

    chain: Chain
    rows: npt.NDArray[np.int64]


def build_chains(source: StructureFile, object_name: str, state: int) -> tuple[BuiltChain, ...]:
    """Find the protein chains of a model.

    Parameters
    ----------
    source : StructureFile
    object_name : str
    state : int
        The model that was read, for the label.

    Returns
    -------
    tuple of BuiltChain
        In the order of the file; those without any CA are left out. Chains that nothing else tells apart are
        numbered by their segment ids.
    """
    atoms = source.atoms
    found: list[tuple[str, str, list[_Run]]] = []
    for chain_id, segment_id, rows in _groups(atoms):
        listed = source.polymers.get(chain_id)
        in_polymer = frozenset(listed.residue_names) if listed and not source.polymer_numbers else frozenset()
        for runs in _copies(_residues(atoms, rows)):
            for kept in _molecules(atoms, _polymer_runs(atoms, runs, in_polymer)):
                if any(run.ca for run in kept):
                    found.append((chain_id, segment_id, kept))
    n_same_id = Counter(chain_id for chain_id, _, _ in found)
    n_same_name = Counter((chain_id, segment_id) for chain_id, segment_id, _ in found)
    numbers: Counter[tuple[str, str]] = Counter()
    chains = []
    for chain_id, segment_id, runs in found:
        is_alone = n_same_id[chain_id] == 1
        name = chain_id, segment_id
        numbers[name] += 1
        told_apart = segment_id if n_same_name[name] == 1 else f"{segment_id}{numbers[name]}"
        chain = _make_chain(
            atoms,
            runs,
            object_name=object_name,
            chain_id=chain_id,
            # the segment is a name of the chain only where the chain id does not tell
            segment_id="" if chain_id and is_alone else told_apart,
            shares_id=not is_alone,
            state=state,
            n_states=source.n_states,
            polymer=_polymer_of(source, runs, chain_id, segment_id, is_alone),
        )
        chains.append(BuiltChain(chain, np.array([row for run in runs for row in run.rows], dtype=np.int64)))
    return tuple(chains)


def _groups(atoms: AtomTable) -> list[tuple[str, str, list[int]]]:
    """Rows that may be of one polymer, by chain and segment, without water, caps and nucleotides."""
    left_out = np.array(sorted(WATERS | CAPS | NUCLEOTIDES))
    usable = ~np.isin(atoms.residue_name, left_out) & (atoms.in_protein != 0)
    groups: dict[tuple[str, str], list[int]] = {}
    rows = np.flatnonzero(usable)
    chains, segments = atoms.chain_id[rows].tolist(), atoms.segment_id[rows].tolist()
    for row, chain_id, segment_id in zip(rows.tolist(), chains, segments, strict=True):
        groups.setdefault((chain_id, segment_id), []).append(row)
    return [(*key, members) for key, members in groups.items()]


def _residues(atoms: AtomTable, rows: list[int]) -> list[_Run]:
    """Split rows where the number changes; join what comes back later as another location."""
    index = np.array(rows)
    keys = list(zip(atoms.number[index].tolist(), atoms.insertion_code[index].tolist(), strict=True))
    places = atoms.polymer_number[index].tolist()
    names, alternates = atoms.residue_name[index].tolist(), atoms.alternate[index].tolist()
    after, before = atoms.n_ter[index].tolist(), atoms.before_ter[index].tolist()
    is_ca = ((atoms.name[index] == "CA") & np.isin(atoms.element[index], ["C", ""])).tolist()
    runs: list[_Run] = []
    latest: dict[object, _Run] = {}
    # a place in the polymer tells residues apart better than the author's number
    joint: list[object] = [
        place if place else (*key, ter) for place, key, ter in zip(places, keys, after, strict=True)
    ]
    previous: object = None
    for i, row in enumerate(rows):
        if joint[i] != previous:
            previous = joint[i]
            known = latest.get(previous)
            # far from the first atoms of the residue, only another location of it can be meant
            if known is None or not (places[i] or (alternates[i] and _may_alternate(names[i], known))):
                known = _Run([], keys[i], [], [], bool(atoms.is_het[row]), after[i], before[i], places[i])
                latest[previous] = known
                runs.append(known)
            run = known
        run.rows.append(row)
        if names[i] not in run.names:
            run.names.append(names[i])
        if is_ca[i]:
            run.ca.append(row)
    return runs


def _may_alternate(name: str, run: _Run) -> bool:
    return name in run.names or is_amino_acid(name)


def _copies(runs: list[_Run]) -> list[list[_Run]]:
    """Start another chain where a residue number comes back: chains that share one id, one after another."""
    copies: list[list[_Run]] = [[]]
    seen: set[tuple[int, str, bool]] = set()
    for run in runs:
        key = (*run.key, run.n_ter > 0 and run.is_het)
        if key in seen and not run.polymer_number:
            copies.append([])
            seen.clear()
        seen.add(key)
        copies[-1].append(run)
    return copies


def _polymer_runs(atoms: AtomTable, runs: list[_Run], in_polymer: frozenset[str]) -> list[_Run]:
    """Keep the residues of the polymer and leave out ligands with the same chain id."""
    told = [run.polymer_number > 0 and atoms.in_protein[run.rows[0]] == 1 for run in runs]
    if all(told):
        return runs
    sure, maybe = [], []
    for run, is_told in zip(runs, told, strict=True):
        known = any(is_amino_acid(name) for name in run.names)
        listed = not in_polymer.isdisjoint(run.names)
        sure.append(is_told or (known and not run.is_het) or (run.before_ter and (known or listed)))
        maybe.append(sure[-1] or known or bool(run.ca))
    bonded = [
        maybe[k] and maybe[k + 1] and _are_bonded(atoms, runs[k], runs[k + 1]) for k in range(len(runs) - 1)
    ]
    linked = [a or b for a, b in zip([False, *bonded], [*bonded, False], strict=True)]
    kept = [run for k, run in enumerate(runs) if sure[k] or (maybe[k] and linked[k])]
    # bonded groups of a ligand are no protein unless one of them is an amino acid
    is_protein = any(is_amino_acid(name) for run in kept for name in run.names)
    return kept if is_protein else []


def _molecules(atoms: AtomTable, runs: list[_Run]) -> list[list[_Run]]:
    """Take apart what one id holds where a TER stands between residues that are not bonded.

    A chain with an id of its own goes on behind a TER where the numbers jump: some programs write one at
    each gap.
    """
    parts = [runs[:1]]
    for run, following in itertools.pairwise(runs):
        if run.n_ter != following.n_ter and not _are_bonded(atoms, run, following):
            has_id = bool(atoms.chain_id[following.rows[0]])
            if not has_id or following.key[0] - run.key[0] <= 1:
                parts.append([])
        parts[-1].append(following)
    return parts


def _are_bonded(atoms: AtomTable, run: _Run, following: _Run) -> bool:
    ends = [row for row in run.rows if atoms.name[row] == "C"]
    starts = [row for row in following.rows if atoms.name[row] == "N"]
    if ends and starts:
        return _nearest(atoms, ends, starts) < _PEPTIDE_BOND
    return bool(run.ca and following.ca) and _nearest(atoms, run.ca, following.ca) < _CA_CA


def _nearest(atoms: AtomTable, rows: list[int], others: list[int]) -> float:
    apart = atoms.coords[rows][:, None] - atoms.coords[others][None]
    return float(np.sqrt(np.square(apart).sum(axis=-1)).min())


def _make_chain(
    atoms: AtomTable,
    runs: list[_Run],
    *,
    object_name: str,
    chain_id: str,
    segment_id: str,
    shares_id: bool,
    state: int,
    n_states: int,
    polymer: PolymerSequence | None,
) -> Chain:
    chosen = [_highest_occupancy(atoms, run.ca or run.rows) for run in runs]
    coords: npt.NDArray[np.float32] = atoms.coords[chosen].copy()
    coords[[not run.ca for run in runs]] = np.nan
    return Chain(
        object_name=object_name,
        chain_id=chain_id,
        segment_id=segment_id,
        shares_id=shares_id,
        residue_ids=tuple(ResidueId(chain_id, *run.key) for run in runs),
        residue_names=tuple(atoms.residue_name[chosen].tolist()),
        ca_coords=coords,
        state=state,
        n_states=n_states,
        polymer=polymer,
    )


def _highest_occupancy(atoms: AtomTable, rows: list[int]) -> int:
    """Of alternate locations the one with the highest occupancy, ties by name."""
    if len(rows) == 1:
        return rows[0]
    return min(rows, key=lambda row: (-float(atoms.occupancy[row]), str(atoms.alternate[row]), row))


def _polymer_of(
    source: StructureFile, runs: list[_Run], chain_id: str, segment_id: str, is_alone: bool
) -> PolymerSequence | None:
    """The whole sequence of a chain; with the exact map where each residue has its place in the polymer."""
    listed = source.polymers.get(segment_id)
    numbers = source.polymer_numbers.get(segment_id)
    if numbers is None:
        listed = source.polymers.get(chain_id)
        # SEQRES goes by chain id: where several chains share it, nobody knows whose it is
        return listed if listed and is_alone and any(map(_has_letter, listed.residue_names)) else None
    if listed is None:
        return None
    position = {number: place for place, number in enumerate(numbers)}
    index = np.full(len(numbers), -1, dtype=np.int64)
    for residue_index, run in enumerate(runs):
        if run.polymer_number not in position:
            return PolymerSequence(listed.residue_names, listed.source)
        index[position[run.polymer_number]] = residue_index
    return PolymerSequence(listed.residue_names, listed.source, index)


def _has_letter(name: str) -> bool:
    return one_letter(name) != "X" or name == "UNK"
