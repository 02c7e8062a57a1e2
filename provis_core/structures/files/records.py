"""Read `StructureRecords` from PDB and mmCIF files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ..chain import ResidueId
from ..records import ModifiedResidue, SequenceReference, SiteRecord, StructureRecords
from .cif import CifBlock

__all__ = ["read_block_records", "read_header_records"]


def read_header_records(lines: Iterable[str], source: str) -> StructureRecords:
    """Read the records of a PDB file.

    Parameters
    ----------
    lines : iterable of str
    source : str
        Name for messages.

    Returns
    -------
    StructureRecords
    """
    padded = [f"{line:<80}" for line in lines if line.startswith(_RECORDS)]
    records: dict[str, list[str]] = {}
    for line in padded:
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
        entry=_read_entry(records.get("HEADER", [""])[0][62:66]),
    )


_RECORDS: Final = (
    "HEADER",
    "SITE  ",
    "MODRES",
    "HELIX ",
    "SHEET ",
    "DBREF ",
    "DBREF1",
    "DBREF2",
    "REMARK 800",
)


_ENTRY: Final = re.compile(r"[1-9][0-9A-Z]{3}|PDB_[0-9A-Z]{8}|AF-[0-9A-Z]+-F[0-9]+")


def _read_entry(text: str) -> str:
    """Return the name of an entry; empty for what programs and people write there of their own."""
    name = text.strip().upper()
    return name if _ENTRY.fullmatch(name) else ""


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


def read_block_records(block: CifBlock, source: str) -> StructureRecords:
    """Read the records of an mmCIF file.

    Parameters
    ----------
    block : CifBlock
    source : str
        Name for messages.

    Returns
    -------
    StructureRecords
    """
    details = {row[0]: row[1] for row in _rows(block, "_struct_site", "id", "details")}
    sites: dict[str, list[tuple[ResidueId, str]]] = {}
    gen = _rows(
        block, "_struct_site_gen", "site_id", *_author("", code="pdbx_auth"), "auth_comp_id", "label_comp_id"
    )
    for site, chain, number, code, name, other in gen:
        sites.setdefault(site, []).append((_cif_id(chain, number, code), name or other))
    modified = _rows(
        block, "_pdbx_struct_mod_residue", *_author("", code="PDB"), "auth_comp_id", "label_comp_id",
        "parent_comp_id", "details",
    )  # fmt: skip
    helices = [
        row[1:]
        for row in _rows(block, "_struct_conf", "conf_type_id", *_ENDS)
        if row[0].upper().startswith("HELX")
    ]
    strands = _rows(block, "_struct_sheet_range", *_ENDS)
    scheme = _rows(block, "_pdbx_poly_seq_scheme", "pdb_strand_id", "pdb_seq_num", "pdb_ins_code", "seq_id")
    return StructureRecords(
        source=source,
        sites=tuple(
            SiteRecord(name, details.get(name, ""), tuple(dict.fromkeys(members)))
            for name, members in sites.items()
        ),
        modified=tuple(
            ModifiedResidue(_cif_id(*row[:3]), row[3] or row[4], row[5], row[6]) for row in modified
        ),
        references=_cif_references(block),
        helices=tuple((_cif_id(*row[:3]), _cif_id(*row[3:])) for row in helices),
        strands=tuple((_cif_id(*row[:3]), _cif_id(*row[3:])) for row in strands),
        seq_ids={_cif_id(*row[:3]): _integer(row[3]) for row in scheme},
        entry=_read_entry(next(iter(_rows(block, "_entry", "id")), ("",))[0]),
    )


def _author(end: str, code: str) -> tuple[str, str, str]:
    """Items that name a residue as the user reads it."""
    return f"{end}auth_asym_id", f"{end}auth_seq_id", f"{code}_ins_code"


_ENDS: Final = (*_author("beg_", "pdbx_beg_PDB"), *_author("end_", "pdbx_end_PDB"))


def _rows(block: CifBlock, category: str, *items: str) -> list[tuple[str, ...]]:
    """Rows of a table with some items; empty strings for those that it does not have."""
    table = block.columns(category, items)
    n_rows = len(next(iter(table.values()), []))
    return list(zip(*(table.get(item, [""] * n_rows) for item in items), strict=True))


def _cif_id(chain: str, number: str, insertion_code: str) -> ResidueId:
    return ResidueId(chain, _integer(number), insertion_code)


def _cif_references(block: CifBlock) -> tuple[SequenceReference, ...]:
    databases = {row[0]: row[1] for row in _rows(block, "_struct_ref", "id", "db_name")}
    rows = _rows(
        block, "_struct_ref_seq", "pdbx_strand_id", "ref_id", "pdbx_db_accession",
        "pdbx_auth_seq_align_beg", "pdbx_seq_align_beg_ins_code", "pdbx_auth_seq_align_end",
        "pdbx_seq_align_end_ins_code", "db_align_beg", "db_align_end", "seq_align_beg", "seq_align_end",
    )  # fmt: skip
    return tuple(
        SequenceReference(
            row[0],
            databases.get(row[1], ""),
            row[2],
            _cif_id(row[0], *row[3:5]),
            _cif_id(row[0], *row[5:7]),
            *map(_integer, row[7:]),
        )
        for row in rows
    )
