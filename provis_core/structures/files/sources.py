"""The file that a chain in a viewer was loaded from: which of some files it is, and what it says."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ...errors import ProvisError
from ..chain import Chain
from ..polymer import PolymerSequence
from ..records import StructureRecords
from .cif import CifBlock, read_cif
from .pdb import read_seqres
from .records import read_block_records, read_header_records
from .text import load_structure_text

__all__ = ["find_polymer", "find_source_file", "load_polymers"]

_MIN_SAME: Final = 0.9
"""Share of the residues of the chain that the file must have under the same chain, number and name."""

_LISTED: Final = ("pdb_strand_id", "pdb_seq_num", "pdb_ins_code", "mon_id")
_SHOWN: Final = ("auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "label_comp_id")

_Residues = frozenset[tuple[str, str, str]]


class _Content(NamedTuple):
    """What is known of a file."""

    residues: _Residues
    records: StructureRecords
    polymers: Mapping[str, PolymerSequence]
    """By author chain id."""


def find_source_file(chain: Chain, paths: Iterable[Path]) -> tuple[Path, StructureRecords] | None:
    """Find the file of a chain among some that may be it.

    Parameters
    ----------
    chain : Chain
    paths : iterable of pathlib.Path
        The likeliest first.

    Returns
    -------
    tuple of pathlib.Path and StructureRecords, or None
        The first that has the residues of the chain, with their names; one that cannot be read is not it.
    """
    found = _find(chain, paths)
    return (found[0], found[1].records) if found else None


def find_polymer(chain: Chain, paths: Iterable[Path]) -> PolymerSequence | None:
    """The whole sequence of a chain in the file that it was loaded from.

    Parameters
    ----------
    chain : Chain
    paths : iterable of pathlib.Path
        Files that may be it, the likeliest first.

    Returns
    -------
    PolymerSequence or None
        Its `source` names the file; the residues have to be aligned to it. None where no file is that of the
        chain, or it does not tell.
    """
    found = _find(chain, paths)
    return found[1].polymers.get(chain.chain_id) if found else None


def load_polymers(path: Path) -> Mapping[str, PolymerSequence]:
    """The whole sequences that a PDB or mmCIF file lists.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    mapping of str to PolymerSequence
        By author chain id; nucleic acids are sequences without any position.

    Raises
    ------
    InputError
        If there is no such file.
    StructureError
        If it is damaged, or is none of the two.
    """
    text, file_format = load_structure_text(path)
    if file_format == "pdb":
        return _pdb_polymers(text, path.name)
    return _mmcif_polymers(read_cif(text, path.name, atoms=False)[0], path.name)


def _find(chain: Chain, paths: Iterable[Path]) -> tuple[Path, _Content] | None:
    for path in paths:
        try:
            content = _read(path, path.stat().st_mtime_ns)
        except (OSError, ProvisError):
            continue
        pairs = zip(chain.residue_ids, chain.residue_names, strict=True)
        n_same = sum((chain.chain_id, residue.resi, name) in content.residues for residue, name in pairs)
        if chain.n_residues and n_same >= _MIN_SAME * chain.n_residues:
            return path, content
    return None


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> _Content:
    """What a file says; `changed` is its time stamp, so that an edited one is read again."""
    text, file_format = load_structure_text(path)
    if file_format == "pdb":
        records = read_header_records(text.splitlines(), path.name)
        return _Content(_read_pdb(text), records, _pdb_polymers(text, path.name))
    block = read_cif(text, path.name, atoms=False)[0]
    residues = _residues_in(block, "_pdbx_poly_seq_scheme", _LISTED)
    residues = residues or _residues_in(read_cif(text, path.name)[0], "_atom_site", _SHOWN)
    return _Content(residues, read_block_records(block, path.name), _mmcif_polymers(block, path.name))


def _pdb_polymers(text: str, name: str) -> dict[str, PolymerSequence]:
    listed = read_seqres(text.splitlines())
    return {chain: PolymerSequence.from_components(names, f"SEQRES of {name}") for chain, names in listed}


def _mmcif_polymers(block: CifBlock, name: str) -> dict[str, PolymerSequence]:
    table = block.columns("_pdbx_poly_seq_scheme", ("pdb_strand_id", "asym_id", "seq_id", "mon_id"))
    listed: dict[tuple[str, str], dict[str, str]] = {}
    for chain, asym, number, component in zip(*table.values(), strict=True) if len(table) == 4 else ():
        # a number is listed again for each residue that a microheterogeneous position may be
        listed.setdefault((chain, asym), {}).setdefault(number, component)
    n_same = Counter(chain for chain, _ in listed)
    return {
        chain: PolymerSequence.from_components(names.values(), f"_pdbx_poly_seq_scheme of {name}")
        for (chain, _), names in listed.items()
        if n_same[chain] == 1
    }


def _read_pdb(text: str) -> _Residues:
    lines = (line for line in text.splitlines() if line.startswith(("ATOM  ", "HETATM")))
    return frozenset((line[21].strip(), line[22:27].strip(), line[17:20].strip()) for line in lines)


def _residues_in(block: CifBlock, category: str, items: Sequence[str]) -> _Residues:
    table = block.columns(category, items)
    n_rows = len(next(iter(table.values()), []))
    rows = zip(*(table.get(item, [""] * n_rows) for item in items), strict=True)
    return frozenset((chain, number + code, name) for chain, number, code, name in rows)
