"""What a structure file says besides coordinates: sites, modified residues, helices and strands, databases.

All residues are given as the user reads them (author chain id, number, insertion code).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .chain import ResidueId

__all__ = [
    "ModifiedResidue",
    "SequenceReference",
    "SiteRecord",
    "StructureRecords",
]


@dataclass(frozen=True)
class SiteRecord:
    """One SITE of a PDB file, or one site of ``_struct_site_gen``.

    Attributes
    ----------
    name : str
        Like ``"AC1"`` or ``"CAT"``.
    description : str
        Like ``"BINDING SITE FOR RESIDUE HEM A 142"``; may be empty.
    residues : tuple of (ResidueId, str)
        Members of all chains with their component names, waters among them.
    """

    name: str
    description: str
    residues: tuple[tuple[ResidueId, str], ...]


@dataclass(frozen=True)
class ModifiedResidue:
    """One MODRES of a PDB file, or one row of ``_pdbx_struct_mod_residue``.

    Attributes
    ----------
    residue : ResidueId
    name, parent : str
        Component names; the same where a standard residue carries something, such as a sugar.
    details : str
        Like ``"PHOSPHOSERINE"`` or ``"GLYCOSYLATION SITE"``.
    """

    residue: ResidueId
    name: str
    parent: str
    details: str


@dataclass(frozen=True)
class SequenceReference:
    """One DBREF of a PDB file, or one row of ``_struct_ref_seq``: a stretch of a chain in a database.

    Attributes
    ----------
    chain_id : str
    database, accession : str
        Like ``"UNP"`` and ``"P69905"``.
    begin, end : ResidueId
        First and last residue in author numbering.
    database_begin, database_end : int
        The same in the database's sequence, 1-based.
    seq_begin, seq_end : int
        The same in the chain's whole sequence (``label_seq_id``), 1-based; 0 where the file does not say.
    """

    chain_id: str
    database: str
    accession: str
    begin: ResidueId
    end: ResidueId
    database_begin: int
    database_end: int
    seq_begin: int = 0
    seq_end: int = 0


@dataclass(frozen=True)
class StructureRecords:
    """What one file says; each field is empty where it says nothing.

    Attributes
    ----------
    source : str
        Name of the file.
    sites : tuple of SiteRecord
    modified : tuple of ModifiedResidue
    references : tuple of SequenceReference
    helices, strands : tuple of (ResidueId, ResidueId)
        First and last residue of each.
    seq_ids : mapping of ResidueId to int
        1-based place in the chain's whole sequence (``label_seq_id``); mmCIF only.
    entry : str
        Name of the entry in the PDB or AlphaFold DB, like ``"1HPV"``; empty where the file has none.
    """

    source: str
    sites: tuple[SiteRecord, ...] = ()
    modified: tuple[ModifiedResidue, ...] = ()
    references: tuple[SequenceReference, ...] = ()
    helices: tuple[tuple[ResidueId, ResidueId], ...] = ()
    strands: tuple[tuple[ResidueId, ResidueId], ...] = ()
    seq_ids: Mapping[ResidueId, int] = field(default_factory=dict)
    entry: str = ""
