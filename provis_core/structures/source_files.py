"""The file that a chain in a viewer was loaded from: which of some files it is, and what it says."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..chain import Chain
from ..errors import ProvisError
from .cif import parse_cif
from .record_files import parse_structure_records
from .structure_records import StructureRecords
from .structure_text import load_structure_text

__all__ = ["find_source_file"]

_MIN_SAME: Final = 0.9
"""Share of the residues of the chain that the file must have under the same chain, number and name."""

_Residues = frozenset[tuple[str, str, str]]


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
    for path in paths:
        try:
            residues, records = _read(path, path.stat().st_mtime_ns)
        except (OSError, ProvisError):
            continue
        pairs = zip(chain.residue_ids, chain.residue_names, strict=True)
        n_same = sum((chain.chain_id, residue.resi, name) in residues for residue, name in pairs)
        if chain.n_residues and n_same >= _MIN_SAME * chain.n_residues:
            return path, records
    return None


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> tuple[_Residues, StructureRecords]:
    """Residues and records of a file; `changed` is its time stamp, so that an edited one is read again."""
    text, file_format = load_structure_text(path)
    residues = _read_mmcif(text) if file_format == "mmcif" else _read_pdb(text)
    return residues, parse_structure_records(text, file_format, path.name)


def _read_pdb(text: str) -> _Residues:
    lines = (line for line in text.splitlines() if line.startswith(("ATOM  ", "HETATM")))
    return frozenset((line[21].strip(), line[22:27].strip(), line[17:20].strip()) for line in lines)


def _read_mmcif(text: str) -> _Residues:
    tables = parse_cif(text, ("_pdbx_poly_seq_scheme",))
    if table := tables.get("_pdbx_poly_seq_scheme"):
        names = ("pdb_strand_id", "pdb_seq_num", "pdb_ins_code", "mon_id")
    elif table := parse_cif(text, ("_atom_site",)).get("_atom_site"):
        names = ("auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "label_comp_id")
    else:
        return frozenset()
    n = len(next(iter(table.values())))
    columns = [table.get(name, [""] * n) for name in names]
    return frozenset((chain, number + code, name) for chain, number, code, name in zip(*columns, strict=True))
