"""Read `StructureRecords` from PDB and mmCIF files, with the standard library alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..chain import ResidueId
from ..records import ModifiedResidue, SequenceReference, SiteRecord, StructureRecords
from .cif import CifTable, parse_cif
from .text import load_structure_text

__all__ = ["load_structure_records", "parse_structure_records"]


def load_structure_records(path: str | Path) -> StructureRecords:
    """Read the records of a structure file.

    Parameters
    ----------
    path : str or pathlib.Path
        PDB or mmCIF, also ``.gz``.

    Returns
    -------
    StructureRecords

    Raises
    ------
    StructureError
        If the file cannot be read or is damaged.
    """
    text, file_format = load_structure_text(path)
    return parse_structure_records(text, file_format, Path(path).name)


def parse_structure_records(text: str, file_format: str, source: str) -> StructureRecords:
    """Read the records of a structure file that is in memory.

    Parameters
    ----------
    text : str
    file_format : {'pdb', 'mmcif'}
    source : str
        Name for messages.

    Returns
    -------
    StructureRecords

    Raises
    ------
    StructureError
        If the file is damaged.
    """
    return _read_mmcif(text, source) if file_format == "mmcif" else _read_pdb(text, source)


def _read_pdb(text: str, source: str) -> StructureRecords:
    lines = [f"{line:<80}" for line in text.splitlines() if line.startswith(_RECORDS)]
    records: dict[str, list[str]] = {}
    for line in lines:
        records.setdefault(line[:6].strip(), []).append(line)
    sites: dict[str, list[tuple[ResidueId, str]]] = {}
    for line in records.get("SITE", ()):
        members = sites.setdefault(line[11:14].strip(), [])
        for start in (18, 29, 40, 51):
            if line[start : start + 10].strip():
                members.append((_pdb_id(line, start + 4, start + 5), line[start : start + 3].strip()))
    descriptions = _site_descriptions(records.get("REMARK", []))
    spans = {
        "HELIX": ((19, 21), (31, 33)),
        "SHEET": ((21, 22), (32, 33)),
    }
    found = {
        name: tuple(
            (_pdb_id(line, *first), _pdb_id(line, *last))
            for line in records.get(name, ())
            if line[22:26].strip()
        )
        for name, (first, last) in spans.items()
    }
    return StructureRecords(
        source=source,
        sites=tuple(
            SiteRecord(name, descriptions.get(name, ""), tuple(dict.fromkeys(members)))
            for name, members in sites.items()
        ),
        modified=tuple(
            ModifiedResidue(
                _pdb_id(line, 16, 18), line[12:15].strip(), line[24:27].strip(), line[29:70].strip()
            )
            for line in records.get("MODRES", ())
        ),
        references=_pdb_references(records),
        helices=found["HELIX"],
        strands=found["SHEET"],
    )


_RECORDS: Final = ("SITE  ", "MODRES", "HELIX ", "SHEET ", "DBREF ", "DBREF1", "DBREF2", "REMARK 800")


def _pdb_id(line: str, chain: int, number: int) -> ResidueId:
    """Chain at one column, number in the four from another, then the insertion code; columns from 0."""
    text = line[number : number + 4].strip()
    return ResidueId(line[chain].strip(), _integer(text), line[number + 4].strip())


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _site_descriptions(remarks: list[str]) -> dict[str, str]:
    descriptions: dict[str, str] = {}
    name, open_text = "", False
    for line in remarks:
        key, _, value = line[11:].partition(":")
        if key.strip() == "SITE_IDENTIFIER":
            name, open_text = value.strip(), False
        elif key.strip() == "SITE_DESCRIPTION":
            descriptions[name], open_text = value.strip(), True
        elif open_text and line[11:].strip() and not value:
            descriptions[name] = f"{descriptions[name]} {line[11:].strip()}"
        else:
            open_text = False
    return descriptions


def _pdb_references(records: Mapping[str, list[str]]) -> tuple[SequenceReference, ...]:
    references = []
    for line in records.get("DBREF", ()):
        numbers = _integer(line[55:60]), _integer(line[62:67])
        ends = _pdb_id(line, 12, 14), _pdb_id(line, 12, 20)
        database, accession = line[26:32].strip(), line[33:41].strip()
        references.append(SequenceReference(line[12].strip(), database, accession, *ends, *numbers))
    for line, more in zip(records.get("DBREF1", ()), records.get("DBREF2", ()), strict=False):
        numbers = _integer(more[45:55]), _integer(more[57:67])
        ends = _pdb_id(line, 12, 14), _pdb_id(line, 12, 20)
        database, accession = line[26:32].strip(), more[18:40].strip()
        references.append(SequenceReference(line[12].strip(), database, accession, *ends, *numbers))
    return tuple(references)


_CATEGORIES: Final = (
    "_struct_site",
    "_struct_site_gen",
    "_pdbx_struct_mod_residue",
    "_struct_ref",
    "_struct_ref_seq",
    "_struct_conf",
    "_struct_sheet_range",
    "_pdbx_poly_seq_scheme",
)


def _read_mmcif(text: str, source: str) -> StructureRecords:
    tables = parse_cif(text, _CATEGORIES)
    details = {row["id"]: row.get("details", "") for row in _rows(tables, "_struct_site")}
    sites: dict[str, list[tuple[ResidueId, str]]] = {}
    for row in _rows(tables, "_struct_site_gen"):
        residue = _cif_id(row, "auth_asym_id", "auth_seq_id", "pdbx_auth_ins_code")
        sites.setdefault(row["site_id"], []).append(
            (residue, row.get("auth_comp_id") or row["label_comp_id"])
        )
    beg = ("beg_auth_asym_id", "beg_auth_seq_id", "pdbx_beg_PDB_ins_code")
    end = ("end_auth_asym_id", "end_auth_seq_id", "pdbx_end_PDB_ins_code")
    return StructureRecords(
        source=source,
        sites=tuple(
            SiteRecord(name, details.get(name, ""), tuple(dict.fromkeys(members)))
            for name, members in sites.items()
        ),
        modified=tuple(
            ModifiedResidue(
                _cif_id(row, "auth_asym_id", "auth_seq_id", "PDB_ins_code"),
                row.get("auth_comp_id") or row.get("label_comp_id", ""),
                row.get("parent_comp_id", ""),
                row.get("details", ""),
            )
            for row in _rows(tables, "_pdbx_struct_mod_residue")
        ),
        references=_cif_references(tables),
        helices=tuple(
            (_cif_id(row, *beg), _cif_id(row, *end))
            for row in _rows(tables, "_struct_conf")
            if row.get("conf_type_id", "").upper().startswith("HELX")
        ),
        strands=tuple(
            (_cif_id(row, *beg), _cif_id(row, *end)) for row in _rows(tables, "_struct_sheet_range")
        ),
        seq_ids={
            _cif_id(row, "pdb_strand_id", "pdb_seq_num", "pdb_ins_code"): _integer(row["seq_id"])
            for row in _rows(tables, "_pdbx_poly_seq_scheme")
        },
    )


def _rows(tables: Mapping[str, CifTable], category: str) -> list[dict[str, str]]:
    table = tables.get(category, {})
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def _cif_id(row: Mapping[str, str], chain: str, number: str, insertion_code: str) -> ResidueId:
    return ResidueId(row.get(chain, ""), _integer(row.get(number, "")), row.get(insertion_code, ""))


def _cif_references(tables: Mapping[str, CifTable]) -> tuple[SequenceReference, ...]:
    databases = {row["id"]: row.get("db_name", "") for row in _rows(tables, "_struct_ref")}
    references = []
    for row in _rows(tables, "_struct_ref_seq"):
        chain_id = row.get("pdbx_strand_id", "")
        references.append(
            SequenceReference(
                chain_id,
                databases.get(row.get("ref_id", ""), ""),
                row.get("pdbx_db_accession", ""),
                ResidueId(
                    chain_id,
                    _integer(row.get("pdbx_auth_seq_align_beg", "")),
                    row.get("pdbx_seq_align_beg_ins_code", ""),
                ),
                ResidueId(
                    chain_id,
                    _integer(row.get("pdbx_auth_seq_align_end", "")),
                    row.get("pdbx_seq_align_end_ins_code", ""),
                ),
                _integer(row.get("db_align_beg", "")),
                _integer(row.get("db_align_end", "")),
                _integer(row.get("seq_align_beg", "")),
                _integer(row.get("seq_align_end", "")),
            )
        )
    return tuple(references)
