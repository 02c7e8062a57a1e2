"""Protein chains from coordinate files: PDB and mmCIF, plain or gzipped, without a viewer."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError, StructureError, near_name
from ...system.given_files import find_path
from ..chain import Chain
from ..components import NUCLEOTIDES, WATERS
from .atom_table import AtomTable, StructureFile
from .chain_builder import build_chains
from .mmcif import read_mmcif
from .pdb import read_pdb
from .text import load_structure_text, object_name

__all__ = ["check_chains", "choose_chain", "load_chain", "load_chains", "read_structure"]


def load_chains(path: str | Path, *, state: int = 1) -> tuple[Chain, ...]:
    """Load all protein chains of a file.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, plain or gzipped; told apart by their content.
    state : int
        Which model, 1-based in the order of the file.

    Returns
    -------
    tuple of Chain
        In the order of the file.

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If it is damaged, or holds no protein.
    """
    source = read_structure(path, state=state)
    if source.skipped:
        names = ", ".join(source.skipped)
        warnings.warn(f"{Path(path).name} holds other objects, which are not read: {names}", stacklevel=2)
    chains = tuple(built.chain for built in build_chains(source, object_name(path), state))
    return check_chains(chains, path, state=state)


def load_chain(path: str | Path, chain_id: str = "", *, state: int = 1) -> Chain:
    """Load one protein chain of a file.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, plain or gzipped; told apart by their content.
    chain_id : str
        Author chain id, or a segment id where no chain has this id. May be empty.
    state : int
        Which model, 1-based in the order of the file.

    Returns
    -------
    Chain

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If the file is damaged or has no such protein chain; the message names those that there are.
    """
    return choose_chain(load_chains(path, state=state), chain_id, path, state=state)


def check_chains(chains: tuple[Chain, ...], path: str | Path, *, state: int = 1) -> tuple[Chain, ...]:
    """Give the chains of a file back, if there is one.

    Parameters
    ----------
    chains : tuple of Chain
    path, state
        Where the chains are from.

    Raises
    ------
    StructureError
        If there is none; the message tells what the file holds instead.
    """
    if chains:
        return chains
    raise StructureError(
        f"{Path(path).name} holds no protein chain with CA atoms: "
        f"{_contents(read_structure(path, state=state).atoms)}",
        "A protein language model needs at least one protein residue",
        "Choose a file with a protein in it",
    )


def choose_chain(chains: Sequence[Chain], chain_id: str, path: str | Path, *, state: int = 1) -> Chain:
    """Choose one of the chains of a file.

    Parameters
    ----------
    chains : sequence of Chain
        As from `load_chains`.
    chain_id : str
        Author chain id, or a segment id where no chain has this id. May be empty.
    path, state
        Where the chains are from.

    Returns
    -------
    Chain

    Raises
    ------
    StructureError
        If there is none or more than one; the message names those that there are, and a near one.
    """
    found = [chain for chain in chains if chain.chain_id == chain_id]
    found = found or [chain for chain in chains if chain.segment_id == chain_id]
    if len(found) == 1:
        return found[0]
    name = Path(path).name
    names = list(dict.fromkeys(_chain_name(chain) for chain in chains))
    shown = ", ".join(names[:80]) + (f" and {len(names) - 80} more" if len(names) > 80 else "")
    if not found:
        source = read_structure(path, state=state)
        others = _contents(source.atoms, chain_id)
        got = f"{name} has no protein chain {chain_id!r}" + (f", which is {others}" if others else "")
        got += f"; not read are the objects {', '.join(source.skipped)}" if source.skipped else ""
        known = list(dict.fromkeys(chain.chain_id or chain.segment_id for chain in chains))
        near = near_name(chain_id, known)
        advice = "Give the id of one of them; upper and lower case differ"
        hint = f"Did you mean {near}?" if near else advice
        raise StructureError(got, f"Its protein chains are: {shown}", hint)
    raise StructureError(
        f"{name} has {len(found)} protein chains with the id {chain_id!r}",
        f"Its protein chains are: {shown}",
        "Give the segment id where there is one, or take the chain you want from load_chains",
    )


def read_structure(path: str | Path, *, state: int = 1) -> StructureFile:
    """Read the atoms of one model of a file.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, plain or gzipped; told apart by their content.
    state : int
        Which model, 1-based in the order of the file.

    Returns
    -------
    StructureFile

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If it is damaged or empty.
    """
    path = find_path(path)
    text, file_format = load_structure_text(path)
    if file_format == "mmcif":
        source = read_mmcif(text, path.name, state)
    else:
        source = read_pdb(text.splitlines(), path.name, state)
    if source.n_states == 0:
        raise StructureError(
            f"{path.name} has no ATOM or HETATM record",
            "A PDB or mmCIF file with coordinates is needed",
            "Download the file again",
        )
    if not 1 <= state <= source.n_states:
        raise InputError(
            f"«state={state}» of {path.name}",
            f"The file has {source.n_states} model{'s' if source.n_states > 1 else ''}",
            f"Give a state from 1 to {source.n_states}",
        )
    return source


def _chain_name(chain: Chain) -> str:
    if chain.segment_id:
        return f"{chain.chain_id or 'no id'} (segment {chain.segment_id})"
    return chain.chain_id or "one without id"


def _contents(atoms: AtomTable, chain_id: str | None = None) -> str:
    """What there is, or what a chain holds, in words."""
    kinds: dict[str, set[tuple[str, int, str]]] = {}
    for chain, name, number, code in zip(
        atoms.chain_id.tolist(),
        atoms.residue_name.tolist(),
        atoms.number.tolist(),
        atoms.insertion_code.tolist(),
        strict=True,
    ):
        if chain_id is None or chain == chain_id:
            kind = "nucleic acid" if name in NUCLEOTIDES else "water" if name in WATERS else f"{name}"
            kinds.setdefault(kind, set()).add((chain, number, code))
    words = [f"{len(residues)} x {kind}" for kind, residues in kinds.items()]
    return ", ".join(words[:8]) + (f" and {len(words) - 8} others" if len(words) > 8 else "")
